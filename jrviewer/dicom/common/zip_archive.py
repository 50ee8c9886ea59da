"""Members of ZIP archives, within limits that keep a hostile archive from exhausting memory."""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

from jrviewer.core.errors import CorruptFileError, JRViewerError, UnsupportedImageError

MAX_MEMBERS = 20_000
MAX_MEMBER_BYTES = 2 << 30
MAX_TOTAL_BYTES = 8 << 30
MAX_RATIO = 100  # of unpacked to packed size, for members above the size that can do no harm
_HARMLESS_BYTES = 16 << 20

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_DAMAGED = "The ZIP archive is damaged. Copy it again, or unpack it and open the folder."
_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)

Member = tuple[str, Callable[[], bytes]]


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(4) in _MAGIC
    except OSError:
        return False  # reported when the file is read


def archive_members(path: Path) -> list[Member]:
    """Names and loaders of an archive's files. Raises JRViewerError if the archive as a whole
    cannot be opened.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except _ERRORS as error:
        raise CorruptFileError(_DAMAGED) from error
    except NotImplementedError as error:
        raise _unknown() from error
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_TOTAL_BYTES:
        raise UnsupportedImageError(
            f"The ZIP archive holds more than {MAX_MEMBERS:,} files or 8 GB. "
            "Unpack it and open the folders you need."
        )
    return [(info.filename, _loader(path, info)) for info in infos]


def _loader(path: Path, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def load() -> bytes:
        _check(info)
        try:
            with zipfile.ZipFile(path) as archive, archive.open(info) as stream:
                content = stream.read(MAX_MEMBER_BYTES + 1)
        except _ERRORS as error:
            raise CorruptFileError(_DAMAGED) from error
        except NotImplementedError as error:
            raise _unknown() from error
        except RuntimeError as error:  # what zipfile raises where a password is needed
            raise _encrypted() from error
        if content[:4] in _MAGIC:
            raise UnsupportedImageError(
                "This is an archive inside an archive. Unpack the outer one and open the inner one."
            )
        return content

    return load


def _check(info: zipfile.ZipInfo) -> None:
    """Raise for a member that should not be unpacked."""
    if info.flag_bits & 1:
        raise _encrypted()
    if _leads_outside(info.filename) or _is_link(info):
        raise CorruptFileError(
            "The ZIP archive holds a path that leads outside of it, which may be an attack. "
            "It was not opened."
        )
    ratio = info.file_size / max(info.compress_size, 1)
    if info.file_size > MAX_MEMBER_BYTES or (
        info.file_size > _HARMLESS_BYTES and ratio > MAX_RATIO
    ):
        raise UnsupportedImageError(
            "This file in the ZIP archive unpacks to far more than its size, so it was not opened. "
            "If you trust the archive, unpack it and open the folder."
        )


def _encrypted() -> JRViewerError:
    return UnsupportedImageError(
        "The ZIP archive is protected by a password. Unpack it and open the folder."
    )


def _unknown() -> JRViewerError:
    """Deflate64, say, as Windows packs what is large."""
    return UnsupportedImageError(
        "The ZIP archive is packed in a way that this version does not know. "
        "Unpack it and open the folder."
    )


def _leads_outside(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    absolute = posix.is_absolute() or bool(windows.drive) or bool(windows.root)
    return absolute or ".." in posix.parts or ".." in windows.parts


def _is_link(info: zipfile.ZipInfo) -> bool:
    return (info.external_attr >> 16) & 0o170000 == 0o120000
