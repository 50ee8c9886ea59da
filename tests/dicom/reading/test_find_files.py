import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom.uid import JPEGLSLossless

from jrviewer import dicom
from tests.dicom.opened import statuses, zipped
from tests.support.dicom_factory import write_ct, write_report, write_series

# Says what files a process opens to write, decoding process included.
READS = """
import os, sys
from pathlib import Path

def hear(event, arguments):
    if event != "open" or len(arguments) < 3:  # Windows has an event of that name that tells less
        return
    writes = isinstance(arguments[2], int) and arguments[2] & 3
    is_pipe = isinstance(arguments[0], int)  # to the decoding process
    if writes and not is_pipe and str(arguments[0]) != os.devnull:
        os.write(2, f"opened to write: {arguments[0]}".encode())

sys.addaudithook(hear)
sys.dont_write_bytecode = True
from jrviewer import dicom
opened = dicom.read([Path(sys.argv[1])])
dicom.close()
print(sum(len(series) for series in opened.series))
"""


def test_reading_archives_and_compressed_images_writes_no_file(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "in").mkdir()
    zipped(tmp_path / "in" / "a.zip", ("a.dcm", content))
    write_ct(tmp_path / "in" / "b.dcm", transfer_syntax=JPEGLSLossless, instance=2)
    (tmp_path / "temporary").mkdir()
    temporary = str(tmp_path / "temporary")

    ran = subprocess.run(
        [sys.executable, "-c", READS, str(tmp_path / "in")],
        cwd=Path(__file__).parents[3],
        env={**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.strip() == "2"
    assert ran.stderr == ""
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return write_ct(tmp_path / "source" / "a.dcm").read_bytes()


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")

    assert statuses(tmp_path / "a") == ["empty"]


@pytest.mark.parametrize("content", [b"hello", b"\x89PNG\r\n\x1a\n" + bytes(200), bytes(4096)])
def test_other_files_are_not_dicom(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)

    assert statuses(tmp_path / "a") == ["not_dicom"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a DICOM file but a PNG picture."),
        (b"ply\nformat ascii 1.0\n", "but a PLY surface or point cloud."),
        (b"Rar!" + bytes(200), "unpack it first."),
        (b"hello", "This is not a DICOM file. JRViewer opens"),
    ],
)
def test_what_another_file_is_is_said(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "a").write_bytes(content)

    (refused,) = dicom.read([tmp_path / "a"]).refused
    assert kind in refused.message
    assert "DICOM files, folders, ZIPs and DICOMDIRs" in refused.message


def test_a_path_without_a_file_is_refused(tmp_path: Path) -> None:
    (refused,) = dicom.read([tmp_path / "gone.dcm"]).refused

    assert "no file here" in refused.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert dicom.inspect([tmp_path / "pipe"])[0].status == "not_dicom"


def test_a_folder_without_files_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder" / "within").mkdir(parents=True)

    refused = dicom.read([tmp_path / "folder"]).refused

    assert [one.path for one in refused] == [tmp_path / "folder"]
    assert "holds no files" in refused[0].message


def test_a_folder_is_walked_without_hidden_files(tmp_path: Path) -> None:
    write_ct(tmp_path / "b" / "1.dcm")
    write_ct(tmp_path / "a" / "2.dcm")
    write_ct(tmp_path / ".hidden" / "3.dcm")
    write_ct(tmp_path / "a" / ".4.dcm")

    rows = dicom.inspect([tmp_path])

    assert [Path(row.path).relative_to(tmp_path).as_posix() for row in rows] == [
        "a/2.dcm",
        "b/1.dcm",
    ]


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
def test_a_link_that_leads_nowhere_is_told_and_its_neighbours_are_read(tmp_path: Path) -> None:
    write_ct(tmp_path / "a.dcm")
    (tmp_path / "b.dcm").symlink_to(tmp_path / "gone.dcm")

    rows = dicom.inspect([tmp_path])

    assert [row.status for row in rows] == ["open", "not_dicom"]
    assert rows[1].message.startswith("There is no file here")


def test_a_file_that_goes_while_its_folder_is_read_is_told_from_one_that_is_no_image(
    tmp_path: Path,
) -> None:
    paths = write_series(tmp_path, 4)
    (tmp_path / "letter.txt").write_text("Dear colleague")

    opened = dicom.read([tmp_path], on_slice=lambda _: paths[2].unlink(missing_ok=True))

    assert [len(one) for one in opened.series] == [3]
    missing = {one.path.name: one.is_missing for one in opened.refused}
    assert missing == {paths[2].name: True, "letter.txt": False}


@pytest.mark.parametrize("names", [(), ("folder/",), (".DS_Store",)])
def test_an_archive_without_files_is_empty(tmp_path: Path, names: tuple[str, ...]) -> None:
    archive = zipped(tmp_path / "a.zip", *((name, b"") for name in names))

    (row,) = dicom.inspect([archive])

    assert (row.status, row.path) == ("empty", str(archive))
    assert row.message.startswith("The ZIP archive holds no files.")


@pytest.mark.parametrize(
    ("place_in_local", "place_in_list", "value"),
    [(8, 10, 9), (4, 6, 99)],  # Deflate64, as Windows packs what is large; a version to come
    ids=["method", "version"],
)
def test_an_archive_packed_in_an_unknown_way_is_not_called_damaged(
    tmp_path: Path, place_in_local: int, place_in_list: int, value: int
) -> None:
    archive = zipped(tmp_path / "a.zip", ("1.dcm", write_ct(tmp_path / "1.dcm").read_bytes()))
    content = bytearray(archive.read_bytes())
    content[place_in_local] = value
    content[content.rindex(b"PK\x01\x02") + place_in_list] = value
    archive.write_bytes(content)

    (row,) = dicom.inspect([archive])

    assert row.status != "open"
    assert row.message == (
        "The ZIP archive is packed in a way that this version does not know. "
        "Unpack it and open the folder."
    )


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write_ct(tmp_path / "a" / "1.dcm")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)

    assert statuses(tmp_path) == ["open"]


