from pathlib import Path

import pytest

from tests.dicom.opened import slice_of
from tests.support.dicom_factory import write_colour, write_ct


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        ({}, "no"),  # a scanner's own image
        ({"BurnedInAnnotation": "YES"}, "yes"),
        ({"BurnedInAnnotation": "NO"}, "no"),
        ({"BurnedInAnnotation": "MAYBE"}, "unknown"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "unknown"),
        ({"ImageType": ["DERIVED", "SECONDARY"], "BurnedInAnnotation": "NO"}, "no"),
    ],
)
def test_what_a_slice_says_of_text_in_its_pixels(
    tmp_path: Path, extra: dict[str, object], found: str
) -> None:
    source = write_ct(tmp_path / "a.dcm", extra=extra)

    assert slice_of(source).acquisition.burned_in_text == found


def test_a_picture_that_no_scanner_made_may_show_text(tmp_path: Path) -> None:
    source = write_colour(tmp_path / "a.dcm")

    assert slice_of(source).acquisition.burned_in_text == "unknown"
