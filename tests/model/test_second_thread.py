import threading
from functools import partial

import numpy as np
import pytest

from jrviewer.model.second_thread import ALONE, second_thread

PATIENCE_S = 10


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.get_num_threads", lambda: 2)


@pytest.mark.usefixtures("two_threads")
def test_what_a_helper_does_goes_on_at_the_same_time() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return "done"

    with second_thread() as second:
        result = second.begin(work)
        assert begun.wait(PATIENCE_S)
        go_on.set()
        assert result() == "done"


def test_there_is_no_helper_where_there_is_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.get_num_threads", lambda: 1)

    with second_thread() as second:
        assert second.begin(threading.get_ident)() == threading.get_ident()


@pytest.mark.usefixtures("two_threads")
def test_who_asks_for_what_a_busy_helper_has_not_begun_does_it() -> None:
    go_on = threading.Event()

    with second_thread() as second:
        waited = second.begin(partial(go_on.wait, PATIENCE_S))
        assert second.begin(threading.get_ident)() == threading.get_ident()
        go_on.set()
        assert waited()


@pytest.mark.usefixtures("two_threads")
def test_a_helper_raises_what_went_wrong_when_its_result_is_asked_for() -> None:
    def work() -> None:
        raise ValueError("broken")

    with second_thread() as second:
        result = second.begin(work)
        with pytest.raises(ValueError, match="broken"):
            result()


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("places", [0, 1, 2, 777])
def test_the_nearest_points_are_the_same_with_a_helper_and_without(places: int) -> None:
    random = np.random.default_rng(places)
    points, at = random.normal(size=(100, 3)), random.normal(size=(places, 3))
    by_distance = np.linalg.norm(at[:, None] - points, axis=2)

    with second_thread() as second:
        found, two = second.nearest(points, at), second.nearest(points, at, 2)

    assert np.array_equal(found.indices, ALONE.nearest(points, at).indices)
    assert np.array_equal(found.indices, by_distance.argmin(axis=1))
    assert np.array_equal(two.indices, by_distance.argsort(axis=1)[:, :2])
    assert np.allclose(two.distances, np.sort(by_distance, axis=1)[:, :2])
