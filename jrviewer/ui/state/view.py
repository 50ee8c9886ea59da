"""Window, zoom, centre and interpolation, shared by both slice panes.

The state is a frozen record that every pane gets, so the panes cannot differ.
"""

from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.geometry import Plane
from jrviewer.core.records import Slice, VoiLut, Window
from jrviewer.imaging import windowing

MIN_ZOOM, MAX_ZOOM = 0.1, 40.0
MIN_WIDTH = 1.0  # PS3.3 C.11.2.1.2: a linear window is at least 1 wide
MIN_EXACT_WIDTH = 1e-4  # other functions may show values that differ by less than 1
DRAG_SPAN_PX = 250.0  # dragging by this distance doubles the width
SOFT_TISSUE = Window(40, 400)


@dataclass(frozen=True, slots=True)
class View:
    """How a slice is displayed."""

    window: Window = SOFT_TISSUE
    voi_lut: int | None = None  # index of the slice's table used instead of the window
    is_inverted: bool = False
    zoom: float = 1.0  # 1: the whole slice fits into the viewport
    centre: tuple[float, float] = (0.0, 0.0)  # row, column in the middle of the pane
    is_smooth: bool = True
    has_patient_text: bool = True
    viewport: tuple[int, int] = (1, 1)  # smallest width and height of the panes that share this


@dataclass(frozen=True, slots=True)
class Projection:
    """Pixel positions of a slice to points of a pane, and back.

    `scale` is points per millimetre, or per nominal unit where the slice has no spacing. The pixel
    aspect is kept, so unequal spacings look as they are in the patient.
    """

    spacing_mm: tuple[float, float]
    centre: tuple[float, float]
    scale: float
    size: tuple[int, int]  # width, height of the pane

    def to_point(self, row: float, column: float) -> tuple[float, float]:
        """x, y in the pane of a pixel position."""
        x = self.size[0] / 2 + (column - self.centre[1]) * self.spacing_mm[1] * self.scale
        y = self.size[1] / 2 + (row - self.centre[0]) * self.spacing_mm[0] * self.scale
        return x, y

    def to_pixel(self, x: float, y: float) -> tuple[float, float]:
        """Row, column of a point of the pane."""
        row = self.centre[0] + (y - self.size[1] / 2) / (self.spacing_mm[0] * self.scale)
        column = self.centre[1] + (x - self.size[0] / 2) / (self.spacing_mm[1] * self.scale)
        return row, column


def shade_of(view: View, chosen: Slice) -> Window | VoiLut:
    """The table or window that maps the slice's values to grey."""
    if view.voi_lut is not None and view.voi_lut < len(chosen.voi_luts):
        return chosen.voi_luts[view.voi_lut]
    return view.window


def project(view: View, plane: Plane, shape: tuple[int, int], size: tuple[int, int]) -> Projection:
    """The projection of a slice of `shape` (rows, columns) onto a pane of `size`."""
    height_mm, width_mm = shape[0] * plane.spacing_mm[0], shape[1] * plane.spacing_mm[1]
    fitting = min(view.viewport[0] / width_mm, view.viewport[1] / height_mm)
    return Projection(plane.spacing_mm, view.centre, fitting * view.zoom, size)


class ViewValues(TypedDict, total=False):
    """The fields of View, for `ViewState.change`."""

    window: Window
    voi_lut: int | None
    is_inverted: bool
    zoom: float
    centre: tuple[float, float]
    is_smooth: bool
    has_patient_text: bool
    viewport: tuple[int, int]


class ViewState(QObject):
    """The View that both slice panes share."""

    changed = Signal(object)  # View

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.now = View()
        self.slice: Slice | None = None  # shown through this view

    def change(self, **values: Unpack[ViewValues]) -> None:
        """Update fields; emits `changed` only if something changed. A window replaces a table."""
        if "window" in values:
            values.setdefault("voi_lut", None)
        new = replace(self.now, **values)
        if new != self.now:
            self.now = new
            self.changed.emit(new)

    @Slot(bool)
    def set_inverted(self, is_inverted: bool) -> None:
        """Swap black and white, or not."""
        self.change(is_inverted=is_inverted)

    @Slot(bool)
    def set_smooth(self, is_smooth: bool) -> None:
        """Interpolate between pixels, or not."""
        self.change(is_smooth=is_smooth)

    @Slot(bool)
    def show_patient_text(self, is_shown: bool) -> None:
        """Show or hide patient text."""
        self.change(has_patient_text=is_shown)

    @Slot(object)
    def set_preset(self, window: Window | None) -> None:
        """Use a window; None stands for the slice's own."""
        if self.slice is not None:
            self.change(window=window or windowing.default_window(self.slice))

    @Slot()
    def set_auto_window(self) -> None:
        """Use a window computed from the slice's values."""
        if self.slice is not None:
            self.change(window=windowing.auto_window(self.slice))

    @Slot()
    def fit(self) -> None:
        """Show the slice whole and centred."""
        if self.slice is not None:
            rows, columns = self.slice.shape
            self.change(zoom=1.0, centre=((rows - 1) / 2, (columns - 1) / 2))

    @Slot()
    def reset(self) -> None:
        """Window, zoom, centre and inversion as when the series was opened."""
        self.fit()
        self.set_preset(None)
        self.change(is_inverted=False)

    def enter(self, chosen: Slice, left: View | None) -> None:
        """Show a slice of another series: in its own window and whole, or as it was left."""
        self.slice = chosen
        if left is None:
            self.reset()
            return
        self.change(
            window=left.window,
            voi_lut=left.voi_lut,
            is_inverted=left.is_inverted,
            zoom=left.zoom,
            centre=left.centre,
        )

    def zoom_by(self, factor: float, row: float, column: float) -> None:
        """Zoom about a pixel position that stays where it is on screen."""
        zoom = min(max(self.now.zoom * factor, MIN_ZOOM), MAX_ZOOM)
        factor = zoom / self.now.zoom
        centre = self.now.centre
        moved = row + (centre[0] - row) / factor, column + (centre[1] - column) / factor
        self.change(zoom=zoom, centre=moved)

    def pan_by(self, rows: float, columns: float) -> None:
        """Move the slice under the panes."""
        self.change(centre=(self.now.centre[0] - rows, self.now.centre[1] - columns))

    def keep_in_sight(self, position: tuple[float, float], projection: Projection | None) -> None:
        """Centre a pixel position that lies outside the pane."""
        if projection is None:
            return
        x, y = projection.to_point(*position)
        if not (0 <= x < projection.size[0] and 0 <= y < projection.size[1]):
            self.change(centre=position)

    def drag_window(self, across_px: float, down_px: float) -> None:
        """Widen by dragging across, raise the level by dragging down."""
        window = self.now.window
        is_linear = window.function == "LINEAR" and window.width >= MIN_WIDTH
        narrowest = MIN_WIDTH if is_linear else MIN_EXACT_WIDTH
        step = max(window.width, narrowest * 10) / DRAG_SPAN_PX
        self.change(
            window=replace(
                window,
                width=max(window.width + across_px * step, narrowest),
                centre=window.centre + down_px * step,
                name="",
            )
        )
