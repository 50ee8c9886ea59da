import csv
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from jrviewer import dicom
from jrviewer.core.errors import Cancelled, CorruptFileError, UnsupportedImageError
from jrviewer.dicom.common.parse import parse, quiet
from jrviewer.dicom.decoding import codec_samples, process
from jrviewer.dicom.decoding.frames import FrameReader
from jrviewer.dicom.decoding.process import Decoder
from jrviewer.dicom.decoding.worker import DecodedFrame, EncodedFrame, decode_frame
from tests.support.dicom_factory import write_ct

JPEG_2000 = "1.2.840.10008.1.2.4.90"

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def idle() -> None:
    """A tick that asks for nothing."""


def encoded(tmp_path: Path) -> EncodedFrame:
    from pydicom import dcmread
    from pydicom.encaps import get_frame

    ds = dcmread(write_ct(tmp_path / "one.dcm", transfer_syntax=JPEG_2000))
    options = {
        "rows": 64,
        "columns": 64,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": 16,
        "bits_stored": 16,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
    }
    return EncodedFrame(get_frame(ds.PixelData, 0, number_of_frames=1), JPEG_2000, options)


@pytest.fixture(scope="module")
def shared_decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.stop()


@pytest.fixture
def decoder(shared_decoder: Decoder) -> Iterator[Decoder]:
    yield shared_decoder
    shared_decoder.seconds = process.SECONDS_PER_FRAME


def test_one_process_serves_all_frames(decoder: Decoder, tmp_path: Path) -> None:
    decoder.decode(encoded(tmp_path), idle)
    first = decoder.process_id
    decoder.decode(encoded(tmp_path), idle)

    assert decoder.process_id == first != os.getpid()


@posix
def test_after_its_death_the_next_frame_decodes(decoder: Decoder, tmp_path: Path) -> None:
    frame = encoded(tmp_path)
    decoder.decode(frame, idle)
    assert decoder.process_id is not None
    os.kill(decoder.process_id, signal.SIGKILL)

    with suppress(CorruptFileError):  # its death may be seen before or while it is asked
        decoder.decode(frame, idle)

    assert decoder.decode(frame, idle).values.shape == (64, 64)


@posix
def test_a_hang_is_one_refused_frame(decoder: Decoder, tmp_path: Path) -> None:
    frame = encoded(tmp_path)
    decoder.decode(frame, idle)
    assert decoder.process_id is not None
    os.kill(decoder.process_id, signal.SIGSTOP)
    decoder.seconds = 0.3

    with pytest.raises(CorruptFileError, match="took too long"):
        decoder.decode(frame, idle)

    decoder.seconds = process.SECONDS_PER_FRAME
    assert decoder.decode(frame, idle).values.shape == (64, 64)


@posix
def test_a_cancelled_decode_leaves_no_answer_for_the_next(decoder: Decoder, tmp_path: Path) -> None:
    frame = encoded(tmp_path)
    decoder.decode(frame, idle)
    assert decoder.process_id is not None
    os.kill(decoder.process_id, signal.SIGSTOP)

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        decoder.decode(frame, cancel)

    assert decoder.decode(frame, idle).values.shape == (64, 64)


def test_damaged_data_are_a_sentence(decoder: Decoder, tmp_path: Path) -> None:
    frame = encoded(tmp_path)
    broken = EncodedFrame(frame.data[:60] + bytes(50), frame.transfer_syntax, frame.options)

    with pytest.raises(CorruptFileError, match="probably damaged"):
        decoder.decode(broken, idle)


def test_a_syntax_without_decoder_is_unsupported(decoder: Decoder, tmp_path: Path) -> None:
    frame = encoded(tmp_path)
    unknown = EncodedFrame(frame.data, "1.2.840.10008.1.2.4.58", frame.options)

    with pytest.raises(UnsupportedImageError, match="does not decode"):
        decoder.decode(unknown, idle)


