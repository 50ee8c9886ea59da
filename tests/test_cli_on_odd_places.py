"""The command line where the system has something odd: each ends in sentences, and what is good is
done. In a process of its own where the oddness is the process's.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jrviewer import cli
from tests.batch.runs import replace_model
from tests.support.dicom_factory import write_ct

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="links, pipes and rights of a POSIX system"),
    pytest.mark.slow,  # as a whole
]
# The superuser may read everything, unless this right is taken away.
RIGHTS = "-dac_override,-dac_read_search"
OWN_RIGHTS = ["setpriv", f"--inh-caps={RIGHTS}", f"--bounding-set={RIGHTS}"]


def run(
    *arguments: str, cwd: Path = ROOT, before: str = "", plain: bool = False
) -> tuple[int, str, str]:
    """Status, stdout and stderr; `before` is run by the shell that then becomes the command."""
    command = [sys.executable, "-m", "jrviewer", *arguments]
    if plain and os.geteuid() == 0:
        command = [*OWN_RIGHTS, *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        ["sh", "-c", f'{before}\nexec "$@"', "sh", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stdout, ran.stderr


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main(arguments)
    return status, *capsys.readouterr()


def needs_setpriv() -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("the superuser may read everything here")


def test_folders_and_files_that_may_not_be_read_are_told_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    needs_setpriv()
    write_ct(tmp_path / "a.dcm")
    closed_file = write_ct(tmp_path / "b.dcm")
    closed = tmp_path / "closed"
    write_ct(closed / "c.dcm")
    closed_file.chmod(0)
    closed.chmod(0)
    try:
        status, found, said = run("inspect", str(tmp_path), plain=True)
    finally:
        closed.chmod(0o700)

    assert status == 1
    assert [line.split("\t")[1] for line in found.splitlines()] == ["open", "corrupt", "corrupt"]
    assert said.count("Check that you may open it") == 2


def test_an_output_folder_that_may_not_be_written_ends_in_a_sentence(tmp_path: Path) -> None:
    needs_setpriv()
    source, out = write_ct(tmp_path / "a.dcm"), tmp_path / "out"
    out.mkdir(mode=0o555)

    status, _, said = run("predict", str(source), "--out", str(out), "--only", "png", plain=True)

    assert status == 1
    assert said
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("command", ["inspect", "predict"])
def test_links_in_a_circle_are_told_and_the_others_are_read(
    tmp_path: Path,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replace_model(monkeypatch)
    folder = tmp_path / "in"
    write_ct(folder / "a.dcm")
    (folder / "circle").symlink_to("circle")
    (folder / "up").symlink_to(".")
    out = ["--out", str(tmp_path / "out"), "--only", "png", "--run-anyway"]

    status, found, said = run_here(
        capsys, command, str(folder), *(out if command == "predict" else [])
    )

    assert status == 1
    assert len(said.splitlines()) == 1
    assert "open" in found or (tmp_path / "out" / "a.png").exists()


def test_what_a_link_leads_to_counts_as_the_argument_that_it_lies_in(tmp_path: Path) -> None:
    write_ct(tmp_path / "in" / "a.dcm")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "notes.txt").write_text("notes")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")

    status, _, said = run("inspect", str(tmp_path / "in" / "a.dcm"), str(tmp_path / "in"))

    assert status == 1
    assert said.startswith("argument 2: This is not a DICOM file.")


def test_a_link_in_a_circle_as_an_argument_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "circle").symlink_to("circle")

    status, _, said = run_here(capsys, "inspect", str(tmp_path / "circle"))

    assert status == 1
    assert said.startswith("argument 1: There is no file here")


def test_a_pipe_is_told_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")

    status, _, said = run_here(capsys, "inspect", str(tmp_path / "pipe"))

    assert status == 1
    assert said.startswith("argument 1: This is no file but a pipe or a device.")


@pytest.mark.parametrize("command", ["inspect", "predict"])
def test_a_current_folder_that_has_gone_ends_in_a_sentence(tmp_path: Path, command: str) -> None:
    source = write_ct(tmp_path / "a.dcm")
    gone = tmp_path / "gone"
    gone.mkdir()
    out = ["--out", "out"] if command == "predict" else []

    status, _, said = run(command, str(source), *out, cwd=gone, before='rmdir "$PWD"')

    assert status == 1
    assert said.startswith("The current folder is not there any more.")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(tmp_path: Path, closed: str) -> None:
    status, _, _ = run("inspect", str(write_ct(tmp_path / "a.dcm")), before=f"exec {closed}")

    assert status == 0


def test_an_empty_archive_is_told_and_the_next_argument_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, source = tmp_path / "empty.zip", write_ct(tmp_path / "a.dcm")
    empty.write_bytes(b"PK\5\6" + bytes(18))

    status, found, said = run_here(capsys, "inspect", str(empty), str(source))

    assert status == 1
    assert said == (
        "argument 1: The ZIP archive holds no files. Copy it again, or ask for another one.\n"
    )
    assert "\topen\t" in found
