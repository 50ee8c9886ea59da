import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jrviewer.errors import ExportError
from jrviewer.whole_file import ABANDONED_S, part_of, replace_file

ROOT = Path(__file__).resolve().parents[1]

# The system pulls the plug after the bytes are written and before they have their name.
KILLED = """
import os, signal, sys
from pathlib import Path
from jrviewer.whole_file import replace_file
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
replace_file(Path(sys.argv[1]), b"new")
"""


def killed_while_writing(path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)
    assert ran.returncode != 0
    assert part_of(path).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a POSIX signal")
def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(b"old")

    killed_while_writing(path)

    assert path.read_bytes() == b"old"


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a POSIX signal")
def test_the_next_export_of_that_name_replaces_what_a_killed_one_left(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    killed_while_writing(path)

    replace_file(path, b"newer")

    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"newer"]


def test_the_next_export_into_that_folder_removes_what_was_abandoned(tmp_path: Path) -> None:
    left, young = part_of(tmp_path / "b.dcm"), part_of(tmp_path / "c.dcm")
    left.write_bytes(b"left")
    young.write_bytes(b"another process is writing it")
    long_ago = time.time() - ABANDONED_S - 1
    os.utime(left, (long_ago, long_ago))

    replace_file(tmp_path / "a.dcm", b"new")

    assert not left.exists()
    assert young.exists()


def test_an_unfinished_file_does_not_tell_the_name_of_its_target(tmp_path: Path) -> None:
    assert "miller" not in part_of(tmp_path / "Miller.dcm").name.lower()


def test_a_folder_that_is_a_file_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")

    with pytest.raises(ExportError, match="nothing was changed"):
        replace_file(tmp_path / "a" / "b.dcm", b"new")
