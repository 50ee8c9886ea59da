"""Decodes compressed frames in a separate process, which may crash or hang without harm.

One process is kept for all files, started at the first compressed frame and again after its death.
It is started by multiprocessing's "spawn", which works in the frozen app too, provided that its
entry point calls `multiprocessing.freeze_support()` first.
"""

import importlib
import multiprocessing
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from multiprocessing.context import SpawnProcess

from jrviewer.core.errors import CorruptFileError, UnsupportedImageError
from jrviewer.dicom.decoding.worker import DecodedFrame, EncodedFrame, Pipe, serve

SECONDS_PER_FRAME = 8.0
_SECONDS_TO_START = 60.0
_TICK = 0.2

_LIBRARIES = {  # distribution: module
    "pydicom": "pydicom",
    "python-gdcm": "gdcm",
    "pylibjpeg": "pylibjpeg",
    "pylibjpeg-openjpeg": "openjpeg",
    "pylibjpeg-rle": "rle",
    "pyjpegls": "jpeg_ls",
}

_HANGS = (
    "The image took too long to decode, so it was stopped; its data are probably damaged. "
    "Ask for it uncompressed."
)
_DIES = (
    "The image's compressed data made the decoder fail, so they are probably damaged. "
    "Ask for the file to be sent again, or uncompressed."
)
_TOO_LARGE = (
    "The image needs more memory to decode than JRViewer allows. Ask for it in smaller parts."
)
_NO_DECODER = (
    "The image is compressed in a way that this version does not decode. "
    "Ask for it uncompressed, or in JPEG 2000 or JPEG-LS."
)


class Decoder:
    """The decoding process and the pipe to it; safe to call from any thread."""

    def __init__(self, seconds: float = SECONDS_PER_FRAME) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Pipe | None = None

    @property
    def process_id(self) -> int | None:
        """The running process, None before the first frame."""
        return self._process.pid if self._process else None

    def decode(self, frame: EncodedFrame, tick: Callable[[], None]) -> DecodedFrame:
        """A frame's stored values; `tick` is called several times a second and may raise.

        Raises CorruptFileError where the data do not decode, the process dies or takes longer than
        `seconds`, and UnsupportedImageError for a compression without decoder.
        """
        with self._lock:
            pipe = self._ready_pipe(tick)
            try:
                pipe.send(frame)
                answer = self._receive(pipe, self._seconds_for(frame), tick)
            except (EOFError, OSError) as error:
                self._stop()
                raise CorruptFileError(_DIES) from error
            except BaseException:  # cancelled or timed out: the next frame would get this answer
                self._stop()
                raise
        return _checked(answer)

    def stop(self) -> None:
        """End the process; the next frame starts another."""
        with self._lock:
            self._stop()

    def _seconds_for(self, frame: EncodedFrame) -> float:
        """Time limit of a frame: more for larger ones, so that a small one that hangs is noticed
        soon.
        """
        pixels = int(frame.options["rows"] * frame.options["columns"])
        return min(self.seconds, 4.0 + pixels / 4e6)

    def _ready_pipe(self, tick: Callable[[], None]) -> Pipe:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self._stop()
            self._start(tick)
        if self._pipe is None:
            raise CorruptFileError(_DIES)
        return self._pipe

    def _start(self, tick: Callable[[], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs,), name="jrviewer-decoder", daemon=True
        )
        with _without_main_module(), _may_start_a_process():
            self._process.start()
        theirs.close()
        try:
            self._receive(self._pipe, _SECONDS_TO_START, tick)
        except (EOFError, OSError) as error:
            self._stop()
            raise UnsupportedImageError(
                "The decoder for compressed images does not start on this computer. "
                "Install JRViewer again, or ask for the image uncompressed."
            ) from error
        except BaseException:  # as in `decode`
            self._stop()
            raise

    def _receive(self, pipe: Pipe, seconds: float, tick: Callable[[], None]) -> object:
        end = time.monotonic() + seconds
        while not pipe.poll(_TICK):
            tick()
            if time.monotonic() > end:
                raise CorruptFileError(_HANGS)
        return pipe.recv()

    def _stop(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._pipe = self._process = None


def decode(frame: EncodedFrame, tick: Callable[[], None]) -> DecodedFrame:
    """Decode with the app's one process; see Decoder.decode."""
    return _decoder.decode(frame, tick)


def close() -> None:
    """End the app's decoding process, if there is one; the next call starts another."""
    _decoder.stop()


def decoders() -> dict[str, str]:
    """Versions of the libraries that read and decode, by distribution name; "missing" if the import
    fails. Taken from the modules themselves where a frozen app left out their metadata.
    """
    return {name: _version(name, module) for name, module in _LIBRARIES.items()}


def _version(name: str, module: str) -> str:
    try:
        imported = importlib.import_module(module)
    except ImportError:
        return "missing"
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return str(getattr(imported, "__version__", "unknown"))


def _checked(answer: object) -> DecodedFrame:
    """The decoded frame; raises the sentence for a failure."""
    if isinstance(answer, DecodedFrame):
        return answer
    kind = answer[0] if isinstance(answer, tuple) else ""
    if kind == "NotImplementedError":
        raise UnsupportedImageError(_NO_DECODER)
    if kind == "MemoryError":
        raise UnsupportedImageError(_TOO_LARGE)
    raise CorruptFileError(_DIES)


@contextmanager
def _may_start_a_process() -> Iterator[None]:
    """Daemonic processes, as Dask's workers are, may start none, lest it outlives them; the decoder
    ends when its pipe does.
    """
    here = multiprocessing.current_process()
    if not (was_daemon := here.daemon):
        yield
        return
    here.daemon = False
    try:
        yield
    finally:
        here.daemon = was_daemon


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Keep the new process from importing the program's main module, which may pull in the window
    or, in a script without a main guard, open the same files again.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


_decoder = Decoder()
