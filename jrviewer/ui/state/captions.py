"""Texts about slices and predictions for corners, titles and the status bar."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from jrviewer.core.geometry import FloatArray
from jrviewer.core.padding import is_padding
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Series, Slice
from jrviewer.diagnostics.phantom_truth import Score
from jrviewer.imaging import windowing
from jrviewer.imaging.measurements_2d import handles
from jrviewer.ui.state.corners import Corners
from jrviewer.ui.state.keyboard_annotations import KeyboardAnnotations
from jrviewer.ui.state.rulers import Rulers
from jrviewer.ui.state.view import View

MINUS = "−"
_SAME_PLACE_MM = 0.01


@dataclass(frozen=True, slots=True)
class SeriesPosition:
    """Which of a series' slices is shown; a clip's are called frames."""

    index: int
    count: int
    is_frame: bool = False

    def words(self, pattern: str) -> str:
        """Number and count in a text."""
        return pattern.format(self.index + 1, self.count)


def is_clip(series: Series) -> bool:
    """Whether a series is a sequence of frames, not of places: one place at many times, or one file
    whose frames have no position.
    """
    first, last = series[0], series[len(series) - 1]
    if len(series) == 1 or first.has_position != last.has_position:
        return False
    if first.has_position:
        return bool(np.allclose(first.plane.origin_mm, last.plane.origin_mm, atol=_SAME_PLACE_MM))
    own, other = first.source, last.source
    return (own.path, own.member) == (other.path, other.member)


def position_text(chosen: Slice, series: Series | None) -> str:
    """Position of a slice in its series."""
    if series is None or len(series) == 1 or chosen not in series.slices:
        return tr("single slice")
    words = tr("frame {} of {}") if is_clip(series) else tr("slice {} of {}")
    return words.format(series.slices.index(chosen) + 1, len(series))


def tr(text: str) -> str:
    """Translate a text of this file."""
    return QCoreApplication.translate("captions", text)


def number(value: float, digits: int = 0) -> str:
    """A number with a real minus sign, and no "−0"."""
    text = f"{value:.{digits}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("-", MINUS)


def window_text(view: View) -> str:
    """Width and level, with the name of the preset if it is one."""
    if view.voi_lut is not None:
        return tr("VOI LUT {} of the file").format(view.voi_lut + 1)
    name = f" ({view.window.name})" if view.window.name else ""
    return f"{window_size(view)}{name}"


def window_size(view: View) -> str:
    """Width and level, or "" if a VOI LUT is used instead."""
    if view.voi_lut is not None:
        return ""
    digits = 0 if view.window.width >= 10 else 1
    width, level = number(view.window.width, digits), number(view.window.centre, digits)
    return f"W {width}  L {level}"


def window_name(view: View, chosen: Slice | None) -> str:
    """Name of the current window: its preset, "As in file", or "W/L" if set by the user."""
    window = view.window
    if chosen is None:
        return tr("Window")
    if view.voi_lut is not None:
        return tr("VOI LUT {}").format(view.voi_lut + 1)
    if window.name == windowing.AUTOMATIC:
        return tr("Automatic")
    if window.name:
        return window.name
    return tr("As in file") if window in chosen.windows else tr("W/L")


def original_corners(
    chosen: Slice, title: str, place: SeriesPosition, view: View, magnification: float
) -> Corners:
    """Corner texts of the original."""
    acquisition = chosen.acquisition
    patient = acquisition.patient_text if view.has_patient_text else ()
    right = [acquisition.kernel]
    if acquisition.thickness_mm is not None:
        right.append(tr("thickness {} mm").format(number(acquisition.thickness_mm, 2)))
    if acquisition.position_mm is not None:
        right.append(tr("position {} mm").format(number(acquisition.position_mm, 1)))
    return Corners(
        top_left=tuple(line for line in (*patient, title, warning_text(chosen)) if line),
        top_right=tuple(line for line in right if line),
        bottom_left=(*view_lines(place, view, magnification),),
        bottom_right=tuple(line for line in (lossy_text(chosen), spacing_text(chosen)) if line),
        keeps_top_left=bool(chosen.warnings),
    )


def denoised_corners(
    prediction: Prediction,
    place: SeriesPosition,
    view: View,
    magnification: float,
    title: str = "",
    compared: tuple[str, ...] = (),
) -> Corners:
    """Corner texts of the AI slice, with the model's name. `title` says how much of the image is
    AI, `compared` how close the result is to a known truth.
    """
    seconds = number(prediction.seconds, 2)
    lines = [prediction.model, tr("{} s").format(seconds)]
    if prediction.overridden:
        lines.append(tr("INPUT CHECK OVERRIDDEN"))
    lines += compared
    return Corners(
        top_left=tuple(line for line in (title, tr("AI – not the acquired image")) if line),
        top_right=tuple(lines),
        bottom_left=view_lines(place, view, magnification, is_twin=True),
        bottom_right=tuple(line for line in (spacing_text(prediction.slice),) if line),
        keeps_top_left=True,
    )


def removed_lines(
    place: SeriesPosition, scale: float, unit: str, magnification: float
) -> tuple[str, ...]:
    """Slice, colour scale and zoom of what was removed: the window has no effect on it."""
    return (
        place.words(tr("Frame {} / {}") if place.is_frame else tr("Slice {} / {}")),
        tr("Own colours: ±{} {}").format(number(scale), unit),
        tr("Zoom {} %").format(number(magnification * 100)),
    )


def view_lines(
    place: SeriesPosition, view: View, magnification: float, *, is_twin: bool = False
) -> tuple[str, ...]:
    """Slice, window and zoom; `is_twin` adds that the window is the original's."""
    lines = [window_text(view)]
    if is_twin:
        lines.append(tr("same window (locked)"))
    if view.is_inverted:
        lines.append(tr("INVERTED"))
    return (
        place.words(tr("Frame {} / {}") if place.is_frame else tr("Slice {} / {}")),
        *lines,
        tr("Zoom {} %").format(number(magnification * 100)),
    )


