import errno
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jrviewer.core.atomic_write import (
    ABANDONED_S,
    create_file,
    create_under,
    named_together,
    numbered,
    part_of,
    replace_file,
)
from jrviewer.core.errors import ExportError, NameTakenError

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
    assert list(path.parent.glob(".jrviewer-*.part"))


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a POSIX signal")
def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(b"old")

    killed_while_writing(path)

    assert path.read_bytes() == b"old"


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

    with pytest.raises(NameTakenError, match="A file of that name is there already"):
        create_file(tmp_path / "a.ply", b"second")

    assert [path.name for path in tmp_path.iterdir()] == ["a.ply"]
    assert (tmp_path / "a.ply").read_bytes() == b"first"


def test_where_a_disk_without_links_refuses_the_last_step_no_empty_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(beside: Path, target: Path) -> Path:
        raise OSError(errno.EIO, "the stick was pulled out")

    monkeypatch.setattr(os, "link", without_links)
    monkeypatch.setattr(Path, "replace", refuse)

    with pytest.raises(ExportError):
        create_file(tmp_path / "a.ply", b"new")

    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_name_at_the_same_time_never_share_an_unfinished_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one starts, and is done, while the first is between writing and naming."""
    target, sync = tmp_path / "a.ply", os.fsync
    lost: list[str] = []

    def second_comes_in(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        sync(descriptor)
        create_file(target, b"second, and longer")

    monkeypatch.setattr(os, "fsync", second_comes_in)
    try:
        create_file(target, b"first")
    except NameTakenError as error:
        lost.append(str(error))

    assert len(lost) == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a.ply": b"second, and longer"
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own")
@pytest.mark.parametrize("has_links", [True, False])
def test_a_new_file_does_not_follow_a_link_that_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    """Neither to a file elsewhere, nor to one that is not there yet."""
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    out.mkdir()
    (elsewhere / "old").write_bytes(b"old")
    (out / "a.ply").symlink_to(elsewhere / "old")
    (out / "a-0002.ply").symlink_to(elsewhere / "not there")
    if not has_links:
        monkeypatch.setattr(os, "link", without_links)

    for name in ("a.ply", "a-0002.ply"):
        with pytest.raises(NameTakenError):
            create_file(out / name, b"new")
    name = create_under(out, numbered(out / "a.ply"), lambda: b"new")

    assert name == "a-0003.ply"
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == {"old": b"old"}
    assert sorted(path.name for path in out.iterdir()) == ["a-0002.ply", "a-0003.ply", "a.ply"]


MANY_AT_ONCE = """
import sys
from pathlib import Path
from jrviewer.core.atomic_write import create_under, numbered
content = sys.argv[2].encode() * 50_000
for n in range(20):
    create_under(Path(sys.argv[1]), numbered(Path("report.json")), lambda: content)
"""


def test_four_processes_that_write_under_one_name_lose_and_mix_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MANY_AT_ONCE, str(tmp_path)]
    running = [subprocess.Popen([*command, letter], cwd=ROOT) for letter in "abcd"]

    assert [one.wait() for one in running] == [0] * 4

    contents = [path.read_bytes() for path in tmp_path.iterdir()]
    assert sorted(content[:1] for content in contents) == sorted([b"a", b"b", b"c", b"d"] * 20)
    assert all(set(content) == {content[0]} for content in contents)
    assert {len(content) for content in contents} == {50_000}


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folders")
def test_names_of_one_block_come_to_the_disk_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []  # whether it was a folder
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)

    with named_together():
        create_file(tmp_path / "a", b"a")
        create_file(tmp_path / "b", b"b")
        assert (tmp_path / "a").read_bytes() == b"a"
        assert synced == [False, False]
    assert synced == [False, False, True]
    create_file(tmp_path / "c", b"c")
    assert synced == [False, False, True, False, True]
    replace_file(tmp_path / "c", b"d", sync=False)
    assert len(synced) == 5
