"""A series whose source comes again when nothing of it is kept: an archive is to hold it once."""

from pathlib import Path

import pytest

from jrviewer.core.strength import HIGH
from tests.batch.node.archives import archive
from tests.batch.node.test_work import Working, scan


def again(work: Working, paths: list[Path]) -> None:
    """All is derived and sent; what was before is removed."""
    work.queue.remove_old(0.0)
    assert work.queue.is_empty()
    work.take(paths)
    work.node.step(0)


def test_a_series_that_comes_again_later_is_derived_under_the_same_uids(tmp_path: Path) -> None:
    paths = scan(tmp_path)
    with archive() as destination:
        work = Working(tmp_path, destination)
        again(work, paths)
        again(work, paths)

    uids = [str(ds.SOPInstanceUID) for ds in destination.came]
    assert len(uids) == 6
    assert sorted(uids[:3]) == sorted(uids[3:])
    assert len(set(uids)) == 3
    assert len({ds.SeriesInstanceUID for ds in destination.came}) == 1


def test_an_archive_that_refuses_what_it_has_ends_the_work_all_the_same(tmp_path: Path) -> None:
    paths = scan(tmp_path)
    with archive() as destination:
        destination.refuses_twice = True
        work = Working(tmp_path, destination)
        again(work, paths)
        again(work, paths)

    assert len(destination.came) == 3
    assert len(work.said) == 2
    assert all("3 of 3 slices derived, 3 sent" in one for one in work.said)


@pytest.mark.parametrize("changes", [{"strength": HIGH}, {"deidentify": True}])
def test_another_strength_or_another_pseudonym_makes_another_series(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    paths = scan(tmp_path)
    with archive() as destination:
        for number, settings in enumerate(({}, changes)):
            again(Working(tmp_path / str(number), destination, **settings), paths)

    assert len({ds.SOPInstanceUID for ds in destination.came}) == 6
    assert len({ds.SeriesInstanceUID for ds in destination.came}) == 2


def test_de_identified_nothing_tells_that_a_series_came_before(tmp_path: Path) -> None:
    paths = scan(tmp_path)
    with archive() as destination:
        work = Working(tmp_path, destination, deidentify=True)
        again(work, paths)
        again(work, paths)

    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID"):
        first, second = (
            {str(ds[keyword].value) for ds in destination.came[part]}
            for part in (slice(3), slice(3, 6))
        )
        assert not first & second
