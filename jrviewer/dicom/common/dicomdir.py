"""The files that a DICOMDIR lists (PS3.3 F.3), found even if a disc or copy changed the case of
their names.
"""

from pathlib import Path

from jrviewer.core.errors import CorruptFileError
from jrviewer.core.real_path import real_path
from jrviewer.dicom.common.attributes import items, texts
from jrviewer.dicom.common.parse import parse, quiet
from jrviewer.dicom.common.sop_classes import DIRECTORY

_HEAD = 2048  # the file meta, where the class is

_LONGEST_NAME = 240  # of all its parts; systems refuse to look for much longer ones


def is_directory_file(path: Path) -> bool:
    """Whether a file is a DICOMDIR, by its class."""
    try:
        with path.open("rb") as file:
            return DIRECTORY.encode() in file.read(_HEAD)
    except OSError:
        return False  # reported when the file is read


def listed_files(directory: Path) -> list[tuple[Path, bool]]:
    """Paths of the files a DICOMDIR lists, and whether each is inside its folder. Raises
    JRViewerError where it cannot be read.
    """
    try:
        content = directory.read_bytes()
    except OSError as error:
        raise CorruptFileError("The DICOMDIR cannot be read. Copy the whole disc again.") from error
    with quiet():
        records = items(parse(content).dataset, "DirectoryRecordSequence")
        named = [_parts(texts(record, "ReferencedFileID")) for record in records]
    return [_resolve(directory.parent, parts) for parts in named if parts]


def _parts(components: tuple[str, ...]) -> list[str]:
    """Path components; some writers put slashes into one component."""
    joined = "/".join(components).replace("\\", "/")
    return [part for part in joined.split("/") if part not in ("", ".")]


def _resolve(folder: Path, parts: list[str]) -> tuple[Path, bool]:
    if sum(len(part) for part in parts) > _LONGEST_NAME:
        return folder / "unreadable entry", False
    path = folder
    for part in parts:
        path = _child(path, part)
    inside = ".." not in parts and Path(real_path(path)).is_relative_to(real_path(folder))
    return path, inside


def _child(folder: Path, name: str) -> Path:
    """A folder's entry of this name, in any case and with or without the version of ISO 9660."""
    exact = folder / name
    if exact.exists() or not folder.is_dir():
        return exact
    wanted = name.casefold()
    for entry in sorted(folder.iterdir()):
        if entry.name.casefold().removesuffix(";1").removesuffix(".") == wanted:
            return entry
    return exact
