"""Paths of local files in what a drag carries.

File managers disagree: some name the computer (`file://localhost/…`), leave characters unencoded,
encode another character set than UTF-8, or carry the paths as plain text only.
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QMimeData, QSysInfo, QUrl

# Of file managers, where their common list names only addresses of their own.
_OTHER_LISTS = (
    "application/x-kde4-urilist",
    *("x-special/gnome-copied-files", "x-special/mate-copied-files", "x-special/gnome-icon-list"),
)
_DRIVE = re.compile(r"/([A-Za-z])[:|](?=/|\\|$)")
_THIS_COMPUTER = ("", "localhost", "127.0.0.1", "::1")


def dropped_paths(data: QMimeData) -> list[Path]:
    """Local files and folders that a drag carries, in order and each once."""
    found = [path for url in data.urls() if (path := local_path(url))]
    for name in _OTHER_LISTS:
        if not found and data.hasFormat(name):
            found = list(_from_text(os.fsdecode(bytes(data.data(name).data()))))
    if not found and data.hasText():
        found = list(_from_text(data.text()))
    return [Path(path) for path in dict.fromkeys(one.rstrip("\0") for one in found)]


def local_path(url: QUrl, *, is_windows: bool = os.name == "nt") -> str:
    """Path of a file URL, or of a URL that is only an absolute path; "" if it isn't local. On
    Windows another host than this computer makes it a UNC path.
    """
    if url.scheme() not in ("file", ""):
        return ""
    path, host = _decoded(url, is_windows=is_windows), url.host().lower()
    if not path.startswith("/"):
        return ""
    if _is_this_computer(host):
        return _windows_path(path) if is_windows else f"/{path.lstrip('/')}"
    if not is_windows:
        return ""
    return f"{host.upper()}:{path}" if len(host) == 1 else f"//{host}{path}"


def _windows_path(path: str) -> str:
    """Of a drive, which old programs write with a bar, or a UNC path."""
    if path.startswith("/\\\\"):
        return path[1:]
    return _DRIVE.sub(r"\1:", path, count=1) if _DRIVE.match(path) else path


def _decoded(url: QUrl, *, is_windows: bool) -> str:
    """The path; a file has no query or fragment, so an unencoded ? or # belongs to its name."""
    encoded = url.path(QUrl.ComponentFormattingOption.FullyEncoded)
    if url.hasQuery():
        encoded += "?" + url.query(QUrl.ComponentFormattingOption.FullyEncoded)
    if url.hasFragment():
        encoded += "#" + url.fragment(QUrl.ComponentFormattingOption.FullyEncoded)
    data = unquote_to_bytes(encoded)
    return data.decode("utf-8", "replace") if is_windows else os.fsdecode(data)


def _is_this_computer(host: str) -> bool:
    """Whether a host is this computer, with or without its domain. Asks no network."""
    own = QSysInfo.machineHostName().lower()
    if host in (*_THIS_COMPUTER, own):
        return True
    short, own_short = host.removesuffix(".local"), own.removesuffix(".local")
    return short == own_short or short == own.split(".")[0] or host.split(".")[0] == own_short


def _from_text(text: str) -> Iterator[str]:
    """Paths of existing files in plain text, one a line, as file URLs or absolute paths; or several
    in a line, quoted as for a shell.
    """
    for line in (line.strip("\0 \t") for line in text.splitlines()):
        if found := _existing(line.strip("\"'")):
            yield found
        elif os.name != "nt":  # where backslashes are no quotes
            several = [*map(_existing, _words(line))]
            yield from several if all(several) else ()  # else a sentence


def _existing(word: str) -> str:
    """The absolute path that a word is, or "" where there is none."""
    path = local_path(QUrl(word)) if word.lower().startswith("file:") else word
    # Any text may come.
    return path if os.path.isabs(path) and os.path.exists(path) else ""  # noqa: PTH110, PTH117


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quotation mark without its other
        return []
