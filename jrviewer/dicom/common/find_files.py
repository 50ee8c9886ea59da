"""The files behind paths: in folders, ZIP archives and DICOMDIRs, each loaded on demand.

Nothing is unpacked to disk. A file that cannot be read stays in the list and raises its error when
it is loaded, so that every file is accounted for.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jrviewer.core.errors import (
    CorruptFileError,
    EmptyFileError,
    JRViewerError,
    MissingFileError,
    NotDicomError,
    UnsupportedImageError,
)
from jrviewer.core.progress import Report
from jrviewer.core.real_path import real_path
from jrviewer.dicom.common.dicomdir import is_directory_file, listed_files
from jrviewer.dicom.common.other_files import not_dicom
from jrviewer.dicom.common.parse import HEAD_BYTES, looks_like_dicom
from jrviewer.dicom.common.zip_archive import archive_members, is_archive

_MAX_FILE = 4 << 30
_NOT_THERE = "There is no file here: it was moved, or its drive is not connected. Choose it again."
_NO_FILE = "This is no file but a pipe or a device. Choose a file, a folder or a ZIP archive."
_EMPTY_FOLDER = "The folder holds no files. Choose the folder that the images lie in."
_EMPTY_ARCHIVE = "The ZIP archive holds no files. Copy it again, or ask for another one."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be DICOM; `load` reads it or raises a JRViewerError."""

    path: Path
    member: str
    load: Callable[[], bytes]

    @property
    def shown(self) -> str:
        """The path as given, joined with the member's."""
        return (self.path / self.member).as_posix() if self.member else str(self.path)


def walk(paths: Sequence[Path], report: Report) -> list[Candidate]:
    """Every file behind the paths, each once, folders in the order of their names."""
    found: list[Candidate] = []
    seen: set[str] = set()
    for path in paths:
        for candidate in behind(path):
            if not len(found) % 32:
                report(0.0, "looking for files")
            key = real_path(candidate.path) + "\0" + candidate.member
            if key not in seen:
                seen.add(key)
                found.append(candidate)
    return found


def chosen(files: Sequence[tuple[Path, str]]) -> list[Candidate]:
    """Just these files and archives' members; an archive is opened once."""
    loaders: dict[Path, dict[str, Callable[[], bytes]]] = {}
    found = []
    for path, member in files:
        if not member:
            found.append(Candidate(path, "", lambda path=path: _read(path)))  # type: ignore[misc]
            continue
        try:
            known = loaders.setdefault(path, {}) or dict(archive_members(path))
            loaders[path] = known
            found.append(Candidate(path, member, known.get(member) or _gone))
        except JRViewerError as error:
            found.append(_failed(path, member, error))
    return found


def _gone() -> bytes:
    raise MissingFileError(_NOT_THERE)


def load(path: Path, member: str) -> bytes:
    """Read a file, or an archive's member, again. Raises JRViewerError."""
    if not member:
        return _read(path)
    loaders = dict(archive_members(path))
    if member not in loaders:
        raise MissingFileError(_NOT_THERE)
    return loaders[member]()


def behind(path: Path) -> Iterator[Candidate]:
    """Every file behind one path, in order; one that a link leads to may come twice."""
    if _is_folder(path):
        yield from _in_folder(path)
        return
    if not _is_file(path):  # reading from a pipe would block
        is_there = os.path.exists(path)  # noqa: PTH110 - raises nothing
        yield _failed(
            path, "", NotDicomError(_NO_FILE) if is_there else MissingFileError(_NOT_THERE)
        )
        return
    yield from _in_file(path)
    if is_directory_file(path):
        yield from _listed_in(path)


def _in_folder(path: Path) -> Iterator[Candidate]:
    closed: list[Path] = []
    is_empty = True
    for file in files_below(path, closed):
        is_empty = False
        yield from _in_file(file)
    for folder in closed:
        sentence = "The folder cannot be read. Check that you may open it."
        yield _failed(folder, "", CorruptFileError(sentence))
    if is_empty and not closed:
        yield _failed(path, "", EmptyFileError(_EMPTY_FOLDER))


def files_below(folder: Path, closed: list[Path] | None = None) -> Iterator[Path]:
    """Files of a folder and its folders, without hidden ones; every folder once, so that links
    in a circle end. Folders that cannot be read are added to `closed`.
    """
    seen: set[str] = set()

    def note(error: OSError) -> None:
        if closed is not None:
            closed.append(Path(error.filename))

    for root, folders, names in os.walk(folder, onerror=note, followlinks=True):
        real = real_path(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(names):
            file = Path(root) / name
            if not _is_hidden(name) and (_is_file(file) or _is_broken_link(file)):
                yield file


def _in_file(path: Path) -> Iterator[Candidate]:
    """The file itself, or the members of an archive."""
    if not is_archive(path):
        yield Candidate(path, "", lambda: _read(path))
        return
    try:
        members = archive_members(path)
    except JRViewerError as error:
        yield _failed(path, "", error)
        return
    is_empty = True
    for name, load in members:
        if not any(_is_hidden(part) for part in PurePosixPath(name).parts if part != ".."):
            is_empty = False
            yield Candidate(path, name, load)
    if is_empty:
        yield _failed(path, "", EmptyFileError(_EMPTY_ARCHIVE))


def _listed_in(directory: Path) -> Iterator[Candidate]:
    """The files that a DICOMDIR lists; none if it cannot be read, which its own row reports."""
    try:
        listed = listed_files(directory)
    except JRViewerError:
        return
    for path, is_inside in listed:
        if not is_inside:
            sentence = "The DICOMDIR points out of its own folder: this entry was not opened."
            yield _failed(path, "", CorruptFileError(sentence))
        elif not _is_file(path):
            sentence = "The DICOMDIR lists this file, but it is not there. Copy the whole disc."
            yield _failed(path, "", CorruptFileError(sentence))
        else:
            yield Candidate(path, "", lambda path=path: _read(path))  # type: ignore[misc]


def _failed(path: Path, member: str, error: JRViewerError) -> Candidate:
    def fail() -> bytes:
        raise error

    return Candidate(path, member, fail)


def _read(path: Path) -> bytes:
    if not _is_file(path):
        raise MissingFileError(_NOT_THERE)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            if head and not looks_like_dicom(head):
                raise not_dicom(head)
            if path.stat().st_size > _MAX_FILE:
                raise UnsupportedImageError(
                    "The file is larger than 4 GB, which JRViewer does not load. "
                    "Ask for it in smaller parts."
                )
            return head + file.read()
    except OSError as error:
        raise CorruptFileError(
            "The file cannot be read. Check that you may open it and that its drive is connected."
        ) from error


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # an illegal name, or no permission
        return False


def _is_broken_link(path: Path) -> bool:
    """Whether a link leads nowhere: a file that its user expects to be read."""
    return path.is_symlink() and not os.path.exists(path)  # noqa: PTH110 - raises nothing


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
