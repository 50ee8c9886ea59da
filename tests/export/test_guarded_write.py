import pytest

from jrviewer.export.guarded_write import _allowed, output_stem
from tests.support.record_factory import slice_named


def free(stem: str) -> bool:
    return False


def test_a_stem_is_the_files_own_name() -> None:
    assert output_stem(slice_named("IM.0001.dcm"), free) == "IM.0001"


def test_a_stem_inside_an_archive_is_its_members_name() -> None:
    assert output_stem(slice_named("Doe.zip", "Doe", member="a/b/I10.dcm"), free) == "I10"


@pytest.mark.parametrize("name", ["miller_1.dcm", "X-LI-3.dcm", "1.2.840.99", ".dcm.", "20200131"])
def test_a_stem_that_names_the_patient_is_a_number(name: str) -> None:
    slice_ = slice_named(name, "Miller^Li", "1.2.840.99", "20200131", "7")

    assert output_stem(slice_, free) == "slice-0001"
    assert output_stem(slice_, {"slice-0001"}.__contains__) == "slice-0002"


def test_a_taken_stem_gets_a_number() -> None:
    taken = {"I10", "I10-0002"}

    assert output_stem(slice_named("I10.dcm"), taken.__contains__) == "I10-0003"


def test_a_neutral_stem_says_nothing_of_its_source() -> None:
    assert output_stem(slice_named("I10.dcm"), free, is_neutral=True) == "slice-0001"
    assert output_stem(slice_named("I10.dcm"), {"slice-0001"}.__contains__, is_neutral=True) == (
        "slice-0002"
    )


@pytest.mark.parametrize("letter", ["x", "ü", "骨"])
def test_a_long_name_leaves_room_for_endings_and_numbers(letter: str) -> None:
    name = f"{letter * (248 // len(letter.encode()))}.dcm"

    stem = output_stem(slice_named(name), free)

    assert stem == letter * (200 // len(letter.encode()))
    assert len(f"{stem}-0002.denoised.dcm".encode()) < 255


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("a:b", "a_b"),
        ('a<b>"c"|d?e*f', "a_b__c__d_e_f"),
        ("CON", "_CON"),
        ("nul.tar", "_nul.tar"),
        ("COM1", "_COM1"),
        ("CONTRAST", "CONTRAST"),
        ("a. ", "a"),
        ("a\nb", "a_b"),
    ],
)
def test_windows_gets_no_name_that_it_forbids(name: str, allowed: str) -> None:
    assert _allowed(name, is_windows=True) == allowed
    assert _allowed(name, is_windows=False) == name
