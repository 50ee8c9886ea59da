"""Addresses of DICOMweb."""

import pytest

from jrviewer.batch.web_address import (
    WebAddress,
    WebAddressError,
    is_web,
    parse_resource,
    parse_root,
)


@pytest.mark.parametrize(
    ("rest", "named"),
    [
        ("/studies/1.2", ("1.2", "", "")),
        ("/studies/1.2/series/3.4/", ("1.2", "3.4", "")),
        ("/studies/1.2/series/3.4/instances/5.6", ("1.2", "3.4", "5.6")),
    ],
)
def test_a_study_a_series_and_an_instance_are_named(rest: str, named: tuple[str, ...]) -> None:
    text = f"https://pacs.example:8443/dicom-web{rest}"

    assert is_web(text)
    assert parse_resource(text) == WebAddress("https://pacs.example:8443/dicom-web", *named)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://pacs.example/dicom-web", "names no study"),
        ("https://pacs.example/dicom-web/studies/DOE^JANE", "names no study"),
        ("https://", "is not one of DICOMweb"),
        ("https://pacs.example/w/studies/1.2?PatientName=DOE", "is not one of DICOMweb"),
        ("https://jane:secret@pacs.example/w/studies/1.2", "holds no password"),
    ],
)
def test_other_addresses_end_in_a_sentence_that_repeats_nothing(text: str, said: str) -> None:
    with pytest.raises(WebAddressError, match=said) as raised:
        parse_resource(text)

    for word in ("pacs.example", "DOE", "secret"):
        assert word not in str(raised.value)


def test_a_root_is_taken_without_its_last_stroke() -> None:
    assert parse_root("http://127.0.0.1:8042/dicom-web/") == "http://127.0.0.1:8042/dicom-web"
