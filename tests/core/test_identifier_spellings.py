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