def score_lines(score: Score | None) -> tuple[str, ...]:
    """How close original, AI slice and cloud are to the ground truth, if it is known."""
    if score is None:
        return ()
    before, after = number(score.psnr_before, 1), number(score.psnr_after, 1)
    lines = [
        tr("Compared with the phantom's ground truth:"),
        tr("PSNR {} → {} dB").format(before, after),
        tr("SSIM {} → {}").format(number(score.ssim_before, 3), number(score.ssim_after, 3)),
    ]
    if score.chamfer_mm is not None:
        lines.append(tr("3D: Chamfer {} mm").format(number(score.chamfer_mm, 1)))
    return tuple(lines)


def warning_text(chosen: Slice) -> str:
    """What the reader noticed about this slice, "" if nothing: the first sentence, the others are
    counted.
    """
    if not chosen.warnings:
        return ""
    more = len(chosen.warnings) - 1
    words = tr("▲ {} ({} more)") if more else "▲ {}"
    return words.format(chosen.warnings[0], more)


def lossy_text(chosen: Slice) -> str:
    """LOSSY and the compression, or ""."""
    said = chosen.acquisition.lossy
    return f"LOSSY{said.removeprefix('lossy')}" if said else ""


def spacing_text(chosen: Slice) -> str:
    """The pixel spacing and where it comes from."""
    rows, columns = chosen.plane.spacing_mm
    if chosen.spacing_source == "missing":
        shape = tr("pixel aspect {} : {}").format(f"{rows:.3g}", f"{columns:.3g}")
        words = tr("NO SPACING – lengths in pixels only")
        return words if rows == columns else f"{words}, {shape}"
    where = tr("at the detector") if chosen.spacing_source == "detector" else ""
    if math.isclose(rows, columns, rel_tol=1e-3):
        return " ".join(filter(None, (f"{rows:.3g} mm/px", where)))
    return " ".join(filter(None, (f"{rows:.3g} × {columns:.3g} mm/px", where)))


