"""The rate at which a file wants to be played reaches the record, and bad ones do not."""

from pathlib import Path
from typing import Any

import pytest

from jrviewer import dicom
from tests.support.dicom_factory import write_enhanced_ct

Extra = dict[str, Any]


def rate_of(folder: Path, extra: Extra) -> float | None:
    """As it is read from a file of three frames."""
    opened = dicom.read([write_enhanced_ct(folder / "clip.dcm", 3, extra=extra)])
    (series,) = opened.series
    rates = {one.acquisition.frames_per_second for one in series}
    assert len(series) == 3
    (rate,) = rates
    return rate


@pytest.mark.parametrize(
    ("extra", "rate"),
    [
        ({"RecommendedDisplayFrameRate": 25}, 25.0),
        ({"CineRate": 12}, 12.0),
        ({"FrameTime": 40}, 25.0),
        ({"FrameTimeVector": [0, 50, 150]}, 10.0),
        ({"RecommendedDisplayFrameRate": 25, "CineRate": 12, "FrameTime": 100}, 25.0),
        ({"CineRate": 12, "FrameTime": 100, "FrameTimeVector": [0, 50, 50]}, 12.0),
        ({"FrameTime": 100, "FrameTimeVector": [0, 50, 50]}, 10.0),
    ],
)
def test_the_most_explicit_of_the_attributes_counts(
    tmp_path: Path, extra: Extra, rate: float
) -> None:
    assert rate_of(tmp_path, extra) == pytest.approx(rate)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"RecommendedDisplayFrameRate": 0},
        {"CineRate": -5},
        {"CineRate": 1_000_000},
        {"FrameTime": 0},
        {"FrameTime": -33.3},
        {"FrameTime": 0.0001},
        {"FrameTime": 10_000_000},
        {"FrameTimeVector": [0]},
        {"FrameTimeVector": [0, 0, 0]},
        {"FrameTimeVector": [0, 50, -50]},
    ],
)
def test_no_sensible_rate_is_none(tmp_path: Path, extra: Extra) -> None:
    assert rate_of(tmp_path, extra) is None


def test_a_bad_rate_gives_way_to_the_next_good_one(tmp_path: Path) -> None:
    extra = {"RecommendedDisplayFrameRate": 0, "CineRate": 900, "FrameTime": 50}

    assert rate_of(tmp_path, extra) == pytest.approx(20.0)


def test_text_that_is_no_number_is_no_rate(tmp_path: Path) -> None:
    path = write_enhanced_ct(tmp_path / "clip.dcm", 3, extra={"CineRate": 25})
    stored = path.read_bytes()
    assert stored.count(b"IS\x02\x0025") == 1
    path.write_bytes(stored.replace(b"IS\x02\x0025", b"IS\x02\x00xy"))

    assert dicom.read([path]).series[0][0].acquisition.frames_per_second is None
