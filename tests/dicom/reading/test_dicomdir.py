"""A DICOMDIR opens what it lists; it is refused only if nothing of that opens."""

import os
import shutil
from pathlib import Path

import pytest
from pydicom import dcmread

from jrviewer import dicom
from tests.dicom.opened import statuses, zipped
from tests.support.dicom_factory import write_ct, write_dicomdir, write_report, write_series
from tests.support.wine import IS_WINE


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A folder with a DICOMDIR of three slices, its names in capitals as the standard asks."""
    files = [
        path.rename(path.with_name(path.stem.replace("image-", "IM")))
        for path in write_series(tmp_path / "disc" / "PT000000" / "SE000000", 3)
    ]
    write_dicomdir(tmp_path / "disc", files)
    return tmp_path / "disc"


def test_a_dicomdir_brings_its_members_along(disc: Path) -> None:
    assert statuses(disc / "DICOMDIR") == ["no_image", "open", "open", "open"]


def test_a_dicomdir_on_a_disc_of_another_case_brings_its_members_along(disc: Path) -> None:
    for folder, folders, names in os.walk(disc, topdown=False):
        for name in folders + [one for one in names if one != "DICOMDIR"]:
            (Path(folder) / name).rename(Path(folder) / name.lower())
    if IS_WINE:  # which leaves a name that differs in its case alone
        pytest.skip("Wine renames nothing to another case")
    assert not any(path.name.startswith("PT") for path in disc.iterdir())

    assert statuses(disc / "DICOMDIR") == ["no_image", "open", "open", "open"]


def test_a_file_that_a_dicomdir_lists_but_lacks_is_said(disc: Path) -> None:
    next(path for path in disc.rglob("IM*")).unlink()

    assert sorted(statuses(disc / "DICOMDIR")) == ["corrupt", "no_image", "open", "open"]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (["DICOMDIR"], ["open", "open"]),  # itself
        (["PT000000"], ["corrupt", "open", "open"]),  # a folder
        (["PT000000", "SE000000", "IM0001"], ["open", "open"]),  # another one's
        (["", "ETC", "HOSTNAME"], ["corrupt", "open", "open"]),
    ],
)
def test_an_odd_record_hides_no_other(disc: Path, listed: list[str], expected: list[str]) -> None:
    ds = dcmread(disc / "DICOMDIR")
    ds.DirectoryRecordSequence[0].ReferencedFileID = listed
    ds.save_as(disc / "DICOMDIR")

    assert statuses(disc / "DICOMDIR") == ["no_image", *expected]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_listed_link_that_leads_off_the_disc_is_not_followed(disc: Path, tmp_path: Path) -> None:
    elsewhere = write_ct(tmp_path / "elsewhere.dcm")
    listed = next(path for path in disc.rglob("IM*"))
    listed.unlink()
    listed.symlink_to(elsewhere)

    assert sorted(statuses(disc / "DICOMDIR")) == ["corrupt", "no_image", "open", "open"]


def test_a_dicomdir_that_points_outside_is_not_followed(disc: Path, tmp_path: Path) -> None:
    content = (disc / "DICOMDIR").read_bytes()
    assert b"PT000000\\" in content
    shutil.copytree(disc, tmp_path / "evil")
    (tmp_path / "evil" / "DICOMDIR").write_bytes(content.replace(b"PT000000\\", b"..\\..\\..\\"))

    rows = dicom.inspect([tmp_path / "evil" / "DICOMDIR"])

    assert {row.status for row in rows[1:]} == {"corrupt"}
    assert "out of its own folder" in rows[1].message


def test_a_folder_with_a_dicomdir_lists_every_file_once(disc: Path) -> None:
    assert sorted(statuses(disc)) == ["no_image", "open", "open", "open"]


def test_a_dicomdir_that_opens_its_series_is_refused_by_nobody(disc: Path) -> None:
    for path in (disc, disc / "DICOMDIR"):
        opened = dicom.read([path])
        assert (len(opened.series), opened.refused) == (1, ())


def test_a_dicomdir_in_an_archive_is_no_error(disc: Path, tmp_path: Path) -> None:
    files = sorted(path for path in disc.rglob("*") if path.is_file())
    members = [(path.relative_to(disc).as_posix(), path.read_bytes()) for path in files]

    opened = dicom.read([zipped(tmp_path / "disc.zip", *members)])

    assert (len(opened.series), opened.refused) == (1, ())


def test_a_dicomdir_of_which_nothing_opens_is_refused_and_says_so(disc: Path) -> None:
    for file in (disc / "PT000000").rglob("*"):
        if file.is_file():
            file.unlink()

    messages = [one.message for one in dicom.read([disc / "DICOMDIR"]).refused]

    assert len(messages) == 4
    assert "lists no image that could be opened" in messages[-1]


def test_a_dicomdir_that_lists_reports_alone_is_refused(tmp_path: Path) -> None:
    report = write_report(tmp_path / "SR1")

    statuses = [one.status for one in dicom.read([write_dicomdir(tmp_path, [report])]).refused]

    assert statuses == ["no_image", "no_image"]


def test_a_dicomdir_that_lists_nothing_is_refused_and_says_so(tmp_path: Path) -> None:
    (refused,) = dicom.read([write_dicomdir(tmp_path, [])]).refused

    assert "lists no image" in refused.message


def test_a_dicomdir_under_another_name_is_no_error(disc: Path) -> None:
    (disc / "DICOMDIR").rename(disc / "contents.dcm")

    opened = dicom.read([disc / "contents.dcm"])

    assert (len(opened.series), opened.refused) == (1, ())


def test_a_cut_dicomdir_is_refused_and_its_images_open(disc: Path) -> None:
    content = (disc / "DICOMDIR").read_bytes()
    (disc / "DICOMDIR").write_bytes(content[: len(content) // 2])

    opened = dicom.read([disc])

    assert len(opened.series) == 1
    assert "lists no image" not in "".join(one.message for one in opened.refused)


def test_two_discs_are_two_series_without_an_error(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / f"disc{number}"
        uid = f"1.2.3.{number}"
        files = [
            write_ct(folder / f"IM{z}", position=(0, 0, z), instance=z, series_uid=uid)
            for z in range(3)
        ]
        write_dicomdir(folder, files)

    opened = dicom.read([tmp_path / "disc1" / "DICOMDIR", tmp_path / "disc2" / "DICOMDIR"])

    assert ([len(one) for one in opened.series], opened.refused) == ([3, 3], ())
