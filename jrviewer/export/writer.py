"""All files of one prediction: the cloud, the picture and the derived DICOM, under one name."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jrviewer.core.atomic_write import named_together
from jrviewer.core.errors import ExportError, JRViewerError, NameTakenError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Series, VoiLut, Window
from jrviewer.export import provenance
from jrviewer.export.cloud_table import Points
from jrviewer.export.csv import write_csv
from jrviewer.export.evidence_sheet import Evidence, FindEvidence, write_sheet
from jrviewer.export.guarded_write import output_stem
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from jrviewer.export.vtp import write_vtp
from jrviewer.imaging.structures import may_show_face
from jrviewer.imaging.windowing import default_window

if TYPE_CHECKING:
    from jrviewer.dicom import UidMap
    from jrviewer.export.mesh import MeshKind

ENDINGS = {
    "ply": ".ply",
    "vtp": ".vtp",
    "csv": ".csv",
    "png": ".png",
    "dcm": ".denoised.dcm",
    "sheet-pdf": ".evidence.pdf",
    "sheet-png": ".evidence.png",
}
KINDS = tuple(ENDINGS)
USUAL_KINDS = ("ply", "png", "dcm")  # where none are named
MOST_TRIES = 50  # for a name, while other processes write into the folder
FACE = (
    "The slices may be of a head: put together they show a face, which removing the identity does "
    "not change. Give them only to those who may recognise the patient."
)


SHOWS_TEXT = "The file says that text is part of the image: it may show the patient's name."
MAY_SHOW_TEXT = (
    "The image itself may show the patient's name, so no picture of it is written without the "
    "patient's identity. Choose an image that its file says is free of burned-in text."
)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Which files to write for every slice, where, and how."""

    folder: Path
    kinds: frozenset[str] = frozenset(USUAL_KINDS)
    points: Points = 1024
    binary: bool = True  # else the PLY is ASCII
    with_skin: bool | None = None  # None: not where it may be a face
    deidentify: bool = False  # the derived DICOM too
    window: Window | VoiLut | None = None  # of the PNG; None: the slice's own
    blend: int = 100  # how much of the PNG's second picture is AI, in per cent
    surface: "MeshKind | None" = None  # of the series, measured; written by who holds it
    has_places: bool = False  # names say which slice of its series a file is of
    evidence: FindEvidence = lambda prediction: Evidence()  # of a sheet


@dataclass(slots=True)
class Exported:
    """What became of one prediction's files."""

    names: dict[str, str] = field(default_factory=dict)  # of the files, by kind
    points: int | None = None  # in the cloud's file
    failures: list[str] = field(default_factory=list)  # why a kind was not written
    is_disk: bool = False  # a file could not be written, which may succeed another time
    warnings: list[str] = field(default_factory=list)  # what to know of what was written
    remarks: list[str] = field(default_factory=list)  # why there is none, or what to know of it

    @property
    def ok(self) -> bool:
        """Whether something was written and nothing failed."""
        return bool(self.names) and not self.failures

    @property
    def kind(self) -> Literal["refused", "failed"]:
        """What to call it where it is not ok: only what failed may succeed another time."""
        return "failed" if self.is_disk else "refused"

    @property
    def message(self) -> str:
        """All failures, warnings and remarks, each once."""
        return " ".join(dict.fromkeys([*self.failures, *self.warnings, *self.remarks]))


