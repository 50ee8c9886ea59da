"""The ways in which people write names, dates and numbers of a data set in file names: without
accents, with or without separators and leading zeros, days before months, months as words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import permutations

FEWEST_LETTERS = 4
FEWEST_DIGITS = 5
SEPARATOR = r"[\W_]{0,2}"
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NORTHERN = str.maketrans({"å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})
_MONTHS = (
    *("jan", "feb|fév", "mar|mär|maer|mrz", "apr|avr", "may|mai", "jun|juin", "jul|juil"),
    *("aug|août", "sep", "oct|okt", "nov", "dec|dez|déc"),
)


def is_spelled(text: str, identifiers: Iterable[str]) -> bool:
    """Whether a text says one of the identifiers in another spelling than its own."""
    forms, digits = _forms(text), re.sub(r"\D", "", text)
    for identifier in identifiers:
        if any(pattern.search(text.casefold()) for pattern in _dates(identifier)):
            return True
        if _is_long_number(identifier) and _number(identifier) in digits:
            return True
        words = (one for part in re.split(r"[\^=]", identifier) for one in _forms(part))
        if any(len(word) >= FEWEST_LETTERS and word in form for word in words for form in forms):
            return True
    return False


def _forms(text: str) -> set[str]:
    """Letters and digits alone, each letter without its accent, or with two letters for it."""
    folded = unicodedata.normalize("NFC", text).casefold()
    german = folded.translate(_GERMAN)
    both = german.translate(_NORTHERN)
    return {_plain(one) for one in (folded, german, both, folded.translate(_NORTHERN))}


def _plain(folded: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", folded) if one.isalnum())


def _is_long_number(identifier: str) -> bool:
    """Whether it is a number of a patient or a visit; a UID's digits are compared as a whole."""
    return identifier.count(".") < 3 and len(_number(identifier)) >= FEWEST_DIGITS


def _number(identifier: str) -> str:
    """Its digits, without leading zeros."""
    return re.sub(r"\D", "", identifier).lstrip("0")


def _dates(identifier: str) -> Iterator[re.Pattern[str]]:
    """Patterns of a stored date in every order of its parts."""
    match = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", identifier)
    if match is None or not 1 <= int(match[2]) <= len(_MONTHS):
        return
    year, month, day = match[1], int(match[2]), int(match[3])
    parts = {
        "year": f"(?:{year}|{year[2:]})",
        "month": f"(?:0?{month}|(?:{_MONTHS[month - 1]})[^\\W\\d_]*)",
        "day": f"0?{day}",
    }
    for order in permutations(parts):
        yield re.compile(rf"(?<!\d){SEPARATOR.join(parts[one] for one in order)}(?!\d)")
