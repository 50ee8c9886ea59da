import hashlib
import os
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from jrviewer import dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice, Source, Window
from jrviewer.export import provenance
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from jrviewer.export.provenance import describe, sealed, unsealed, verify
from tests.support.record_factory import make_erased, make_prediction, make_slice

WEIGHTS = b"these weights"
WEIGHTS_SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
PIXELS_SHA256 = "12" * 32
WRITERS: list[Callable[[Prediction, Path], object]] = [
    lambda prediction, path: write_ply(prediction, path),
    lambda prediction, path: write_ply(prediction, path, binary=False),
    lambda prediction, path: write_png(prediction, path, Window(40, 400)),
]


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This installation's weights are a small file of the test's own."""
    path = tmp_path / "joint.safetensors"
    path.write_bytes(WEIGHTS)
    monkeypatch.setattr(provenance, "resource", lambda _: path)
    return path


def read_back(monkeypatch: pytest.MonkeyPatch, *slices: Slice) -> None:
    """Replaced boundary: what `dicom.read` finds in the source given to `verify`."""

    def read(paths: Sequence[Path], report: object = None) -> SimpleNamespace:
        return SimpleNamespace(series=(slices,), refused=())

    replaced = SimpleNamespace(read=read, look=dicom.look)
    monkeypatch.setitem(sys.modules, "jrviewer.dicom", replaced)
    monkeypatch.setattr("jrviewer.dicom", replaced, raising=False)


def slice_of(path: Path, member: str = "", sha256: str = PIXELS_SHA256) -> Slice:
    content = path.read_bytes() if path.exists() else b""
    file_sha256 = hashlib.sha256(content).hexdigest() if content else ""
    source = Source(path, member=member, pixels_sha256=sha256, file_sha256=file_sha256)
    return replace(make_slice(), source=source)


def prediction_of(path: Path, member: str = "") -> Prediction:
    return make_prediction(slice_of(path, member), weights_sha256=WEIGHTS_SHA256)


@pytest.mark.parametrize("write", WRITERS)
def test_an_untouched_export_is_fine(
    tmp_path: Path, source: Path, write: Callable[[Prediction, Path], object]
) -> None:
    write(prediction_of(source), tmp_path / "export")

    assert verify(tmp_path / "export").status == "ok"
    assert verify(tmp_path / "export", source).ok


@contextmanager
def flipped(path: Path, at: int, bits: int) -> Iterator[None]:
    """A file with some bits of one byte turned, and then as it was."""
    with path.open("r+b", buffering=0) as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ bits]))
        yield
        file.seek(at)
        file.write(bytes([byte]))


@pytest.mark.parametrize("write", WRITERS)
def test_every_flipped_byte_of_the_text_is_caught(
    tmp_path: Path, source: Path, write: Callable[[Prediction, Path], object]
) -> None:
    export = tmp_path / "export"
    write(prediction_of(source), export)
    content = export.read_bytes()
    # All of the header and of the end, and samples of the long, even middle.
    places = {*range(1400), *range(1400, len(content), 2999), *range(-120, 0)}
    for at in places:
        with flipped(export, at % len(content), (0x01, 0x20, 0x80)[at % 3]):
            assert verify(export).status in {"changed", "not_ours"}, at
    assert export.read_bytes() == content


@pytest.mark.parametrize("write", WRITERS)
def test_bytes_added_or_missing_are_caught(
    tmp_path: Path, source: Path, write: Callable[[Prediction, Path], object]
) -> None:
    export = tmp_path / "export"
    write(prediction_of(source), export)
    content = export.read_bytes()

    for other in (content + b"\n", b" " + content, content[:-1], content[1:]):
        export.write_bytes(other)
        assert not verify(export).ok


def test_every_flipped_byte_of_the_source_is_caught(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ply(prediction_of(source), tmp_path / "a.ply")
    # The worst case: the pixels are the same, only the rest of the file is another.
    read_back(monkeypatch, slice_of(source))
    content = source.read_bytes()
    for at in range(len(content)):
        with flipped(source, at, 0x10):
            verdict = verify(tmp_path / "a.ply", source)
        assert verdict.status == "other_source"
        assert "same pixels" in verdict.sentences[0]


def test_a_source_with_other_pixels_is_another_source(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ply(prediction_of(source), tmp_path / "a.ply")
    source.write_bytes(b"another file")
    read_back(monkeypatch, slice_of(source, sha256="34" * 32))

    assert verify(tmp_path / "a.ply", source).status == "other_source"


def test_a_source_that_is_no_image_is_another_source(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ply(prediction_of(source), tmp_path / "a.ply")
    source.write_bytes(b"")
    read_back(monkeypatch)

    verdict = verify(tmp_path / "a.ply", source)

    assert "cannot be read as an image" in verdict.sentences[0]


def test_the_source_is_found_among_the_images_of_a_folder(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ply(prediction_of(source), tmp_path / "a.ply")
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(b"the same pixels, another file")
    read_back(monkeypatch, slice_of(copy), slice_of(source))

    assert verify(tmp_path / "a.ply", tmp_path).ok


def test_the_source_is_found_in_an_archive(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(source, "inside/slice.dcm")
    member = slice_of(tmp_path / "a.zip", "inside/slice.dcm")
    write_ply(prediction_of(source), tmp_path / "a.ply")
    read_back(monkeypatch, member)

    assert verify(tmp_path / "a.ply", tmp_path / "a.zip").ok


def test_other_weights_are_named(tmp_path: Path, source: Path, weights: Path) -> None:
    write_ply(prediction_of(source), tmp_path / "a.ply")
    weights.write_bytes(b"newer weights")

    verdict = verify(tmp_path / "a.ply", source)

    assert verdict.status == "other_weights"
    assert "other weights" in verdict.sentences[0]


def test_missing_weights_are_no_proof_of_anything(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> Path:
        raise JRViewerError("The bundled file is missing.")

    write_ply(prediction_of(source), tmp_path / "a.ply")
    monkeypatch.setattr(provenance, "resource", missing)

    verdict = verify(tmp_path / "a.ply")

    assert verdict.status == "other_weights"
    assert "cannot be compared" in verdict.sentences[0]


def test_every_fault_gets_a_sentence_the_gravest_first(
    tmp_path: Path, source: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tmp_path / "a.ply"
    write_ply(prediction_of(source), export)
    export.write_bytes(export.read_bytes() + b"x")
    weights.write_bytes(b"newer")
    source.write_bytes(b"newer")
    read_back(monkeypatch)

    verdict = verify(export, source)

    assert verdict.status == "changed"
    assert len(verdict.sentences) == 3


@pytest.mark.parametrize(
    "content", [b"", b"ply\nend_header\n", b"app=x content_sha256", b"\x89PNG"]
)
def test_a_file_of_somebody_elses_is_not_ours(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)

    assert verify(tmp_path / "a").status == "not_ours"


def test_an_export_that_is_not_there_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(JRViewerError, match="could not be read"):
        verify(tmp_path / "nothing")


def test_any_text_with_room_for_a_seal_can_be_sealed(tmp_path: Path) -> None:
    text = f"app=JRViewer 1\nweights_sha256={WEIGHTS_SHA256}\n{unsealed()}\nrest"
    (tmp_path / "a").write_bytes(sealed(text.encode()))

    assert verify(tmp_path / "a").ok


def test_every_export_states_in_how_many_places_structure_may_be_gone(
    tmp_path: Path, source: Path
) -> None:
    prediction = make_erased(slice_of(source), weights_sha256=WEIGHTS_SHA256)
    stated = []
    for number, write in enumerate(WRITERS):
        write(prediction, tmp_path / f"export-{number}")
        stated.append(verify(tmp_path / f"export-{number}").stated["removed_marks"])
        assert verify(tmp_path / f"export-{number}").ok

    assert stated == ["1", "1", "1"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(JRViewerError, match="could not be read"):
        verify(tmp_path / "pipe")


def test_what_an_export_says_comes_back_from_it(tmp_path: Path, source: Path) -> None:
    prediction = prediction_of(source)
    write_png(prediction, tmp_path / "a.png", Window(40, 400))

    stated = verify(tmp_path / "a.png").stated

    assert [f"{key}={value}" for key, value in stated.items()] == sorted(
        describe(prediction), key=lambda line: list(stated).index(line.split("=")[0])
    )


def test_where_the_source_had_gone_its_pixels_decide(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ply(prediction_of(tmp_path / "gone.dcm"), tmp_path / "a.ply")
    read_back(monkeypatch, slice_of(source))

    assert verify(tmp_path / "a.ply", source).ok
    assert not verify_without_pixels(tmp_path, monkeypatch)


def verify_without_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    read_back(monkeypatch)
    return verify(tmp_path / "a.ply", tmp_path / "never there").ok