class ExportWriter:
    """Writes the predictions of one run, whose derived DICOM objects belong together.

    `series` are all that the run covers. Nothing that is in the folder already is replaced, nor
    does a new file get the name of an older export of another kind.
    """

    def __init__(
        self,
        request: ExportRequest,
        series: Iterable[Series] = (),
        uid_map: "UidMap | None" = None,
        reserve: Callable[[str], bool] = lambda stem: True,
    ) -> None:
        """`reserve` is asked for every name that is free, and may say that it is not."""
        self._request = request
        self._uid_map = uid_map
        self._reserve = reserve
        self.begin(series)

    def begin(self, series: Iterable[Series]) -> None:
        """Go on with other series of the same run."""
        all_series = tuple(series)
        self._numbers = _missing_numbers(all_series)
        self._places = {
            id(one): (number, len(one_series))
            for one_series in all_series
            for number, one in enumerate(one_series, start=1)
            if len(one_series) > 1
        }
        self._used: set[str] = set()  # stems of these; most systems ignore case in names

    def write(self, prediction: Prediction) -> Exported:
        """Write the requested kinds under a new name, a neutral one where the identity is to be
        removed. Failures are not raised.
        """
        stem, done = self._new_stem(prediction), Exported()
        with named_together():
            for kind in (kind for kind in KINDS if kind in self._request.kinds):
                try:
                    stem = self._write_kind(kind, prediction, stem, done)
                except JRViewerError as error:
                    done.failures.append(str(error))
                    done.is_disk = done.is_disk or isinstance(error.__cause__, OSError)
        return done

    def _new_stem(self, prediction: Prediction) -> str:
        neutral = self._request.deidentify
        place = self._place(prediction, "_slice{}_of_{}") if self._request.has_places else ""
        stem = output_stem(prediction.slice, self._is_taken, is_neutral=neutral, place=place)
        self._used.add(stem.casefold())
        return stem

    def _place(self, prediction: Prediction, words: str) -> str:
        """Which slice of its series it is; "" where it is the only one."""
        place = self._places.get(id(prediction.slice))
        return words.format(*place) if place else ""

    def _write_kind(self, kind: str, prediction: Prediction, stem: str, done: Exported) -> str:
        """Write one file, under the next free name where another process has just taken the first;
        returns the name that it got, without ending.
        """
        writers: dict[str, Callable[[Prediction, str, Exported], None]] = {
            **{cloud: partial(self._write_cloud, cloud) for cloud in ("ply", "vtp", "csv")},
            "png": self._write_png,
            "dcm": self._write_dcm,
            "sheet-pdf": partial(self._write_sheet, "pdf"),
            "sheet-png": partial(self._write_sheet, "png"),
        }
        for _ in range(MOST_TRIES):
            try:
                writers[kind](prediction, stem, done)
            except NameTakenError:
                stem = self._new_stem(prediction)
            else:
                return stem
        raise ExportError("Other programs take every name for the file. Choose another folder.")

    def _is_taken(self, stem: str) -> bool:
        if stem.casefold() in self._used:
            return True
        for kind, ending in ENDINGS.items():
            path = self._request.folder / f"{stem}{ending}"
            if os.path.lexists(path) and (kind in self._request.kinds or is_export_file(path)):
                return True
        return not self._reserve(stem)

    def _write_cloud(self, kind: str, prediction: Prediction, stem: str, done: Exported) -> None:
        if prediction.cloud is None:
            done.remarks.append(prediction.no_cloud_reason)
            return
        request, name = self._request, stem + ENDINGS[kind]
        writers: dict[str, Callable[..., int]] = {
            "ply": partial(write_ply, binary=request.binary),
            "vtp": write_vtp,
            "csv": write_csv,
        }
        done.points = writers[kind](
            prediction, request.folder / name, points=request.points, with_skin=request.with_skin
        )
        done.names[kind] = name

    def _write_png(self, prediction: Prediction, stem: str, done: Exported) -> None:
        request, name = self._request, stem + ENDINGS["png"]
        self._refuse_text(prediction)
        window = request.window or default_window(prediction.slice)
        write_png(prediction, request.folder / name, window, blend=request.blend)
        self._note_picture("png", name, prediction, done)

    def _write_sheet(
        self, kind: Literal["pdf", "png"], prediction: Prediction, stem: str, done: Exported
    ) -> None:
        request, name = self._request, stem + ENDINGS[f"sheet-{kind}"]
        self._refuse_text(prediction)
        window = request.window or default_window(prediction.slice)
        place = self._place(prediction, "slice {} of {}")
        found = request.evidence(prediction)
        write_sheet(prediction, request.folder / name, kind, window, found, place=place)
        self._note_picture(f"sheet-{kind}", name, prediction, done)

    def _refuse_text(self, prediction: Prediction) -> None:
        """Raise ExportError for a picture that may show a name which is to be removed."""
        if self._request.deidentify and prediction.slice.acquisition.burned_in_text != "no":
            raise ExportError(MAY_SHOW_TEXT)

    def _note_picture(self, kind: str, name: str, prediction: Prediction, done: Exported) -> None:
        done.names[kind] = name
        if prediction.slice.acquisition.burned_in_text == "yes":
            done.warnings.append(SHOWS_TEXT)

    def _write_dcm(self, prediction: Prediction, stem: str, done: Exported) -> None:
        from jrviewer import dicom

        request, name = self._request, stem + ENDINGS["dcm"]
        face = may_show_face(prediction)
        self._uid_map = self._uid_map or dicom.UidMap()
        dicom.write_derived(
            prediction,
            request.folder / name,
            lines=[*provenance.describe(prediction), provenance.unsealed()],
            seal=provenance.sealed,
            deidentified=request.deidentify,
            face=face,
            uid_map=self._uid_map,
            number=self._numbers.get(id(prediction.slice)),
            removed_marks=len(prediction.compute_removed().marks),
        )
        done.names["dcm"] = name
        if face and request.deidentify:
            done.remarks.append(FACE)


def _missing_numbers(all_series: Iterable[Series]) -> dict[int, int]:
    """Instance numbers from 1, by the slices' ids, in series whose own are missing or repeated."""
    numbers: dict[int, int] = {}
    for series in all_series:
        own: Sequence[int | None] = [one.acquisition.instance_number for one in series]
        if None in own or len(set(own)) < len(own):
            numbers |= {id(one): place for place, one in enumerate(series, start=1)}
    return numbers
