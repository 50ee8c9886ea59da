"""Whether contrast medium was given reaches the record; a scanner's "none" does not."""

from pathlib import Path

import pytest

from jrviewer import dicom
from tests.support.dicom_factory import write_ct


def is_stated(folder: Path, agent: str) -> bool:
    path = write_ct(folder / "a.dcm", extra={"ContrastBolusAgent": agent})
    return dicom.read([path]).series[0][0].acquisition.states_contrast


@pytest.mark.parametrize("agent", ["IV", "OMNIPAQUE 350", "iv contrast", "CE", "Normal saline"])
def test_an_agent_that_is_named_was_given(tmp_path: Path, agent: str) -> None:
    assert is_stated(tmp_path, agent)


@pytest.mark.parametrize("agent", ["", "NONE", "No contrast", "n/a", "without contrast", "Nativ"])
def test_no_agent_or_a_no_in_words_is_none(tmp_path: Path, agent: str) -> None:
    assert not is_stated(tmp_path, agent)
