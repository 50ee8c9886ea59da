import pytest

from jrviewer.core.identifier_search import is_leaked, names_patient

NAME, NUMBER, DATE, UID = "Miller^Jane", "MRN-4711-0815", "19700131", "1.2.826.0.1.99"
KNOWN = frozenset({NAME, NUMBER, DATE, "1970-01-31", UID, "2.25.12345678901234567890123"})
every_kind = pytest.mark.parametrize(
    "planted", ["MILLER", NUMBER, DATE, "1970-01-31", UID, "2.25.12345678901234567890123"]
)


@every_kind
def test_an_identifier_in_a_text_is_found(planted: str) -> None:
    assert is_leaked(f"comment {planted} here", b"", KNOWN)


@pytest.mark.parametrize("planted", [NAME.upper(), NUMBER, DATE, "1970-01-31", UID])
def test_a_long_identifier_among_bytes_is_found(planted: str) -> None:
    assert is_leaked("", b"\xff\0\x80" + planted.encode() + b"\0", KNOWN)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_name_with_an_umlaut_is_found_in_either_encoding(encoding: str) -> None:
    content = b"\0\1" + "MÜLLERSEN".encode(encoding)

    assert is_leaked("", content, frozenset({"Müllersen^Jörg"}))


@every_kind
def test_an_identifier_in_a_file_name_is_found(planted: str) -> None:
    assert names_patient(f"{planted}.ply", KNOWN)


def test_digits_of_a_random_uid_hold_a_date_by_chance_alone() -> None:
    assert not is_leaked(f"2.25.{DATE}{'3' * 20}", b"", KNOWN)
    assert not is_leaked("", f"2.25.{DATE}{'3' * 20}".encode(), KNOWN)


def test_a_date_in_front_of_a_time_is_found() -> None:
    assert is_leaked(f"{DATE}101112", b"", KNOWN)


def test_a_short_number_counts_as_a_whole_word_only() -> None:
    assert is_leaked("patient 4711", b"", frozenset({"4711"}))
    assert not is_leaked("x 14711.5 ab4711cd", b"4711", frozenset({"4711"}))


def test_a_word_that_every_export_says_gives_nobody_away() -> None:
    assert not is_leaked("by research", b"research", frozenset({"Research"}), "Research preview")


@pytest.mark.parametrize("stand_in", ["00000000", "XXXXX", "0000-00-00"])
def test_what_stands_where_an_identity_was_removed_gives_nobody_away(stand_in: str) -> None:
    assert not is_leaked("content_sha256=" + "0" * 64, b"0" * 64, frozenset({stand_in}))


def test_a_number_of_one_digit_is_a_number() -> None:
    assert is_leaked("number 1111111", b"", frozenset({"1111111"}))
