"""Controller of the 3D pane: measured surface, distances to it, and rulers."""

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, SurfaceMesh
from jrviewer.imaging.ruler_3d import End, NoLengthError, Ruler, RulerLength, ruler_length
from jrviewer.rendering.look import DrawnRuler, MeasuredReference, shown_cloud
from jrviewer.rendering.picking import Grip
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.cloud.ruler_drag import Shift, moved
from jrviewer.ui.state import captions
from jrviewer.ui.state.demonstration import dose_name
from jrviewer.ui.state.rulers import RulerCommand
from jrviewer.ui.state.session import Session


class CloudController(QObject):
    """Shows the measured surface, the distances to it and the rulers on the 3D pane."""

    hint_changed = Signal(str)  # what the keys do now
    view_requested = Signal(QWidget)  # the CloudView must be visible

    def __init__(self, session: Session, cloud: CloudView, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._cloud = session, cloud
        self._hint = self._objection = ""
        self._surface, self._rulers = session.surface, session.rulers
        self._beside, self._is_shown = MeasuredReference(), False
        self._revealed = 0.0  # what a series without a measured surface has taken back
        self._located: object = None  # what the strip shows
        self._told: FloatArray | None = None  # the distances that the legend tells

    @Slot()
    def refresh(self) -> None:
        """Show the surface and the cloud's distances to it, as far as they are known."""
        self._suspend_reveal()
        known, look = self._session.prediction, self._cloud.toolbar.look()
        cloud = None if known is None else shown_cloud(known, look)
        self._surface.compare(cloud)
        self._cloud.show_series_of_head(is_head=self._surface.shows_head)
        distances = self._surface.distances_of(cloud)
        if distances is None or distances is not self._told:
            self._told, said = distances, captions.distance_text(distances)
            self._cloud.toolbar.legend.distances.show_distances(distances, *said)
        self.locate()
        if known is None and self._session.slice is not None:
            return  # the previous result stays, dimmed, with its measured surface
        by_distance = look.colouring == "measured"
        surface = self._surface.mesh if look.reveal else None
        self._put_beside(surface, distances if by_distance else None, cloud)
        is_shown = surface is not None and cloud is not None and cloud.unit == "mm"
        # A simulated twin has no other slices, and nobody asked it for a surface.
        is_twin = self._session.slice is not None and dose_name(self._session.slice) != ""
        is_told = look.reveal or by_distance or (self._revealed and not is_twin)
        words = self._words(cloud) if is_told else ""
        if known is not None:
            words = f"{words} {self._interpolation(known)}".strip()
        self._is_shown = is_shown
        self._cloud.show_beside(self._beside, self._title(), words)

    def _suspend_reveal(self) -> None:
        """Without a measured surface nothing is revealed, and no control says so; with the next
        one it is as it was.
        """
        reveal, surface = self._cloud.toolbar.reveal, self._surface
        if surface.reason and reveal.value:
            self._revealed = reveal.value
            reveal.set_value(0.0)
        elif surface.mesh is not None and self._revealed:
            before, self._revealed = self._revealed, 0.0
            reveal.set_value(before)

    @Slot()
    def locate(self) -> None:
        """Show on the coronal strip where the slice lies, how far the cloud reaches, and how far
        off the clouds of all slices are, as far as that is known.
        """
        chosen, coronal = self._session.slice, self._surface.coronal
        if coronal is None or chosen is None:
            self._located = None
            self._cloud.coronal.show_nothing()
            return
        known = self._session.prediction
        cloud = None if known is None else shown_cloud(known, self._cloud.toolbar.look())
        by_slice = self._session.slice_distances.by_slice()
        if (coronal, chosen, cloud, by_slice) == self._located:
            return
        self._located = coronal, chosen, cloud, by_slice
        places = np.stack([one.plane.origin_mm for one in (chosen, *by_slice)])
        height, *others = coronal.heights_of(places).tolist()
        reach = None if cloud is None or cloud.unit != "mm" else coronal.heights_of(cloud.points)
        medians = dict(zip(others, by_slice.values(), strict=True))
        self._cloud.coronal.show_series(coronal, height, reach, medians)

    def _put_beside(
        self, surface: SurfaceMesh | None, distances: FloatArray | None, cloud: Cloud | None
    ) -> None:
        """Replace it only if something changed: every new one is drawn."""
        own = cloud if distances is not None else None
        before = self._beside
        same = (before.measured is surface, before.distances_mm is distances, before.cloud is own)
        if not all(same):
            self._beside = MeasuredReference(surface, distances, own)

    def _title(self) -> str:
        """A title that is true of everything drawn, including rulers and a simulated dose."""
        chosen = self._session.slice
        if chosen is not None and (dose := dose_name(chosen)):
            return self.tr("{} – INFERRED 3D").format(dose)
        is_shown = self._is_shown and self._cloud.prediction is not None
        if is_shown and self._cloud.toolbar.look().points_left > 0:
            return self.tr("INFERRED POINTS + MEASURED SURFACE")
        if is_shown:
            return self.tr("MEASURED SURFACE – NOTHING INFERRED")
        drawn = () if self._session.prediction is None else self._rulers.items
        if any(one.start.is_measured and one.end.is_measured for one in drawn):
            return self.tr("INFERRED POINTS + MEASURED RULER")
        known = self._session.prediction
        if known is not None and known.interpolated_from:
            return self.tr("INTERPOLATED + INFERRED 3D – NOT MEASURED")
        return self.tr("INFERRED 3D – NOT MEASURED")

    def _words(self, cloud: Cloud | None) -> str:
        """What is measured and what is inferred, or why nothing is measured."""
        state, surface = self._surface, self._surface.mesh
        if cloud is not None and cloud.unit != "mm":
            return self.tr("No measured surface: the file states no pixel spacing.")
        if state.reason:
            return state.reason
        if surface is None:
            return self.tr("Measuring the surface of the series… {} %").format(
                round(100 * state.fraction)
            )
        points = self.tr("● points INFERRED from one slice   ")
        words = self.tr("▰ surface MEASURED from {} slices").format(
            len(surface.geometry.heights_mm)
        )
        if self._cloud.toolbar.look().points_left > 0:
            words = points + words
        if gaps := surface.geometry.gaps:
            words += self.tr("; {} gaps between slices are left open").format(gaps)
        return words

    def _interpolation(self, known: Prediction) -> str:
        """Which points are interpolated and which inferred; "" where all are inferred."""
        if not known.interpolated_from:
            return ""
        return self.tr(
            "● points INTERPOLATED between {} slices up to {} mm apart, INFERRED beyond them"
        ).format(known.interpolated_from, known.widest_gap_mm)

    @Slot()
    def draw_rulers(self) -> None:
        """Draw the rulers of the shown slice once its cloud is known, and show their keys."""
        rulers, available, known = self._rulers, self._rulers.available, self._session.prediction
        self._cloud.keys.available = available
        self._cloud.set_ruler_active(is_active=rulers.is_active)
        self._cloud.crosshair.show_at(rulers.crosshair)
        self._show_hint(captions.ruler_hint(rulers))
        self._cloud.title.setText(self._title())
        self._cloud.toolbar.show_rulers(
            is_active=rulers.is_active,
            can_delete="delete" in available,
        )
        if (scene := self._cloud.scene) is not None:
            items = () if known is None else rulers.drawn
            start = None if rulers.start is None else np.array(rulers.start.point_mm)
            scene.show_rulers(tuple(self._drawn(one) for one in items), start)

    def _drawn(self, ruler: Ruler) -> DrawnRuler:
        known = self._session.prediction
        assert known is not None
        reading = ruler_length(ruler, known.slice, has_surface=True)
        ends = np.array([ruler.start.point_mm, ruler.end.point_mm])
        is_selected = ruler in (self._rulers.selected, self._rulers.moving)
        return DrawnRuler(ends, self._said(reading), is_selected)

    def _said(self, reading: RulerLength) -> str:
        """In whole millimetres: the surfaces' grid is 3 mm or coarser."""
        words = {
            "measured": self.tr("MEASURED {} mm"),
            "in plane": self.tr("in the slice plane {} mm, ends INFERRED"),
        }
        return words[reading.kind].format(captions.number(reading.length_mm))

    def _show_hint(self, words: str) -> None:
        """The slice panes show their hints in the same place: emit only what is new."""
        if words != self._hint:
            self._hint = words
            self.hint_changed.emit(words)

    @Slot(str)
    def run_command(self, command: RulerCommand) -> None:
        """Run a command requested by a key."""
        at = self._rulers.crosshair
        if command == "set a point" and at is not None:
            self.click(*self._cloud.crosshair.in_pixels(at))
        elif command == "take an end":
            self._reopen_end()
        else:
            self._rulers.run_command(command)

    def _reopen_end(self) -> None:
        """Redraw an end, with the crosshair starting where it is."""
        crosshair, scene, end = self._cloud.crosshair, self._cloud.scene, self._rulers.reopen_end()
        if scene is not None and end is not None:
            ((x, y),) = scene.on_screen(np.array([end.point_mm]))[0]
            self._rulers.set_crosshair(
                crosshair.from_pixels(float(x), float(y)), crosshair.view_size
            )

    @Slot(int, int)
    def move(self, down: int, across: int) -> None:
        """Move the crosshair, or the held ruler, by points on screen."""
        rulers, ratio = self._rulers, self._cloud.devicePixelRatioF()
        if (at := rulers.crosshair) is not None:
            rulers.set_crosshair((at[0] + across, at[1] + down), self._cloud.crosshair.view_size)
        elif rulers.selected is not None:
            new = self._moved(rulers.selected, None, (across * ratio, -down * ratio))
            if new is not None:
                rulers.nudge(new)
            self._tell_objection()

    @Slot(object)
    def grip(self, grip: Grip) -> None:
        """Start to drag a ruler."""
        self._objection = ""
        self._rulers.begin_drag(grip.index, grip.end)

    @Slot(float, float)
    def drag(self, across_px: float, up_px: float) -> None:
        """Drag a ruler; it stays at its last valid position."""
        if self._rulers.grip is not None:
            new = self._moved(*self._rulers.grip, (across_px, up_px))
            if new is not None:
                self._rulers.move(new)

    @Slot()
    def drop(self) -> None:
        """Drop a ruler; if it could not follow the mouse, show why."""
        self._rulers.end_drag()
        self._tell_objection()

    def _moved(self, ruler: Ruler, end: int | None, way: Shift) -> Ruler | None:
        """The moved ruler, or None and an objection if it may not show a length there."""
        scene, known = self._cloud.scene, self._session.prediction
        if scene is None or known is None:
            return None
        self._objection = ""
        try:
            new = moved(ruler, end, way, scene, known.slice)
            ruler_length(new, known.slice, has_surface=self._surface.mesh is not None)
        except NoLengthError as error:
            self._objection = str(error)
            return None
        return new

    def _tell_objection(self) -> None:
        if self._objection:
            self._rulers.refused.emit(self._objection)
        self._objection = ""

    @Slot(float, float)
    def click(self, x: float, y: float) -> None:
        """Set an end of the active ruler, or select a drawn one."""
        scene, known = self._cloud.scene, self._session.prediction
        if scene is None or known is None:
            return
        if not self._rulers.is_active:
            self._rulers.select(scene.ruler_at(x, y))
        elif (found := scene.pick(x, y)) is not None:
            place = float(found.place[0]), float(found.place[1]), float(found.place[2])
            has_surface = self._surface.mesh is not None
            self._rulers.add_point(End(place, found.is_measured), has_surface=has_surface)
        else:
            self._rulers.refused.emit(
                self.tr(
                    "Nothing to measure from there: click a point of the cloud or the measured "
                    "surface."
                )
            )

    @Slot(bool)
    def activate_ruler(self, is_active: bool) -> None:
        """Activate or deactivate the ruler."""
        if is_active:
            self.view_requested.emit(self._cloud)
        self._rulers.set_active(is_active=is_active)

    @Slot()
    def delete(self) -> None:
        """Delete the selected ruler."""
        self._rulers.run_command("delete")
