from jrviewer import dicom
from jrviewer.resources import resource
from training import bench
from training.baselines import FOLDER


def test_every_peer_runs_on_the_slice_that_the_model_is_timed_on() -> None:
    (image,) = dicom.read([resource("sample/phantom.dcm")]).series[0]
    tasks = {name: make(image) for name, make in bench.peers(FOLDER).items()}

    assert set(tasks) == {"redcnn", "cnn10", "nlm", "tv", "sequential"}
    tasks["cnn10"]()
    tasks["sequential"]()
