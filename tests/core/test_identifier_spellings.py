import pytest

from jrviewer.core.identifier_search import names_patient
from jrviewer.core.identifier_spellings import is_spelled

PATIENT = frozenset(
    {
        "Beispiel-Musterfrau^Erika^Müller",
        "Strauß^Zoë",
        "Ångström^Bjørn",
        "0012345",
        "ACC-778899",
        "19500312",
        "1950-03-12",
        "1.2.840.99.1234567",
    }
)


@pytest.mark.parametrize(
    "name",
    [
        *("Mueller", "MUELLER_2", "Muller", "MÜLLER", "Mu\u0308ller", "erika mueller"),
        *("BeispielMusterfrau", "beispiel_musterfrau", "BEISPIEL.MUSTERFRAU"),
        *("Strauss", "STRAUSS", "zoe_strauss", "Angstroem", "Aangstroem", "Angstrom", "Bjoern"),
        *("12345", "pat12345", "12-345", "00012345", "acc778899", "ACC_778899", "778899"),
        *("12.03.1950", "12.3.50", "3-12-1950", "03121950", "120350", "500312", "1950_03_12"),
        *("12Mar1950", "12-Mär-1950", "March 12, 1950", "12. Maerz 1950", "1950MAR12"),
    ],
)
def test_a_file_name_that_tells_the_patient_in_any_spelling_is_found(name: str) -> None:
    assert names_patient(f"{name}.dcm", PATIENT)


@pytest.mark.parametrize(
    "name",
    [
        *("IM1", "I10", "CT000123", "slice-0001", "IMG-0012-00034", "chest 2.5mm B30f", "12.03"),
        *("series_1950", "0312", "1.3.6.1.4.1.9328.50.1.117", "report-0002", "112035011", "ER"),
    ],
)
def test_a_file_name_that_tells_nobody_is_kept(name: str) -> None:
    assert not names_patient(f"{name}.dcm", PATIENT)


def test_a_uid_s_digits_are_no_number_of_a_patient() -> None:
    assert not is_spelled("1284099", ["1.2.840.99.1234567"])


def test_what_is_no_date_is_not_taken_for_one() -> None:
    assert not is_spelled("13.14.1950", ["1950-14-13"])


@pytest.mark.parametrize(
    ("stored", "names"),
    [
        (
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ["山田太郎", "山田_CT", "太郎山田", "ヤマダタロウ", "ﾔﾏﾀﾞ", "ＹＡＭＡＤＡ"],
        ),
        ("Li^Wei=李^伟", ["李伟", "LiWei", "wei-li"]),
        ("Hong^Gildong=洪^吉洞=홍^길동", ["홍길동", "洪吉洞", "HongGildong"]),
        ("Schmidtmann^Ute", ["SCHMIDTM", "SCHMID~1", "UteSchmidtmann"]),
        ("Παπαδόπουλος^Γιώργος", ["ΠΑΠΑΔΟΠΟΥΛΟΣ", "παπαδοπουλος"]),
        ("0004711", ["4711", "CT_4711", "04711"]),
        ("19700102", ["1970年1月2日", "1.2.1970", "02011970"]),
    ],
)
def test_a_name_in_any_writing_and_a_number_without_its_zeros_are_found(
    stored: str, names: list[str]
) -> None:
    identifiers = frozenset({stored})

    assert [one for one in names if not names_patient(f"{one}.dcm", identifiers)] == []


@pytest.mark.parametrize("name", ["洪水", "yamad", "47110", "CT0047", "山", "1971年1月2日"])
def test_what_only_resembles_a_name_or_a_number_is_kept(name: str) -> None:
    stored = frozenset({"Yamada^Tarou=山田^太郎", "Hong=洪", "0004711", "19700102"})

    assert not names_patient(f"{name}.dcm", stored)
