import pytest

from jrviewer.batch.time_left import TimeLeft, in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (59, "59 s"),
        (120, "2 min"),
        (3 * 3600 + 20 * 60, "3 h 20 min"),
        (52 * 3600, "2 d 4 h"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_slices_of_an_earlier_run_do_not_make_the_rest_look_fast() -> None:
    said: list[tuple[float, str]] = []
    now = 0.0
    counted = TimeLeft(lambda done, what: said.append((done, what)), 1000, lambda: now)
    counted.skip(900)
    for _ in range(4):
        now += 10.0
        counted.count()

    assert said[-1][1] == "slice 904 of 1 000, about 16 min left"
    assert said[0][1] == "slice 901 of 1 000"
    assert 0.9 < said[-1][0] < 0.92
