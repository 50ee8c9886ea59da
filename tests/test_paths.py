"""Names and places of files as clinics have them, on every system: what can be read is read, what
cannot is told in a sentence, and what is written lies where it was asked for.
"""

import ctypes
import getpass
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jrviewer import cli, dicom
from jrviewer.batch.folder_lock import FolderLock
from jrviewer.core.atomic_write import create_file
from jrviewer.core.errors import ExportError
from jrviewer.export.provenance import verify
from tests.support.dicom_factory import write_ct, write_phantoms

WINDOWS = os.name == "nt"
Captured = pytest.CaptureFixture[str]
NAMES = (
    "Schädel Wörth ß",
    "two  spaces and a dot.",
    "頭部CT 検査",
    "e\u0301 and é",  # an accent of its own, as macOS writes it, and in one
    "100 % #1 & (2); ~$HOME",
    "ΑΩ Жук 🦴",
)


def predict(source: Path, out: Path) -> int:
    return cli.main(["predict", str(source), "--out", str(out), "--device", "cpu"])


def exports(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in {".ply", ".png", ".dcm"})


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    dicom.close()


@pytest.mark.parametrize("name", NAMES)
def test_folders_and_files_of_any_name_are_read(name: str, tmp_path: Path) -> None:
    folder = tmp_path / (name.rstrip(".") if WINDOWS else name)  # Windows drops a dot at the end
    path = write_ct(folder / f"{name} x.dcm")

    for given in (path, folder):
        (series,) = dicom.read([given]).series
        assert series[0].source.path.name == path.name


def test_a_slice_of_any_name_is_predicted_and_its_exports_are_verified(
    tmp_path: Path, capsys: Captured
) -> None:
    (made,) = write_phantoms(tmp_path, 1)
    source = made.rename(tmp_path / "頭部 Schädel Wörth.dcm")
    out = tmp_path / "Ergebnisse für 検査"

    assert predict(source, out) == 0

    assert [file.name for file in exports(out)] == [
        f"頭部 Schädel Wörth{ending}" for ending in (".denoised.dcm", ".ply", ".png")
    ]
    assert all(verify(file, source).ok for file in exports(out))
    assert "Traceback" not in capsys.readouterr().err


def test_a_path_longer_than_windows_old_limit_is_read_or_told(tmp_path: Path) -> None:
    folder = tmp_path
    while len(str(folder)) < 300:
        folder /= "a folder with a rather long name"
    try:
        write_ct(folder / "a.dcm")
    except OSError:
        pytest.skip("this Windows takes no long paths: nothing can lie there")

    opened = dicom.read([tmp_path])

    assert len(opened.series) == 1
    create_file(folder / "b.txt", b"whole")
    assert (folder / "b.txt").read_bytes() == b"whole"


def test_exports_go_into_a_folder_with_a_long_path(tmp_path: Path) -> None:
    (source,) = write_phantoms(tmp_path, 1)
    out = tmp_path
    while len(str(out)) < 300:
        out /= "a folder with a rather long name"
    try:
        out.mkdir(parents=True)
    except OSError:
        pytest.skip("this Windows takes no long paths: nothing can lie there")

    assert predict(source, out) == 0
    assert all(verify(file, source).ok for file in exports(out))


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """The same folder as `tmp_path`, by the name that it has for other computers."""
    if not WINDOWS:
        pytest.skip("only Windows knows \\\\server\\share")
    path = Path(f"\\\\localhost\\{tmp_path.drive[0]}$") / tmp_path.relative_to(tmp_path.anchor)
    if not path.exists():
        pytest.skip("the disk is not shared with its own computer")
    return path


def test_a_slice_on_a_network_share_is_read(tmp_path: Path, share: Path) -> None:
    write_ct(tmp_path / "Wörth.dcm")

    for given in (share / "Wörth.dcm", share):
        (series,) = dicom.read([given]).series
        assert series[0].source.path == share / "Wörth.dcm"


def test_exports_go_to_a_network_share(tmp_path: Path, share: Path) -> None:
    write_phantoms(tmp_path, 1)
    (source,) = share.glob("*.dcm")

    assert predict(source, share / "out") == 0
    assert len(exports(tmp_path / "out")) == 3
    assert all(verify(file, source).ok for file in exports(share / "out"))


