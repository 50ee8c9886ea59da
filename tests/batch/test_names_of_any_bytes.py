"""Files whose names are no UTF-8, as old discs and other systems leave them on Linux."""

import sys
from pathlib import Path

import pytest

from tests.batch.runs import NO_CLOUD, derived, predict, records, replace_model, start
from tests.support.dicom_factory import write_ct

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names are always Unicode here")

NAME = "Aufnahme_\udce4.dcm"  # as Python reads the byte 0xe4, Latin-1 for ä


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    write_ct(tmp_path / "in" / "plain.dcm", series_uid="1.2.1", extra=NO_CLOUD)
    write_ct(tmp_path / "in" / "odd.dcm", series_uid="1.2.2", extra=NO_CLOUD)
    (tmp_path / "in" / "odd.dcm").rename(tmp_path / "in" / NAME)
    return tmp_path / "in"


def test_they_are_done_like_others_and_once(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_model(monkeypatch)
    out = tmp_path / "out"

    assert predict(out, scans) == 0
    assert predict(out, scans) == 0

    assert [path.name for path in derived(out)] == ["plain.denoised.dcm", "slice-0001.denoised.dcm"]
    assert len(records(out)) == 2
    assert "2 of 2 done, 2 of them by an earlier run" in capsys.readouterr().out


def test_a_watched_folder_takes_them(scans: Path, tmp_path: Path) -> None:
    out, how = tmp_path / "out", ["--only", "dcm", "--run-anyway", "--quiet", "0.2", "--once"]
    with start(tmp_path, "watch", scans, "--out", out, *how) as process:
        said, _ = process.communicate(timeout=120)

    assert process.returncode == 0, said
    assert "2 of 2 done" in said
    assert len(derived(out)) == 2
