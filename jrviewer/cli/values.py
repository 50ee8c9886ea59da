"""From a word on the command line to its value.

Each raises ArgumentTypeError with what is wrong; argparse shows it with the usage and ends with 2.
"""

import argparse
import re
from pathlib import Path

from jrviewer.batch.web_address import (
    WebAddress,
    WebAddressError,
    is_web,
    parse_resource,
    parse_root,
)
from jrviewer.core.strength import Strength, parse_strength


def to_path(text: str) -> Path:
    """A path that is not empty.

    An empty one would mean the current folder, and often stands for a variable that is not set.
    """
    if not text:
        raise argparse.ArgumentTypeError("a path is empty: is a variable not set?")
    return Path(text)


def to_source(text: str) -> Path | WebAddress:
    """A path, or where DICOMweb keeps a study, series or instance."""
    try:
        return parse_resource(text) if is_web(text) else to_path(text)
    except WebAddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def to_root(text: str) -> str:
    """Where a DICOMweb service is: `https://HOST/ROOT`."""
    try:
        return parse_root(text)
    except WebAddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def to_kinds(text: str) -> frozenset[str]:
    """What `predict` exports, of the writer's kinds."""
    from jrviewer.export.writer import KINDS

    kinds = frozenset(part.strip() for part in text.split(","))
    if not kinds <= {*KINDS}:
        known = f"{', '.join(KINDS[:-1])} and {KINDS[-1]}"
        raise argparse.ArgumentTypeError(f"choose from {known}, separated by commas")
    return kinds


def to_meshes(text: str) -> frozenset[str]:
    """The formats of a measured surface."""
    kinds = frozenset(part.strip() for part in text.split(","))
    if not kinds <= {"stl", "obj", "ply"}:
        raise argparse.ArgumentTypeError("choose from stl, obj and ply, separated by commas")
    return kinds


def to_device(text: str) -> str:
    """`auto`, `cpu`, `cuda` or `cuda:N`; whether it is there is seen later."""
    from jrviewer.model.devices import is_device

    if not is_device(text):
        raise argparse.ArgumentTypeError("one of auto, cpu, cuda and cuda:N")
    return text


def to_strength(text: str) -> Strength:
    """A name, or a percentage of the noise."""
    try:
        return parse_strength(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def to_index(text: str) -> int:
    """Of a slice in its series, counted from 0."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("a whole number, counted from 0")
    return int(text)


def to_seconds(text: str) -> float:
    """More than 0, less than a day."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError("a number of seconds, more than 0 and less than a day")
    return seconds


def to_cluster(text: str) -> str:
    """Workers here, or the address of a Dask scheduler; nothing is called yet."""
    if re.fullmatch(r"local:[1-9]\d{0,2}|(tcp|tls)://[^/\s]+:\d+", text) is None:
        raise argparse.ArgumentTypeError("local:N, tcp://HOST:PORT or tls://HOST:PORT")
    return text