def probe_text(
    chosen: Slice | None, prediction: Prediction | None, position: tuple[float, float] | None
) -> str:
    """Value of the original and of the AI slice under the pointer, and their difference."""
    if chosen is None or position is None:
        return ""
    row, column = round(position[0]), round(position[1])
    rows, columns = chosen.shape
    if not (0 <= row < rows and 0 <= column < columns):
        return ""
    value = float(chosen.pixels[row, column])
    unit = "HU" if chosen.unit == "HU" else tr("stored")
    place = tr("row {} column {}").format(row, column)
    if is_padding(chosen, np.array([value], dtype=np.float32)).any():
        return f"{tr('padding, no measurement')}   {place}"
    parts = [f"{number(value)} {unit}"]
    if prediction is not None and prediction.slice is chosen:
        denoised = float(prediction.denoised[row, column])
        parts += [f"AI {number(denoised)}", f"Δ {number(denoised - value)}"]
    return "   ".join((*parts, place))


def key_hint(keyboard: KeyboardAnnotations, tool: str) -> str:
    """What arrow keys and Enter do for measurements now."""
    hold = keyboard.hold
    if hold is not None and hold.handle is None:
        return tr("Selected: ←↑→↓ move it (Shift ×10) · Enter: its ends")
    if hold is not None and hold.handle is not None:
        count = len(handles(hold.item))
        return tr("End {} of {}: ←↑→↓ (Shift ×10) · Enter: next").format(hold.handle + 1, count)
    if not tool:
        return ""
    if keyboard.crosshair is None:
        return tr("Drag on a slice")
    if keyboard.start is None:
        return tr("Drag, or ←↑→↓ (Shift ×10) and Enter: 1st point")
    return tr("←↑→↓ (Shift ×10) and Enter: 2nd point")


def ruler_hint(rulers: Rulers) -> str:
    """What arrow keys and Enter do for the 3D ruler now."""
    if rulers.is_active and rulers.start is None:
        return tr("Click, or ←↑→↓ (Shift ×10) and Enter: 1st point")
    if rulers.is_active:
        return tr("Click, or ←↑→↓ (Shift ×10) and Enter: 2nd point")
    if rulers.is_held:
        return tr("Selected: ←↑→↓ move it (Shift ×10) · Enter redraws an end · Del deletes")
    return ""


def distance_text(distances_mm: FloatArray | None) -> tuple[str, str, str]:
    """Median and 95th percentile of the points' distances to the measured surface, the same in
    fewer words, and an explanation; empty if no point counts.
    """
    counted = np.zeros(0) if distances_mm is None else distances_mm[np.isfinite(distances_mm)]
    if distances_mm is None or not len(counted):
        return "", "", ""
    median, most = (number(float(mm), 1) for mm in np.percentile(counted, (50, 95)))
    words = tr(
        "Half of the points lie within {} mm, 95 of 100 within {} mm of the measured surface"
    ).format(median, most)
    short = tr("Half of the points within {} mm, 95 of 100 within {} mm").format(median, most)
    meaning = tr(
        "{}: to the nearest surface of any structure, for {} of {} points. Points outside the "
        "slices of the series do not count. The last bar holds all from 19 mm on."
    ).format(words, len(counted), len(distances_mm))
    return words, short, meaning


def check_text(prediction: Prediction | None) -> tuple[str, str]:
    """The result of the input check, and its reasons as sentences."""
    if prediction is None:
        return tr("Input check: –"), ""
    words = {
        "green": tr("✓ passed"),
        "amber": tr("▲ warning …"),
        "red": tr("■ overridden"),
    }
    reasons = "\n".join(finding.sentence for finding in prediction.findings)
    return tr("Input check: {}").format(words[prediction.level]), reasons