@posix
def test_the_decoding_process_loads_neither_window_nor_model(
    decoder: Decoder, tmp_path: Path
) -> None:
    decoder.decode(encoded(tmp_path), idle)
    mapped = Path(f"/proc/{decoder.process_id}/maps")
    if not mapped.exists():
        pytest.skip("needs /proc")

    libraries = mapped.read_text()

    assert "numpy" in libraries
    assert not {name for name in ("libQt6", "libtorch", "vtkCommon") if name in libraries}


def test_a_damaged_file_does_not_keep_the_others_from_opening(tmp_path: Path) -> None:
    for index in range(3):
        write_ct(
            tmp_path / f"{index}.dcm",
            position=(0, 0, index),
            instance=index + 1,
            transfer_syntax=JPEG_2000,
        )
    content = (tmp_path / "1.dcm").read_bytes()
    at = content.index(b"\xff\x4f\xff\x51")
    (tmp_path / "1.dcm").write_bytes(content[: at + 60] + bytes(len(content) - at - 60))

    opened = dicom.read([tmp_path])

    assert [len(series) for series in opened.series] == [2]
    assert [one.status for one in opened.refused] == ["corrupt"]


def test_every_decoder_names_its_version() -> None:
    assert "missing" not in dicom.decoders().values()
    assert np.all([len(version) > 2 for version in dicom.decoders().values()])


def test_a_script_without_a_main_guard_decodes_and_runs_once(tmp_path: Path) -> None:
    image = write_ct(tmp_path / "a.dcm", transfer_syntax=JPEG_2000)
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom jrviewer import dicom\n"
        "print(dicom.inspect([Path(sys.argv[1])])[0].status)\ndicom.close()\n"
    )
    root = Path(__file__).resolve().parents[3]

    ran = subprocess.run(
        [sys.executable, str(script), str(image)],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout.split() == ["open"]


@pytest.mark.shared
@pytest.mark.skipif(shutil.which("dcmdjpeg") is None, reason="needs DCMTK")
def test_12_bit_jpeg_is_within_one_grey_level_of_dcmtk(shared: Path, tmp_path: Path) -> None:
    with (shared / "dicom" / "index.csv").open(newline="", encoding="utf-8") as file:
        index = [row for row in csv.DictReader(file) if row["expect"] == "open_pm1"]

    for row in index:
        path = shared / "dicom" / row["path"]
        subprocess.run(["dcmdjpeg", str(path), str(tmp_path / "native")], check=True)
        pair = [stored_of(one).astype(int) for one in (path, tmp_path / "native")]
        assert np.abs(pair[0] - pair[1]).max() <= 1


def stored_of(path: Path) -> npt.NDArray[np.integer[Any]]:
    """The first frame's stored values."""
    with quiet():
        return FrameReader(parse(path.read_bytes()), idle).frame(0).values


def test_the_test_image_of_every_compression_decodes_to_what_went_in() -> None:
    assert codec_samples.failing_codecs() == []


def test_a_decoder_that_gives_other_pixels_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def off_by_five(frame: EncodedFrame, tick: Callable[[], None]) -> DecodedFrame:
        return DecodedFrame(decode_frame(frame).values + 5, "MONOCHROME2")

    monkeypatch.setattr(process, "decode", off_by_five)

    assert "JPEG-LS" in codec_samples.failing_codecs()


def decode_into(frame: EncodedFrame, answers: "Queue[object]") -> None:
    """What a worker of Dask does: it is daemonic, and such a process may start no other."""
    decoder = Decoder()
    try:
        answers.put(decoder.decode(frame, idle).values)
    except BaseException as error:
        answers.put(repr(error))
        raise
    finally:
        decoder.stop()


def test_a_daemonic_process_decodes_too(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers: Queue[object] = context.Queue()
    worker = context.Process(target=decode_into, args=(encoded(tmp_path), answers), daemon=True)
    worker.start()
    answer = answers.get(timeout=60)
    worker.join(timeout=60)

    assert isinstance(answer, np.ndarray), answer
    assert answer.shape == (64, 64)
    assert worker.exitcode == 0
