import os
from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import BurnedInText, Source
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.writer import MAY_SHOW_TEXT, SHOWS_TEXT, ExportRequest, ExportWriter
from tests.support.record_factory import make_prediction, make_slice

PNG = frozenset({"png"})
BOTH = frozenset({"ply", "png"})


def prediction_of(name: str, *identifiers: str) -> Prediction:
    source = Source(Path(name), identifiers=frozenset(identifiers))
    return make_prediction(replace(make_slice(), source=source))


def names(writer: ExportWriter, *predictions: Prediction) -> list[list[str]]:
    return [sorted(writer.write(one).names.values()) for one in predictions]


def test_inputs_of_one_name_never_collide_whatever_their_case(tmp_path: Path) -> None:
    writer = ExportWriter(ExportRequest(tmp_path, PNG))
    inputs = [prediction_of(f"{folder}/IM1.dcm") for folder in "ab"]

    assert names(writer, *inputs, prediction_of("c/im1.dcm")) == [
        ["IM1.png"],
        ["IM1-0002.png"],
        ["im1-0003.png"],
    ]


def test_the_next_run_replaces_nothing_of_the_last_and_shares_no_name_with_it(
    tmp_path: Path,
) -> None:
    first = names(ExportWriter(ExportRequest(tmp_path, PNG)), prediction_of("IM1.dcm"))
    before = (tmp_path / "IM1.png").read_bytes()

    second = names(ExportWriter(ExportRequest(tmp_path, BOTH)), prediction_of("IM1.dcm"))

    assert (first, second) == ([["IM1.png"]], [["IM1-0002.ply", "IM1-0002.png"]])
    assert (tmp_path / "IM1.png").read_bytes() == before


def test_a_cloud_does_not_get_the_name_of_an_older_picture(tmp_path: Path) -> None:
    names(ExportWriter(ExportRequest(tmp_path, PNG)), prediction_of("a/IM1.dcm"))

    written = names(ExportWriter(ExportRequest(tmp_path, BOTH - PNG)), prediction_of("b/IM1.dcm"))

    assert written == [["IM1-0002.ply"]]


def test_a_foreign_file_is_in_the_way_of_its_own_kind_only(tmp_path: Path) -> None:
    (tmp_path / "IM1.ply").write_text("somebody's")

    assert names(ExportWriter(ExportRequest(tmp_path, PNG)), prediction_of("IM1.dcm")) == [
        ["IM1.png"]
    ]
    assert names(ExportWriter(ExportRequest(tmp_path, BOTH)), prediction_of("IM1.dcm")) == [
        ["IM1-0002.ply", "IM1-0002.png"]
    ]
    assert (tmp_path / "IM1.ply").read_text() == "somebody's"


def test_a_name_that_another_process_takes_meanwhile_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between the look whether the name is free and the writing."""
    link = os.link

    def after_another(source: object, target: object, **how: object) -> None:
        monkeypatch.setattr(os, "link", link)
        Path(str(target)).write_text("another run's")
        link(source, target, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", after_another)

    written = names(ExportWriter(ExportRequest(tmp_path, BOTH)), prediction_of("IM1.dcm"))

    assert written == [["IM1-0002.ply", "IM1-0002.png"]]
    assert (tmp_path / "IM1.ply").read_text() == "another run's"


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own")
def test_a_link_in_the_folder_is_neither_followed_nor_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "IM1.png").symlink_to(tmp_path / "not there")

    written = names(ExportWriter(ExportRequest(out, PNG)), prediction_of("IM1.dcm"))

    assert written == [["IM1-0002.png"]]
    assert (out / "IM1.png").is_symlink()
    assert not (tmp_path / "not there").exists()


@pytest.mark.parametrize("name", ["Beispiel", "Mueller", "12.03.1950", "acc-778899", "IM1"])
def test_without_identity_names_are_neutral_however_the_source_is_called(
    tmp_path: Path, name: str
) -> None:
    writer = ExportWriter(ExportRequest(tmp_path, PNG, deidentify=True))

    written = names(writer, prediction_of(f"{name}.dcm", "Beispiel^Erika"))

    assert written == [["slice-0001.png"]]


def test_exports_and_reports_are_recognised_and_other_files_are_not(tmp_path: Path) -> None:
    ExportWriter(ExportRequest(tmp_path, BOTH)).write(prediction_of("IM1.dcm"))
    (tmp_path / "report.json").write_text(
        '{"model": "a", "weights_sha256": "b", "device": "c", "results": []}'
    )
    (tmp_path / "other.json").write_text('{"model": "a"}')
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "empty").write_bytes(b"")

    found = sorted(path.name for path in tmp_path.iterdir() if is_export_file(path))

    assert found == ["IM1.ply", "IM1.png", "report.json"]
    assert not is_export_file(tmp_path / "gone")


def prediction_with_text(stated: BurnedInText) -> Prediction:
    made = make_slice()
    acquisition = replace(made.acquisition, burned_in_text=stated)
    return make_prediction(replace(made, acquisition=acquisition))


@pytest.mark.parametrize("stated", ["yes", "unknown"])
def test_no_picture_without_identity_where_text_may_be_burned_in(
    tmp_path: Path, stated: BurnedInText
) -> None:
    request = ExportRequest(tmp_path, BOTH, deidentify=True)

    exported = ExportWriter(request).write(prediction_with_text(stated))

    assert list(exported.names) == ["ply"]
    assert exported.failures == [MAY_SHOW_TEXT]
    assert not exported.ok


def test_a_picture_of_which_the_file_says_that_it_shows_text_is_written_with_a_warning(
    tmp_path: Path,
) -> None:
    writer = ExportWriter(ExportRequest(tmp_path, PNG))

    stated, silent = (writer.write(prediction_with_text(one)) for one in ("yes", "unknown"))

    assert stated.ok
    assert (stated.message, stated.warnings) == (SHOWS_TEXT, [SHOWS_TEXT])
    assert (silent.ok, silent.message) == (True, "")
