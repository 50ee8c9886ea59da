"""The ways in which people write names, dates and numbers of a data set in file names: without
accents, with or without separators and leading zeros, days before months, months as words, cut to
eight letters, in another form of kana. Names in another alphabet than the file's are not found.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import permutations

FEWEST_LETTERS = 4
FEWEST_SIGNS = 2  # of a name in Chinese or Japanese signs
FEWEST_OF_A_CUT_NAME = 6  # as old systems leave of it
FEWEST_DIGITS = 5  # anywhere in a name
FEWEST_OF_A_WHOLE_NUMBER = 4
SEPARATOR = r"[\W_年月日]{0,2}"
_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_HIRAGANA = {sign: sign - 0x60 for sign in range(0x30A1, 0x30F7)}  # from katakana
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_NORTHERN = str.maketrans({"å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})
_MONTHS = (
    *("jan", "feb|fév", "mar|mär|maer|mrz", "apr|avr", "may|mai", "jun|juin", "jul|juil"),
    *("aug|août", "sep", "oct|okt", "nov", "dec|dez|déc"),
)


def is_spelled(text: str, identifiers: Iterable[str]) -> bool:
    """Whether a text says one of the identifiers in another spelling than its own."""
    forms, digits = _forms(text), re.sub(r"\D", "", text)
    numbers = {one.lstrip("0") for one in re.findall(r"\d+", text)}
    words = {one for word in re.split(r"[\W_]+", text) for one in _forms(word)}
    for identifier in identifiers:
        if any(pattern.search(text.casefold()) for pattern in _dates(identifier)):
            return True
        number = _number(identifier)
        if _is_long_number(identifier) and (number in numbers or _is_within(number, digits)):
            return True
        names = {one for part in _names(identifier) for one in _forms(part)}
        if any(_is_long(name) and name in form for name in names for form in forms):
            return True
        if any(_is_cut(word, name) for word in words for name in names):
            return True
    return False


def _names(identifier: str) -> Iterator[str]:
    """Every component of a name, and the first two of each group as one word in either order."""
    for group in identifier.split("="):
        parts = [part for part in group.split("^") if part]
        yield from parts
        if len(parts) > 1:
            yield from (parts[0] + parts[1], parts[1] + parts[0])


def _is_long(name: str) -> bool:
    return len(name) >= (FEWEST_SIGNS if _SIGNS.fullmatch(name) else FEWEST_LETTERS)


def _is_cut(word: str, name: str) -> bool:
    """Whether a word is a name's beginning."""
    return len(word) >= FEWEST_OF_A_CUT_NAME and word.isalpha() and name.startswith(word)


def _is_within(number: str, digits: str) -> bool:
    return len(number) >= FEWEST_DIGITS and number in digits


def _forms(text: str) -> set[str]:
    """Letters and digits alone, each letter without its accent, or with two letters for it."""
    folded = unicodedata.normalize("NFC", text).casefold()
    german = folded.translate(_GERMAN)
    both = german.translate(_NORTHERN)
    return {_plain(one) for one in (folded, german, both, folded.translate(_NORTHERN))}


def _plain(folded: str) -> str:
    letters = unicodedata.normalize("NFKD", folded).translate(_HIRAGANA)
    return "".join(one for one in letters if one.isalnum())


def _is_long_number(identifier: str) -> bool:
    """Whether it is a number of a patient or a visit; a UID's digits are compared as a whole."""
    return identifier.count(".") < 3 and len(_number(identifier)) >= FEWEST_OF_A_WHOLE_NUMBER


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
