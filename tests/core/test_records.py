import pickle
from dataclasses import replace

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Cloud, Removed, Slice
from tests.support.record_factory import make_cloud, make_erased, make_prediction


def test_what_was_removed_is_computed_once_and_stays_with_the_prediction() -> None:
    asked: list[Slice] = []

    def check(image: Slice, denoised: FloatArray) -> Removed:
        asked.append(image)
        return Removed(1.0, 2.0, ())

    prediction = replace(make_prediction(), check_residual=check)
    assert prediction.removed is None

    found = prediction.compute_removed()

    assert prediction.removed is found is prediction.compute_removed()
    assert asked == [prediction.slice]


def test_the_dense_cloud_is_computed_once_and_stays_with_the_prediction() -> None:
    made = make_prediction()
    asked: list[Cloud] = []

    def sample() -> Cloud:
        asked.append(make_cloud(made.slice.plane, 4096))
        return asked[-1]

    prediction = replace(made, sample_dense=sample)
    assert prediction.dense_cloud is None

    dense = prediction.compute_dense_cloud()

    assert asked == [dense]
    assert prediction.dense_cloud is dense is prediction.compute_dense_cloud()


def test_another_denoised_slice_is_judged_anew() -> None:
    erased = make_erased()
    assert len(erased.compute_removed().marks) == 1

    honest = replace(erased, denoised=erased.slice.pixels.copy())

    assert honest.removed is None
    assert honest.compute_removed().marks == ()


def test_a_prediction_goes_to_another_process_with_what_was_computed() -> None:
    erased = make_erased()
    found = erased.compute_removed()

    copy = pickle.loads(pickle.dumps(erased))

    assert copy.removed == found
    assert len(copy.compute_dense_cloud()) == 4096
