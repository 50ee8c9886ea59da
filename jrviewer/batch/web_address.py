"""Addresses of DICOMweb (PS3.18 10.3): what is named by one, and the root of its service."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from jrviewer.core.errors import JRViewerError

_UID = r"[0-9.]{1,64}"
_RESOURCE = re.compile(
    rf"(?P<root>.+?)/studies/(?P<study>{_UID})"
    rf"(?:/series/(?P<series>{_UID})(?:/instances/(?P<instance>{_UID}))?)?/*"
)


class WebAddressError(JRViewerError):
    """An address that cannot be used; the sentence does not repeat it."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A study, a series or an instance of a DICOMweb service."""

    root: str
    study: str
    series: str = ""  # "": all of the study
    instance: str = ""  # "": all of the series


def is_web(text: str) -> bool:
    """Whether a text is an address of the web rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def parse_resource(text: str) -> WebAddress:
    """What is named by an address. Raises WebAddressError."""
    parse_root(text)
    found = _RESOURCE.fullmatch(text)
    if found is None:
        raise WebAddressError(
            "The address names no study: it has the form https://HOST/ROOT/studies/UID, and "
            "/series/UID after it for one series."
        )
    return WebAddress(**{name: value or "" for name, value in found.groupdict().items()})


def parse_root(text: str) -> str:
    """The root of a service. Raises WebAddressError."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and is_web(text) and not parts.query and not parts.fragment
    except ValueError:
        is_whole = False
    if not is_whole:
        raise WebAddressError("The address is not one of DICOMweb: https://HOST/ROOT.")
    if "@" in parts.netloc:
        raise WebAddressError(
            "An address can be read by others, so it holds no password: name a file with the "
            "credentials in the configuration (“authorization”)."
        )
    return text.rstrip("/")
