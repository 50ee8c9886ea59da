"""Lenient access to attributes: a wrong number, date or character set must not keep an image from
being shown.
"""

import math
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.sequence import Sequence as Items

PARSER_ERRORS = (  # all that pydicom has been seen to raise on damaged files
    ArithmeticError,
    BytesLengthException,
    InvalidDicomError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def value(ds: Dataset | None, keyword: str) -> Any:  # noqa: ANN401 - whatever pydicom makes of it
    """An attribute's value; None where it is absent, empty or unreadable."""
    if ds is None:
        return None
    try:
        return ds.get(keyword)
    except PARSER_ERRORS:
        return None


def text(ds: Dataset | None, keyword: str) -> str:
    """An attribute as one line of text, values joined by a backslash; "" if absent."""
    return "\\".join(texts(ds, keyword))


def texts(ds: Dataset | None, keyword: str) -> tuple[str, ...]:
    """An attribute's values as stripped texts."""
    found = value(ds, keyword)
    if found is None or isinstance(found, Items | bytes):
        return ()
    many = found if _is_many(found) else [found]
    return tuple(_clean(str(one)) for one in many)


def numbers(ds: Dataset | None, keyword: str) -> tuple[float, ...]:
    """An attribute's values as finite numbers; in other texts, the first number found."""
    found = value(ds, keyword)
    if found is None:
        found = _raw_text(ds, keyword)
    if isinstance(found, str):
        found = found.split("\\")
    many = found if _is_many(found) else [found]
    parsed = [_number(one) for one in many]
    return tuple(one for one in parsed if one is not None)


def number(ds: Dataset | None, keyword: str) -> float | None:
    """An attribute's first value as a finite number."""
    return next(iter(numbers(ds, keyword)), None)


def integer(ds: Dataset | None, keyword: str) -> int | None:
    """An attribute's first value as a whole number."""
    found = number(ds, keyword)
    return None if found is None else int(found)


def is_unreadable(ds: Dataset | None, keyword: str) -> bool:
    """Whether a numeric attribute has a value that holds no number."""
    said = text(ds, keyword) or (_raw_text(ds, keyword) or "").strip(" \0")
    return bool(said) and not numbers(ds, keyword)


def items(ds: Dataset | None, keyword: str) -> list[Dataset]:
    """The items of a sequence; empty where it is absent or no sequence."""
    found = value(ds, keyword)
    return list(found) if isinstance(found, Items) else []


def first_item(ds: Dataset | None, keyword: str) -> Dataset | None:
    """The first item of a sequence."""
    found = value(ds, keyword)
    return found[0] if isinstance(found, Items) and len(found) else None


def all_elements(ds: Dataset, depth: int = 0) -> Iterator[tuple[Dataset, Any]]:
    """Every element of a data set and of its items, as (owner, element), skipping unreadable
    ones.
    """
    for tag in list(ds.keys()):
        if tag.group >= 0x7FE0:
            continue  # pixels
        try:
            element = ds[tag]
            nested = list(element.value) if element.VR == "SQ" and element.value else []
        except PARSER_ERRORS:
            continue
        yield ds, element
        if depth < 8:
            for item in nested:
                yield from all_elements(item, depth + 1)


def drop(ds: Dataset, keywords: Sequence[str]) -> None:
    """Remove attributes that are present."""
    for keyword in keywords:
        if keyword in ds:
            delattr(ds, keyword)


def _raw_text(ds: Dataset | None, keyword: str) -> str | None:
    """The bytes of an element that pydicom could not convert, as text."""
    tag = tag_for_keyword(keyword)
    if ds is None or tag is None or tag not in ds:
        return None
    try:
        raw = ds.get_item(tag)
    except PARSER_ERRORS:
        return None
    stored = raw.value if isinstance(raw, RawDataElement) else None
    return stored.decode("latin-1") if isinstance(stored, bytes) else None


def _number(found: object) -> float | None:
    try:
        parsed = float(found)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        # "1,5" is 1.5 to some writers and 1 to most readers: neither is safe to assume.
        match = _NUMBER.search(found) if isinstance(found, str) and "," not in found else None
        parsed = float(match.group()) if match else math.nan
    return parsed if math.isfinite(parsed) else None


def _is_many(found: object) -> bool:
    return hasattr(found, "__iter__") and not isinstance(found, str | bytes) and not _is_name(found)


def _is_name(found: object) -> bool:
    return type(found).__name__ == "PersonName"  # iterates over its letters


def _clean(one: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", one).strip()
