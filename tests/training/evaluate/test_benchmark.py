from jrviewer import dicom
from jrviewer.core.resources import resource
from training.baselines.command import FOLDER
from training.evaluate import benchmark


def test_every_peer_runs_on_the_slice_that_the_model_is_timed_on() -> None:
    (image,) = dicom.read([resource("sample/phantom.dcm")]).series[0]
    tasks = {name: make(image) for name, make in benchmark.peers(FOLDER).items()}

    assert set(tasks) == {"redcnn", "cnn10", "nlm", "tv", "sequential", "joint"}
    tasks["cnn10"]()
    tasks["sequential"]()
    tasks["joint"]()


def test_the_joint_model_is_compared_with_the_pair_at_the_same_job_and_with_its_checks() -> None:
    found = {"peers_ms": {"sequential": 80.0, "joint": 84.0}, "predict_512_ms": {"median": 100.0}}

    assert benchmark.ratios(found) == {"same_job": 1.05, "predict": 1.25}
