"""Does a text, a file name or a file's bytes give the patient away: the search that every export
goes through before it is released. Knows identifiers and bytes, no formats.
"""

import re
from collections.abc import Iterable

from jrviewer.core.identifier_spellings import is_spelled

SHORTEST_TERM = 4
"""Shorter identifiers ("M", "7", "045") occur in every file by chance: searching them would refuse
exports at random without protecting a patient.
"""

LONG_TERM = 8  # from here on, bytes that mean something else do not hold it by chance

_OWN_WORDS = re.compile(r"slice(?=[-_]?\d)|\.denoised|\.evidence|measured-surface|cloud", re.I)
"""Of the names that exports get: they tell no patient who is called so ("Slice^Thickness")."""

_UID_OF_RANDOM_DIGITS = re.compile(r"2\.25\.\d{20,39}(?!\d)")


def names_patient(text: str, identifiers: frozenset[str]) -> bool:
    """Whether a file name holds one of the identifiers, however it is spelled; short names count as
    whole words only.
    """
    text = _OWN_WORDS.sub(" ", text)
    folded = text.casefold()
    if any(term in folded for term in _terms(identifiers)):
        return True
    words = set(re.split(r"[\W_]+", folded))
    if any(part in words for part in _parts(identifiers) if part.isalpha() and len(part) > 1):
        return True
    return is_spelled(text, identifiers)


def is_leaked(text: str, content: bytes, identifiers: frozenset[str], fixed: str = "") -> bool:
    """Whether an export's text or bytes hold an identifier; one that is among the `fixed` words,
    which every export holds, identifies no patient.
    """
    fixed = fixed.casefold()
    terms = [term for term in _terms(identifiers) if term not in fixed]
    return is_said(text, terms) or holds(content, terms)


def is_said(text: str, terms: Iterable[str]) -> bool:
    """Whether a text says one of the folded terms, whatever its case. A short number counts only
    as a whole word, as a sha256 or a coordinate holds every short number sooner or later.
    """
    folded = text.casefold()
    without_uids = _UID_OF_RANDOM_DIGITS.sub("", folded)  # their digits hold every date by chance
    return any(_says(folded if "2.25." in term else without_uids, term) for term in terms)


def holds(content: bytes, terms: Iterable[str]) -> bool:
    """Whether bytes hold one of the long folded terms, whatever its case, in UTF-8 or Latin-1."""
    long_terms = [term for term in terms if len(term) >= LONG_TERM]
    return any(
        is_said(content.decode(encoding, "replace"), long_terms)
        for encoding in ("latin-1", "utf-8")
    )


def _says(folded: str, term: str) -> bool:
    if len(term) < LONG_TERM and re.fullmatch(r"[0-9a-f.]+", term):
        return re.search(rf"(?<![0-9a-f.]){re.escape(term)}(?![0-9a-f.])", folded) is not None
    return term in folded


def _parts(identifiers: frozenset[str]) -> set[str]:
    """Every identifier as a whole, and a name's parts ("family^given", PS3.5 6.2.1), folded."""
    folded = {identifier.strip().casefold() for identifier in identifiers}
    return folded | {part.strip() for whole in folded for part in re.split(r"[\^=]", whole)}


def _terms(identifiers: frozenset[str]) -> list[str]:
    """What is searched for. Zeros alone ("00000000"), or one letter again and again ("XXXXX"),
    stand where an identity was removed, and zeros stand in every file.
    """
    return sorted(
        part
        for part in _parts(identifiers)
        if len(part) >= SHORTEST_TERM and not _is_stand_in(part)
    )


def _is_stand_in(part: str) -> bool:
    signs = {*part} - {*" -./:"}
    return len(signs) <= 1 and not signs & {*"123456789"}