def test_a_file_given_twice_is_opened_once(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "1.dcm")

    assert statuses(tmp_path, path) == ["open"]


def test_the_members_of_a_zip_open_under_their_own_names(tmp_path: Path, content: bytes) -> None:
    path = zipped(
        tmp_path / "a.zip",
        ("s/1.dcm", content),
        ("__MACOSX/._1.dcm", b"x"),
        ("readme.txt", b"text"),
    )

    rows = dicom.inspect([path])

    assert [(row.path, row.status) for row in rows] == [
        (f"{path.as_posix()}/s/1.dcm", "open"),
        (f"{path.as_posix()}/readme.txt", "not_dicom"),
    ]


def test_a_slice_knows_its_member(tmp_path: Path, content: bytes) -> None:
    path = zipped(tmp_path / "a.zip", ("s/1.dcm", content))

    source = dicom.read([path]).series[0][0].source

    assert (source.path, source.member) == (path, "s/1.dcm")


@pytest.mark.parametrize("name", ["../evil.dcm", "/etc/evil.dcm", "a/../../evil.dcm", "C:\\x.dcm"])
def test_a_zip_member_that_leads_outside_is_refused(
    tmp_path: Path, content: bytes, name: str
) -> None:
    assert statuses(zipped(tmp_path / "a.zip", (name, content))) == ["corrupt"]


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("bomb.dcm", bytes(17 << 20)))

    assert statuses(path) == ["unsupported"]


def test_a_zip_of_too_many_files_is_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jrviewer.dicom.common.zip_archive.MAX_MEMBERS", 2)
    path = zipped(tmp_path / "a.zip", ("1", b"1"), ("2", b"2"), ("3", b"3"))

    assert statuses(path) == ["unsupported"]


def test_a_zip_that_is_too_large_is_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jrviewer.dicom.common.zip_archive.MAX_TOTAL_BYTES", 100)
    path = zipped(tmp_path / "a.zip", ("1", bytes(60)), ("2", bytes(60)))

    assert statuses(path) == ["unsupported"]


def test_a_damaged_zip_is_corrupt(tmp_path: Path, content: bytes) -> None:
    path = zipped(tmp_path / "a.zip", ("1.dcm", content))
    path.write_bytes(path.read_bytes()[:200])

    assert statuses(path) == ["corrupt"]


def test_an_archive_inside_an_archive_is_unsupported(tmp_path: Path, content: bytes) -> None:
    inner = zipped(tmp_path / "inner.zip", ("1.dcm", content))

    assert statuses(zipped(tmp_path / "a.zip", ("i.zip", inner.read_bytes()))) == ["unsupported"]


def test_every_file_of_a_folder_is_shown_or_refused(tmp_path: Path) -> None:
    write_series(tmp_path, 2)
    write_report(tmp_path / "report")
    (tmp_path / "notes.txt").write_text("hello")

    opened = dicom.read([tmp_path])

    assert [len(series) for series in opened.series] == [2]
    assert sorted(refused.status for refused in opened.refused) == ["no_image", "not_dicom"]
