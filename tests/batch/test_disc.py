"""A patient's disc, opened by its DICOMDIR, without the patient's identity."""

from pathlib import Path

import pytest
from pydicom import dcmread

from jrviewer import cli
from tests.batch.runs import NO_CLOUD, derived, replace_model
from tests.support.dicom_factory import write_ct, write_dicomdir

TOLD = ("geheimrat", "zaubermann", "778899", "19410203")


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A disc whose folders and files are named after the patient."""
    folder = tmp_path / "Geheimrat_778899"
    files = [
        write_ct(
            folder / "ZAUBERMA" / f"G{number}",
            position=(0, 0, 5.0 * number),
            instance=number,
            patient_name="Geheimrat^Zaubermann",
            patient_id="778899",
            extra=NO_CLOUD | {"PatientBirthDate": "19410203"},
        )
        for number in range(1, 4)
    ]
    return write_dicomdir(folder, files)


def test_a_disc_is_done_without_a_trace_of_its_patient(
    disc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_model(monkeypatch)
    out = tmp_path / "out"

    words = ["predict", str(disc), "--out", str(out), "--deidentify", "--run-anyway"]
    status = cli.main([*words, "--only", "png,dcm"])

    said = capsys.readouterr()
    assert status == 0
    assert len(derived(out)) == 3
    assert len({dcmread(path).SeriesInstanceUID for path in derived(out)}) == 1
    texts = [said.out, said.err, *(path.name for path in out.iterdir())]
    contents = [path.read_bytes().decode("latin-1") for path in out.iterdir()]
    assert not [word for word in TOLD if any(word in one.lower() for one in (*texts, *contents))]
