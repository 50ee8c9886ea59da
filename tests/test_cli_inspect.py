"""`jrviewer inspect`: what it prints, and when it falls short."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jrviewer import cli
from jrviewer.export.provenance import sealed_stl
from tests.support.boundaries import Row, replace_reader
from tests.support.dicom_factory import write_ct, write_series

Captured = pytest.CaptureFixture[str]


def inspected(*rows: Row) -> Callable[[Sequence[Path], object], list[Row]]:
    return lambda paths, report: list(rows)


def test_inspect_prints_its_rows_as_json(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    rows = (Row("a.dcm", "open"), Row("b/c.dcm", "corrupt", "It ends too early."))
    replace_reader(monkeypatch, inspect=inspected(*rows))

    code = cli.main(["inspect", "--json", "a.dcm", "b"])

    printed = capsys.readouterr()
    assert code == 1
    assert json.loads(printed.out) == [row.as_json() for row in rows]
    assert printed.err == "argument 2: It ends too early.\n"


def test_inspect_prints_a_line_a_file(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    replace_reader(monkeypatch, inspect=inspected(Row("a.dcm", "open")))

    assert cli.main(["inspect", "a.dcm"]) == 0
    assert capsys.readouterr().out == "a.dcm\topen\tCT\t2×3×1\n"


def test_inspect_heads_its_rows_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    replace_reader(monkeypatch, inspect=inspected(Row("a.dcm", "open")))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    cli.main(["inspect", "a.dcm"])

    head, row = capsys.readouterr().out.splitlines()
    assert head.split("\t") == ["path", "status", "modality", "rows×columns×frames", "remarks"]
    assert row == "a.dcm\topen\tCT\t2×3×1"


def test_a_name_with_a_line_break_stays_in_its_row(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    replace_reader(monkeypatch, inspect=inspected(Row("a\n\tb.dcm", "open")))

    cli.main(["inspect", "a.dcm"])

    assert capsys.readouterr().out == "a??b.dcm\topen\tCT\t2×3×1\n"


def test_inspect_prints_the_warnings_of_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    row = Row("a.dcm", "open", warnings=("It is odd.", "It is cut."))
    replace_reader(monkeypatch, inspect=inspected(row))

    assert cli.main(["inspect", "a.dcm"]) == 0
    assert capsys.readouterr().out.endswith("\tIt is odd. It is cut.\n")


def test_inspect_prints_what_is_to_be_known_of_a_series(tmp_path: Path, capsys: Captured) -> None:
    write_series(tmp_path / "a", 5, missing=[2])
    write_series(tmp_path / "b", 2, series_uid="1.2.3")
    wrong = {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}
    write_ct(tmp_path / "c.dcm", series_uid="1.2.4", extra=wrong)

    assert cli.main(["inspect", str(tmp_path)]) == 0

    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[1:] for line in lines if line[1] == "series"] == [
        ["series", "CT", "4 slices", "1 slice missing: the series has gaps."]
    ]
    assert lines[-1][0] == str(tmp_path / "a" / "image-0000.dcm")
    assert "orientation makes no sense" in next(line[4] for line in lines if "c.dcm" in line[0])


def test_inspect_knows_exports_and_passes_over_them_beside_images(
    tmp_path: Path, capsys: Captured
) -> None:
    write_ct(tmp_path / "a.dcm")
    (tmp_path / "b.txt").write_text("A letter.")
    (tmp_path / "c.stl").write_bytes(sealed_stl(bytes(84)))

    assert cli.main(["inspect", str(tmp_path / "c.stl")]) == 1
    assert "This is an export of JRViewer" in capsys.readouterr().out

    assert cli.main(["inspect", str(tmp_path / "a.dcm"), str(tmp_path / "c.stl")]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1].split("\t")[1] == "not_dicom"
    assert said.err == ""

    assert cli.main(["inspect", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("not a DICOM file") == 1


def test_a_dicomdir_of_which_nothing_opens_falls_short(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Row("disc/DICOMDIR", "no_image", "A directory."), Row("disc/a", "corrupt", "Cut.")
    replace_reader(monkeypatch, inspect=inspected(*rows))

    assert cli.main(["inspect", "disc/DICOMDIR"]) == 1


def test_a_dicomdir_itself_does_not_fall_short(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = Row("disc/DICOMDIR", "no_image", "A directory.")
    replace_reader(monkeypatch, inspect=inspected(directory, Row("disc/a", "open")))

    assert cli.main(["inspect", "disc/DICOMDIR"]) == 0


def test_inspecting_nothing_falls_short(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_reader(monkeypatch, inspect=inspected())

    assert cli.main(["inspect", "empty-folder"]) == 1
