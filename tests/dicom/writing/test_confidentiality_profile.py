"""De-identified objects keep the standard's own list: PS3.15 table E.1-1, Basic Profile."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from jrviewer import dicom
from jrviewer.dicom.common.attributes import all_elements
from tests.dicom.opened import slice_of
from tests.dicom.tools.conformance import denoised
from tests.support.dicom_factory import write_ct, write_enhanced_ct, write_mr

TABLE: dict[str, str] = json.loads(
    Path(__file__).with_name("confidentiality_profile.json").read_text()
)
OURS = {  # rows that a de-identified object has all the same, with texts of JRViewer
    *("SeriesDescription", "DerivationDescription", "ContributingEquipmentSequence"),
    *("ContributionDescription", "DeidentificationMethod"),
}
PLANTED: dict[str, Any] = {
    "DA": "19770117",
    "TM": "071717",
    "DT": "19770117071717",
    "AS": "047Y",
    "PN": "Planted^Person",
    "UI": "1.2.826.0.1.3680043.8.498.7171",
    "UR": "http://planted.org",
    "DS": "71.717",
    "IS": "7171",
    "FD": 71.717,
    "FL": 71.5,
    "US": 7171,
    "UL": 7171,
    "SL": 7171,
    "OB": b"planted!",
    "OW": b"planted!",
    "UN": b"planted!",
    "OF": b"planted!",
}


def tags_of(row: str) -> list[int]:
    """The tag of a row, or two of those that it stands for."""
    return [int(row.replace("x", "0"), 16), int(row.replace("xx", "02").replace("x", "0"), 16)]


def planted() -> list[DataElement]:
    """An element for every row of the table; sequences hold an item with a name."""
    elements = []
    for tag in sorted({tag for row in TABLE for tag in tags_of(row)}):
        vr = dictionary_VR(tag).split(" or ")[0] if dictionary_has_tag(tag) else "LO"
        item = Dataset()
        item.PatientComments = "planted"
        value = Sequence([item]) if vr == "SQ" else PLANTED.get(vr, "PLANTED")
        elements.append(DataElement(tag, vr, value))
    return elements


def plant_everywhere(ds: Dataset) -> None:
    """Add what the data set lacks of every row, at its top and in an item of a kept sequence."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "51185008", "SCT", "Chest"
    region = Dataset()
    region.update(ds.get("AnatomicRegionSequence", [code])[0])
    for element in planted():
        if element.tag.group > 0x0002 and element.keyword not in ("AnatomicRegionSequence",):
            region.setdefault(element.tag, element)
            if element.tag not in ds or element.VR not in ("UI", "SQ"):
                ds[element.tag] = element
    ds.AnatomicRegionSequence = [region]


def still_there(ds: Dataset) -> list[str]:
    """The rows of which an element survived with what was planted in it."""
    rows = {tag: row for row in TABLE for tag in tags_of(row)}
    values = {str(value) for value in (*PLANTED.values(), "PLANTED")}
    found = []
    for _, element in all_elements(ds):
        row = rows.get(int(element.tag))
        if row is None or element.keyword in OURS:
            continue
        is_removed = TABLE[row] == "X"
        if (is_removed and element.value not in (None, "")) or str(element.value) in values:
            found.append(f"{Tag(element.tag)} {element.keyword} {TABLE[row]}")
    return found


@pytest.mark.parametrize("write", [write_ct, write_mr, write_enhanced_ct])
def test_nothing_that_the_basic_profile_removes_or_replaces_survives(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    source = write(tmp_path / "a.dcm")
    ds = dcmread(source)
    plant_everywhere(ds)
    ds.save_as(source)
    assert len(still_there(ds)) > 600

    dicom.write_derived(denoised(slice_of(source)), tmp_path / "b.dcm", deidentified=True)

    assert still_there(dcmread(tmp_path / "b.dcm")) == []