def test_a_share_s_lock_is_one_with_the_folder_s(tmp_path: Path, share: Path) -> None:
    with FolderLock(share), pytest.raises(ExportError, match="Another run"):
        FolderLock(tmp_path).__enter__()


@pytest.mark.timeout(120)
def test_a_network_share_that_is_not_there_is_told(capsys: Captured) -> None:
    assert cli.main(["inspect", "//no-such-server.invalid/share/a.dcm"]) == 1
    assert "There is no file here" in capsys.readouterr().err


def test_a_file_that_may_only_be_read_is_read_and_never_replaced(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")
    content = path.read_bytes()
    path.chmod(0o444)

    assert len(dicom.read([path]).series) == 1
    with pytest.raises(ExportError, match="there already"):
        create_file(path, b"other")
    assert path.read_bytes() == content
    path.chmod(0o666)  # or Windows could not tidy it away


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "Archiv nur lesen"
    write_ct(folder / "a.dcm")
    with closed_for_writing(folder):
        assert len(dicom.read([folder]).series) == 1
        with pytest.raises(ExportError, match="Writing is not allowed there"):
            create_file(folder / "b.ply", b"whole")
    assert [path.name for path in folder.iterdir()] == ["a.dcm"]


@pytest.mark.skipif("A_READ_ONLY_FOLDER" not in os.environ, reason="names no read-only disk")
def test_a_disc_is_read_and_says_that_it_takes_no_exports(tmp_path: Path, capsys: Captured) -> None:
    """A folder with a slice, on a disk that nobody can write to, such as a CD."""
    disc = Path(os.environ["A_READ_ONLY_FOLDER"])
    (source,) = disc.glob("*.dcm")
    before = [*disc.iterdir()]

    assert predict(source, tmp_path / "out") == 0
    assert all(verify(file, source).ok for file in exports(tmp_path / "out"))
    capsys.readouterr()
    assert predict(source, disc / "out") == 1
    assert "nothing was written" in capsys.readouterr().err
    assert [*disc.iterdir()] == before


def test_a_file_that_another_program_has_locked_is_told_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    write_ct(tmp_path / "a.dcm")
    locked = write_ct(tmp_path / "b.dcm", position=(0, 0, 5))
    with locked_by_another(locked):
        opened = dicom.read([tmp_path])

    read = [one.source.path.name for series in opened.series for one in series]
    if WINDOWS:
        assert read == ["a.dcm"]
        assert len(opened.refused) == 1
    else:  # where a lock is only advice
        assert sorted(read) == ["a.dcm", "b.dcm"]


def test_a_run_s_lock_keeps_others_out_and_leaves_nothing(tmp_path: Path) -> None:
    with FolderLock(tmp_path), pytest.raises(ExportError, match="Another run"):
        FolderLock(tmp_path).__enter__()

    assert [*tmp_path.iterdir()] == []
    with FolderLock(tmp_path):  # and the next one may
        pass


@contextmanager
def closed_for_writing(folder: Path) -> Iterator[None]:
    """A folder that takes no new files; the test is skipped where nothing keeps this user out."""
    if WINDOWS:
        user = getpass.getuser()
        subprocess.run(["icacls", str(folder), "/deny", f"{user}:(WD)"], check=False)
    else:
        folder.chmod(0o555)
    try:
        try:
            (folder / "try").touch()
        except OSError:
            yield
        else:
            (folder / "try").unlink()
            pytest.skip("this user may write everywhere")
    finally:
        if WINDOWS:
            subprocess.run(["icacls", str(folder), "/remove:d", user], check=False)
        else:
            folder.chmod(0o755)


@contextmanager
def locked_by_another(path: Path) -> Iterator[None]:
    """A file that is open elsewhere and shared with nobody."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.CreateFileW.restype = ctypes.c_void_p
        read, share_nothing, open_existing = 0x80000000, 0, 3
        handle = kernel.CreateFileW(str(path), read, share_nothing, None, open_existing, 0, None)
        assert handle not in (None, ctypes.c_void_p(-1).value)
        try:
            yield
        finally:
            kernel.CloseHandle(ctypes.c_void_p(handle))
    else:
        import fcntl

        with path.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
