"""How original and AI slice are compared, and what each mode shows in the AI pane. The title always
says whether the values come from the model.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypedDict, Unpack

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.imaging.residual_check import residual

Mode = Literal["side", "swipe", "flicker", "removed"]
Kind = Literal["original", "AI", "removed"]

FLICKER_MS = 600
"""Time of one image: 1.7 changes a second, below the two considered safe for photosensitive people
(WCAG 2.3.1 allows three flashes).
"""

SCALE_STEPS = (5, 10, 20, 50, 100, 200, 500, 1000)
SCALE_SHARE = 99.5  # percentile of the absolute residual that the colour scale covers


@dataclass(frozen=True, slots=True)
class Comparison:
    """A way of comparing original and AI slice."""

    mode: Mode = "side"
    split: float = 0.5  # swipe: left edge of the AI slice, as a fraction of the pane's width
    blend: int = 100  # per cent of the AI slice
    shows_original: bool = False  # flicker: which of the two is visible now
    peeks: bool = False  # Space is held
    shows_marks: bool = True  # rings where structure may have been removed


class ComparisonValues(TypedDict, total=False):
    """The fields of Comparison, for `CompareState.change`."""

    mode: Mode
    split: float
    blend: int
    shows_original: bool
    peeks: bool
    shows_marks: bool


class CompareState(QObject):
    """The Comparison of a window, and the timer of the flicker mode."""

    changed = Signal(object)  # Comparison

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.now = Comparison()
        self.clock = QTimer(self)
        self.clock.setInterval(FLICKER_MS)
        self.clock.timeout.connect(self._take_turns)

    def change(self, **values: Unpack[ComparisonValues]) -> None:
        """Update fields; emits `changed` only if something changed."""
        new = replace(self.now, **values)
        if new == self.now:
            return
        self.now = new
        self.clock.start() if new.mode == "flicker" else self.clock.stop()
        self.changed.emit(new)

    def toggle(self, mode: Mode) -> None:
        """Switch to a mode, or back to side by side if it is already active."""
        wanted: Mode = "side" if self.now.mode == mode else mode
        self.change(mode=wanted, shows_original=False)

    @Slot(float)
    def move_split(self, share: float) -> None:
        """Move the split to a fraction of the pane's width."""
        self.change(split=min(max(share, 0.0), 1.0))

    @Slot(int)
    def set_blend(self, per_cent: int) -> None:
        """Set the share of the AI slice in per cent."""
        self.change(blend=per_cent)

    @Slot(bool)
    def show_marks(self, is_shown: bool) -> None:
        """Show or hide the rings where structure may have been removed."""
        self.change(shows_marks=is_shown)

    @Slot()
    def _take_turns(self) -> None:
        self.change(shows_original=not self.now.shows_original)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What the AI pane shows."""

    kind: Kind
    pixels: FloatArray  # (rows, columns)
    title: str
    detail: str = ""  # "" if the slice's position is shown instead
    under: FloatArray | None = None  # swipe: the original, left of the split
    scale: float = 0.0  # removed: the value at the ends of the colour scale


def content(prediction: Prediction, how: Comparison) -> Content:
    """What a way of comparing shows of a prediction."""
    original = prediction.slice.pixels
    if how.peeks:
        return Content("original", original, _tr("ORIGINAL"), _tr("ORIGINAL while Space is held"))
    if how.mode == "removed":
        taken = residual(prediction.slice, prediction.denoised)
        title = _tr("REMOVED: original − AI")
        return Content("removed", taken, title, scale=scale_of(taken))
    mixed, title = prediction.blended(how.blend), blend_title(how.blend)
    if how.mode == "swipe":
        beside = _tr("AI") if how.blend == 100 else title
        return Content("AI", mixed, _tr("SWIPE: ORIGINAL | {}").format(beside), under=original)
    if how.mode == "flicker" and how.shows_original:
        return Content("original", original, _tr("FLICKER: now ORIGINAL"))
    if how.mode == "flicker":
        return Content("AI", mixed, _tr("FLICKER: now {}").format(title))
    return Content("AI", mixed, title)


def kind_of(how: Comparison) -> Kind:
    """Whose values the AI pane shows."""
    if how.peeks or (how.mode == "flicker" and how.shows_original):
        return "original"
    return "removed" if how.mode == "removed" else "AI"


def blend_title(per_cent: int) -> str:
    """Title of the AI pane, with the shares if the original is blended in."""
    if per_cent == 100:
        return _tr("AI DENOISED")
    return _tr("AI {} % + ORIGINAL {} %").format(per_cent, 100 - per_cent)


def scale_of(taken: FloatArray) -> float:
    """A round value that covers nearly all of the residual."""
    amount = float(np.percentile(np.abs(taken), SCALE_SHARE))
    return float(next((step for step in SCALE_STEPS if step >= amount), np.ceil(amount)))


def _tr(text: str) -> str:
    return QCoreApplication.translate("compare", text)
