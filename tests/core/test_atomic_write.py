import errno
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jrviewer.core.atomic_write import ABANDONED_S, create_file, part_of, replace_file
from jrviewer.core.errors import ExportError

ROOT = Path(__file__).resolve().parents[2]

# The system pulls the plug after the bytes are written and before they have their name.
KILLED = """
import os, signal, sys
from pathlib import Path
from jrviewer.core.atomic_write import replace_file
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
replace_file(Path(sys.argv[1]), b"new")
"""


# A small disk of memory with an old file on it; what is written to it, and how it is mounted then.
ON_A_DISK = """
mount -t tmpfs -o size=64k none "$1" && printf old > "$1/a.dcm" && eval "$2" && exec "$3" -c '
import sys
from pathlib import Path
from jrviewer.core.errors import ExportError
from jrviewer.core.atomic_write import replace_file
path = Path(sys.argv[1], "a.dcm")
try:
    replace_file(path, bytes(int(sys.argv[2])))
except ExportError as error:
    print([one.name for one in path.parent.iterdir()], path.read_text(), error)
' "$1" "$4"
"""


def written_on_a_disk(folder: Path, before: str, size: int) -> str:
    """What is left of an old file, and what is said, where a new one was to replace it."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare of util-linux")
    spaces = ["unshare", "-m", *([] if os.geteuid() == 0 else ["-r"])]
    if subprocess.run([*spaces, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs leave to make a mount namespace")
    steps = ["sh", "-c", ON_A_DISK, "sh", str(folder), before, sys.executable, str(size)]
    ran = subprocess.run([*spaces, *steps], cwd=ROOT, check=True, capture_output=True, text=True)
    return ran.stdout


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(tmp_path: Path) -> None:
    said = written_on_a_disk(tmp_path, "true", 200_000)

    assert said.startswith("['a.dcm'] old ")
    assert "is full" in said


def test_a_read_only_disk_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    said = written_on_a_disk(tmp_path, 'mount -o remount,ro "$1"', 10)

    assert said.startswith("['a.dcm'] old ")
    assert "can only be read" in said


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


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folders")
def test_the_file_and_then_its_new_name_are_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.ply"
    synced: list[tuple[bool, bool]] = []
    sync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), target.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    replace_file(target, b"new")

    assert synced == [(False, False), (True, True)]


def without_links(source: object, target: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("has_links", [True, False])
def test_a_new_file_never_replaces_one_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", without_links)
    create_file(tmp_path / "a.ply", b"first")

    with pytest.raises(ExportError, match="A file of that name is there already"):
        create_file(tmp_path / "a.ply", b"second")

    assert [path.name for path in tmp_path.iterdir()] == ["a.ply"]
    assert (tmp_path / "a.ply").read_bytes() == b"first"
