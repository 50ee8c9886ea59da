"""What tests of exports may ask for."""

from pathlib import Path

import pytest


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file that an export may name as its source; it begins like DICOM."""
    path = tmp_path / "slice.dcm"
    path.write_bytes(bytes(128) + b"DICM" + bytes(range(60)))
    return path
