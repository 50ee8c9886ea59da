"""Reading: every file is parsed, decoded and sorted into a series, or refused with a sentence."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jrviewer.core.errors import JRViewerError, MissingFileError, UnsupportedImageError
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Slice
from jrviewer.dicom.common.find_files import Candidate, chosen, walk
from jrviewer.dicom.common.parse import DirectoryFileError, parse, quiet, require_image
from jrviewer.dicom.decoding.frames import FrameReader
from jrviewer.dicom.reading.series import into_series
from jrviewer.dicom.reading.series_tags import Tagger
from jrviewer.dicom.reading.slices import slices_of
from jrviewer.dicom.reading.volumes import TaggedSlice
from jrviewer.dicom.results import Looked, Opened, Refused, status_of

_MOST_FAILURES = 8  # frames in a row: each may take seconds to fail
MAX_PIXELS = 1 << 30  # of all slices of one call: 4 GB as float32

OnSlice = Callable[[Slice], None] | None


def read(
    paths: Sequence[Path | Looked], report: Report = silent, *, on_slice: OnSlice = None
) -> Opened:
    """Every series among the paths, in order, and every file that is not shown with the reason.

    What was looked at before is read as just that file. `on_slice` gets each slice as soon as it is
    decoded, in the order of the files and with the warnings of its own file only. Raises only what
    `report` and `on_slice` raise; if nothing can be read, there are no series.
    """
    candidates = _candidates(paths, report)
    tagged: list[TaggedSlice] = []
    refused: list[Refused] = []
    directories: list[Candidate] = []
    room = MAX_PIXELS
    with quiet():
        for number, candidate in enumerate(candidates):
            progress = _Progress(report, number, len(candidates))
            before = len(tagged)
            try:
                for one in _frames(candidate, progress, room):
                    tagged.append(one)
                    if on_slice is not None:
                        on_slice(one.slice)
            except DirectoryFileError:
                directories.append(candidate)
            except JRViewerError as error:
                sentence, status = str(error), status_of(error)
                is_missing = isinstance(error, MissingFileError)
                refused.append(
                    Refused(candidate.path, candidate.member, status, sentence, is_missing)
                )
            room -= sum(one.slice.pixels.size for one in tagged[before:])
    shown = [one.slice.source.path for one in tagged]
    refused += [_useless(one) for one in directories if not _brought_any(one, shown)]
    report(1.0, "sorting slices")
    return Opened(into_series(tagged), tuple(refused))


def _candidates(paths: Sequence[Path | Looked], report: Report) -> list[Candidate]:
    looked = [(one.path, one.member) for one in paths if isinstance(one, Looked)]
    return [*walk([one for one in paths if isinstance(one, Path)], report), *chosen(looked)]


class _Progress:
    """Progress of a call to `read`, reported for every file and frame."""

    def __init__(self, report: Report, file: int, files: int) -> None:
        self._report, self._file, self._files = report, file, files
        self._within = 0.0

    def advance(self, within: float) -> None:
        """Report that this share of the current file is done."""
        self._within = within
        self.tick()

    def tick(self) -> None:
        """Report again, so that a long decode can be cancelled."""
        self._report((self._file + self._within) / self._files, "reading images")


def _frames(candidate: Candidate, progress: _Progress, room: int) -> Iterator[TaggedSlice]:
    """The slices of a file, each as soon as it is decoded."""
    progress.advance(0.0)
    content = candidate.load()
    parsed, sha256 = parse(content), hashlib.sha256(content).hexdigest()
    del content
    require_image(parsed)
    reader = FrameReader(parsed, progress.tick)
    if reader.frames * reader.pixels_per_frame > room:
        raise UnsupportedImageError(
            "Opened together these images need more than 4 GB of memory. Open fewer at a time."
        )
    tagger = Tagger(parsed.dataset, candidate.path, candidate.member)
    shown, first, in_a_row = 0, None, 0
    frames = slices_of(parsed, reader, candidate.path, candidate.member, sha256)
    for number, one in enumerate(frames, 1):
        if isinstance(one, Slice):
            yield TaggedSlice(one, tagger.tags(one.source.frame, one.source.identifiers))
            shown, in_a_row = shown + 1, 0
        else:
            first, in_a_row = first or one, in_a_row + 1
        progress.advance(number / reader.frames)
        if in_a_row == _MOST_FAILURES:
            break
    if first is not None:
        sentence = f"Only {shown} of {reader.frames} frames are shown. {first}"
        raise type(first)(sentence) if shown else first


def _brought_any(directory: Candidate, shown: Sequence[Path]) -> bool:
    """Whether a slice came from a DICOMDIR's folder, or from the archive that holds it."""
    if directory.member:
        return directory.path in shown
    return any(directory.path.parent in path.parents for path in shown)


def _useless(directory: Candidate) -> Refused:
    sentence = (
        "The DICOMDIR lists no image that could be opened. Copy the whole disc or folder, and "
        "open it again."
    )
    return Refused(directory.path, directory.member, "no_image", sentence)
