import gc
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest

from jrviewer import NOTICE, __main__, __version__, cli
from jrviewer.export.writer import KINDS
from tests.support.boundaries import (
    Row,
    replace_module,
    replace_reader,
)

ROOT = Path(__file__).resolve().parents[1]
Captured = pytest.CaptureFixture[str]


def test_a_librarys_warning_stays_unsaid(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def inspect(paths: Sequence[Path], report: object) -> list[Row]:
        warnings.warn("Invalid value 'Roe^Jane'", stacklevel=1)
        return [Row("a.dcm", "open")]

    replace_reader(monkeypatch, inspect=inspect)

    assert cli.main(["inspect", "a.dcm"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_verify_prints_its_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, ok: bool, code: int
) -> None:
    verdict = SimpleNamespace(ok=ok, sentences=("First.", "Second."))
    replace_module(monkeypatch, "export.provenance", verify=lambda export, source: verdict)

    assert cli.main(["verify", "a.ply", "a.dcm"]) == code
    assert capsys.readouterr().out == "First.\nSecond.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "a.dcm"],
        ["predict", "--out", "x"],
        ["predict", "a.dcm", "--out", "x", "--points", "7"],
        ["predict", "a.dcm", "--out", "x", "--only", "stl"],
        ["predict", "a.dcm", "--out", "x", "--index", "-1"],
        ["predict", "a.dcm", "--out", "x", "--strength", "strong"],
        ["predict", "a.dcm", "--out", "x", "--strength", "101"],
        ["inspect"],
        ["inspect", ""],
        ["predict", "", "--out", "x"],
        ["predict", "a.dcm", "--out", ""],
        ["verify"],
        ["--frobnicate"],
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        __main__.main(arguments)

    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "a.ply", "a.dcm", "Muster_Hans.dcm"],
        ["predict", "a", "--out", "b", "--points", "Muster"],
        ["predict", "a", "--o=Muster"],
        ["predict", "a", "--out", "b", "--json=Muster"],
        ["inspect", "a", "--unknown=Muster"],
        ["--verbose", "Muster Hans"],
        ["bench", "--precision", "O'Muster"],
    ],
    ids=" ".join,
)
def test_wrong_usage_repeats_no_value_that_may_be_a_name(
    arguments: list[str], capsys: Captured
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)

    said = capsys.readouterr()
    assert "error: " in said.err
    assert "muster" not in (said.out + said.err).lower()


def test_an_unknown_kind_of_export_is_told_with_those_there_are(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["predict", "a.dcm", "--out", "x", "--only", "stl"])

    said = " ".join(capsys.readouterr().err.split())
    assert f"choose from {', '.join(KINDS[:-1])} and {KINDS[-1]}" in said


def test_a_wrong_strength_is_told_in_a_sentence(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["predict", "a.dcm", "--out", "x", "--strength", "strong"])

    said = " ".join(capsys.readouterr().err.split())
    assert "The strength is low, standard, high or a number of per cent, 0 to 100." in said


def test_the_version_is_said(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        __main__.main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"JRViewer {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["a.dcm", "folder"], ["./predict"]])
def test_anything_but_a_command_opens_the_window(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    opened: list[Sequence[Path]] = []
    collects: list[bool] = []

    def open_window(paths: Sequence[Path]) -> int:
        opened.append(paths)
        collects.append(gc.isenabled())
        return 7

    # Replaced boundary: the window itself.
    window = SimpleNamespace(main=open_window)
    monkeypatch.setitem(sys.modules, "jrviewer.ui", SimpleNamespace(app=window))
    monkeypatch.setitem(sys.modules, "jrviewer.ui.app", window)

    assert __main__.main(arguments) == 7
    assert opened == [[Path(argument) for argument in arguments]]
    assert [*collects, gc.isenabled()] == [False, True]


def run(*arguments: str, stdout: IO[str] | int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "jrviewer", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def what_it_said(running: "subprocess.Popen[str]") -> str:
    """All of stderr, at the end; `communicate` would read a closed stdout too, on Windows."""
    assert running.stderr is not None
    said = running.stderr.read()
    running.wait()
    return said


ANY_RESULT = [["inspect", "resources/sample/phantom.dcm"], ["--help"], ["--version"]]


@pytest.mark.parametrize("arguments", ANY_RESULT)
def test_a_reader_that_has_gone_away_is_no_failure(arguments: list[str]) -> None:
    with run(*arguments, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()  # as `| head -0` does
        said = what_it_said(running)

    assert said == ""
    assert running.returncode == 0


def test_a_reader_that_has_gone_away_does_not_hide_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no image")
    with run("inspect", str(tmp_path), stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.close()
        said = what_it_said(running)

    assert said.startswith("argument 1: ")
    assert len(said.splitlines()) == 1
    assert running.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("arguments", ANY_RESULT)
def test_a_full_disk_behind_the_output_is_said_in_a_sentence(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full, run(*arguments, stdout=full) as running:  # noqa: PTH123
        _, said = running.communicate()

    assert said.startswith("The result could not be printed. The disk is full.")
    assert len(said.splitlines()) == 1
    assert running.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_where_errors_cannot_be_told_the_result_is_printed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no image")
    command = [sys.executable, "-m", "jrviewer", "inspect", str(tmp_path)]
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ran = subprocess.run(
            command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=full, text=True
        )

    assert "not_dicom" in ran.stdout
    assert ran.returncode == 1


def test_help_needs_neither_qt_nor_torch() -> None:
    code = (
        "import sys\n"
        "from jrviewer.__main__ import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as ended:\n"
        "    assert not ended.code\n"
        "assert not {'PySide6', 'torch', 'pydicom', 'pyvista', 'PIL'} & set(sys.modules)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stderr
    assert NOTICE in " ".join(ran.stdout.split())
