"""Series of several stations along the body, whose ends overlap."""

from pathlib import Path

import numpy as np
import pytest

from jrviewer import dicom
from jrviewer.core.records import Series
from tests.support.dicom_factory import write_ct

LENGTH, SHARED = 20, 3


def write(folder: Path, slices: list[tuple[int, int]], **tags: str) -> None:
    """Slices of one series, each a (place, group); `tags` are attributes with the group in it. A
    slice's value is a hundred times its group, and its place.
    """
    for number, (place, group) in enumerate(slices, start=1):
        write_ct(
            folder / f"{number:04d}.dcm",
            np.full((8, 8), 100 * group + place),
            position=(0, 0, 5.0 * place),
            sop_uid=f"1.2.826.0.1.3680043.8.498.7.{number}",
            instance=number,
            extra={tag: value.format(group) for tag, value in tags.items()},
        )


def stations(count: int) -> list[tuple[int, int]]:
    """Each begins before the last one ends."""
    step = LENGTH - SHARED
    return [(one * step + index, one) for one in range(count) for index in range(LENGTH)]


def read(folder: Path) -> tuple[Series, ...]:
    return dicom.read([folder]).series


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize(
    ("tag", "value"), [("AcquisitionNumber", "{}"), ("AcquisitionTime", "12000{}")]
)
def test_every_station_is_a_series_and_says_so(
    tmp_path: Path, count: int, tag: str, value: str
) -> None:
    write(tmp_path, stations(count), **{tag: value})

    found = read(tmp_path)

    assert [len(one) for one in found] == [LENGTH] * count
    assert all(len({int(s.pixels[0, 0]) // 100 for s in one}) == 1 for one in found)
    said = f"One of {count} stations along the body, which overlap; each is a series."
    assert all(said in one.warnings for one in found)


def test_stations_that_nothing_tells_apart_are_dealt_out_and_said(tmp_path: Path) -> None:
    write(tmp_path, stations(3))

    found = read(tmp_path)

    assert [len(one) for one in found] == [3 * LENGTH - 2 * SHARED, 2 * SHARED]
    assert all("could not be told apart for certain" in " ".join(one.warnings) for one in found)


def test_stations_that_do_not_overlap_stay_one_series(tmp_path: Path) -> None:
    write(tmp_path, [(place, place // 20) for place in range(40)], AcquisitionNumber="{}")

    (series,) = read(tmp_path)

    assert len(series) == 40


def test_blocks_of_one_pass_are_no_stations(tmp_path: Path) -> None:
    """A scanner with four rows: each rotation has a time of its own, and one was repeated."""
    blocks = [
        (first + row, time) for time, first in enumerate((0, 4, 8, 4, 12)) for row in range(4)
    ]
    write(tmp_path, blocks, AcquisitionTime="12000{}")

    assert [len(one) for one in read(tmp_path)] == [16, 4]


def test_passes_over_the_same_places_are_no_stations(tmp_path: Path) -> None:
    """A third pass that covers less than half of the places does not turn the others into some."""
    whole = [(place, one) for one in range(2) for place in range(40)]
    write(tmp_path, [*whole, *((place, 2) for place in range(10))], AcquisitionNumber="{}")

    assert sorted(len(one) for one in read(tmp_path)) == [10, 40, 40]
