"""Legend of the 3D pane: switches for the structures with their colours, and a colour scale."""

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from jrviewer.core.prediction import Contrast
from jrviewer.core.records import Cloud, Structure
from jrviewer.imaging.structures import STRUCTURE_COLOURS, FaceReason
from jrviewer.rendering.look import RGB, Colouring, colour_map, colour_range
from jrviewer.ui.cloud.distances import Distances
from jrviewer.ui.widgets.floating import Floating
from jrviewer.ui.widgets.painting import HATCH_WIDTH

MINUS = "−"
NOTES_PX = 900  # largest width of the notes over the picture


class CloudLegend(QWidget):
    """What the colours of the cloud mean."""

    structures_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        names = {
            Structure.SKIN: self.tr("Skin"),
            Structure.BONE: self.tr("Bone"),
            Structure.AIR: self.tr("Air in the body"),
        }
        rows, row = QVBoxLayout(self), QHBoxLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        self._has_swatches = True
        self._show_or_hide = self.tr("Show or hide these points of the cloud.")
        row.setSpacing(16)  # a check box must be closer to its own name than to the previous one
        self._boxes: dict[Structure, QCheckBox] = {}
        for structure, name in names.items():
            self._boxes[structure] = box = QCheckBox(name, self)
            box.setChecked(True)
            box.setIcon(_swatch(STRUCTURE_COLOURS[structure]))
            box.setToolTip(self._show_or_hide)
            box.setAccessibleName(self.tr("Show {} in 3D").format(name))
            box.toggled.connect(self.structures_chosen)
            row.addWidget(box)
        row.addStretch(1)
        self.distances = Distances(self)
        self.scale = _Scale(self)
        self.notes = _Notes()  # lies over the picture: lines that come and go move no control
        self.beside = QLabel(self.notes)  # what is measured and what is inferred, or why nothing is
        self.beside.setObjectName("note")
        self.beside.setWordWrap(True)
        self.beside.setAccessibleName(self.tr("Measured surface"))
        self.beside.hide()
        self.skin_off = QLabel(self.notes)  # why skin is off by default
        self.skin_off.setObjectName("note")
        self.skin_off.setWordWrap(True)
        self.skin_off.hide()
        self._boxes[Structure.SKIN].toggled.connect(self._explain_skin)
        rows.addLayout(row)
        rows.addWidget(self.distances)
        notes = QVBoxLayout(self.notes)
        notes.setContentsMargins(8, 4, 8, 4)
        notes.addWidget(self.skin_off)
        notes.addWidget(self.beside)
        self.notes.setObjectName("cloudNotes")
        self.notes.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.notes.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.notes.hide()
        rows.addWidget(self.scale)
        policy = self.scale.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # or the view above would jump
        self.scale.setSizePolicy(policy)
        self.scale.hide()
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)

    def words(self) -> tuple[str, ...]:
        """What the legend says, a line each, for a picture."""
        shown = [box.text() for box in self._boxes.values() if box.isChecked()]
        colours = self.scale.accessibleName() if not self._has_swatches else self.tr("structure")
        first = self.tr("Shown: {}. Colour: {}.").format(", ".join(shown) or "–", colours)
        others = [
            self.beside.text() if not self.beside.isHidden() else "",
            self.distances.sentence,
        ]
        return (first, *filter(None, others))

    def structures(self) -> frozenset[Structure]:
        """The structures that are switched on."""
        return frozenset(what for what, box in self._boxes.items() if box.isChecked())

    def name_bone(self, contrast: Contrast) -> None:
        """Call bone by what it may be besides."""
        box, bone = self._boxes[Structure.BONE], self.tr("Bone")
        meaning = {
            "none": "",
            "stated": self.tr(
                "The file states a contrast agent: where as bright as bone, it counts as bone."
            ),
            "seen": self.tr(
                "Vessels as bright as bone are seen, as with contrast medium: they count as bone."
            ),
        }[contrast]
        name = self.tr("Bone or contrast medium") if meaning else bone
        box.setText(name)
        box.setToolTip(" ".join(filter(None, [self._show_or_hide, meaning])))
        box.setAccessibleName(self.tr("Show {} in 3D").format(name))

    def choose_structures(self, structures: Iterable[Structure]) -> None:
        """Switch exactly these structures on, without a signal."""
        wanted = frozenset(structures)
        for structure, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(structure in wanted)
        self._explain_skin()

    def show_face(self, reason: FaceReason, *, has_cloud: bool = True) -> None:
        """Set why skin may be a face; shown while skin is off. Without a cloud, as of MR, there is
        nothing to explain.
        """
        self.setVisible(has_cloud)
        words = {
            "": "",
            "series": self.tr(
                "Skin is off: the series shows a head, and on a head it is a face. Tick it to "
                "show it."
            ),
            "named": self.tr("Skin is off: on a head it is a face. Tick it to show it."),
            "outline": self.tr(
                "Skin is off: this has the size of a head, and on a head it is a face. Tick it to "
                "show it."
            ),
            "no spacing": self.tr(
                "Skin is off: without a pixel spacing a head cannot be told from a chest, and a "
                "head's skin is a face. Tick it to show it."
            ),
        }
        self.skin_off.setText(words[reason] if has_cloud else "")
        self._explain_skin()

    @Slot()
    def _explain_skin(self) -> None:
        is_off = not self._boxes[Structure.SKIN].isChecked()
        self.skin_off.setVisible(is_off and bool(self.skin_off.text()))
        self._show_notes()

    def show_beside(self, words: str) -> None:
        """Show what is measured beside the cloud; "" hides the line."""
        if words == self.beside.text():
            return
        self.beside.setText(words)
        self.beside.setVisible(bool(words))
        self._show_notes()

    def float_notes(self, picture: QWidget) -> None:
        """Let the lines that come and go lie over the picture, within its hatched frame."""

        def within_frame() -> QRect:
            return picture.rect().adjusted(0, 0, 0, -HATCH_WIDTH - 2)

        Floating(self.notes, picture, widest_px=NOTES_PX, room=within_frame)

    def _show_notes(self) -> None:
        has_text = not self.skin_off.isHidden() or not self.beside.isHidden()
        self.notes.setVisible(has_text)
        self.notes.updateGeometry()

    def show_scale(self, colouring: Colouring, cloud: Cloud | None) -> None:
        """Show the colour scale of a cloud; structures have swatches instead."""
        swatches = colouring == "structure"
        if swatches != self._has_swatches:
            self._has_swatches = swatches
            for structure, box in self._boxes.items():
                box.setIcon(_swatch(STRUCTURE_COLOURS[structure] if swatches else None))
        self.scale.setVisible(not swatches and cloud is not None)
        if swatches or cloud is None:
            return
        low, high = colour_range(cloud, colouring)
        unit = self.tr("mm") if cloud.unit == "mm" else self.tr("of the box")
        if colouring == "measured":
            meaning = self.tr("distance to the measured surface; grey: not measured")
            ends = _number(low), self.tr("≥ {} mm").format(_number(high))
        elif colouring == "depth":
            meaning = self.tr("distance, feet to head")
            ends = _number(low), f"+{_number(high)} {unit}"
        else:
            meaning = self.tr("uncertainty (1σ)")
            ends = (
                self.tr("± {}").format(_number(low)),
                self.tr("≥ {} {}").format(_number(high), unit),
            )
        self.scale.show_ends(colouring, *ends, meaning)


class _Scale(QWidget):
    """A colour bar with a text at each end."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.low, self.strip, self.high = QLabel(self), _Strip(self), QLabel(self)
        self.meaning = QLabel(self)
        for widget in (self.low, self.strip, self.high, self.meaning):
            row.addWidget(widget)
        row.addStretch(1)

    def show_ends(self, colouring: Colouring, low: str, high: str, meaning: str) -> None:
        """Show a scale and the texts of its ends."""
        self.low.setText(low)
        self.high.setText(high)
        self.meaning.setText(meaning)
        self.setAccessibleName(f"{meaning}: {low} – {high}")
        self.strip.colouring = colouring
        self.strip.update()


class _Notes(QWidget):
    """Lines over the picture, as wide as it is."""

    def sizeHint(self) -> QSize:
        return QSize(NOTES_PX, super().sizeHint().height())


class _Strip(QWidget):
    colouring: Colouring = "uncertainty"

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(72, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = np.ascontiguousarray(colour_map(self.colouring, np.linspace(0, 1, 256)))
        image = QImage(colours.tobytes(), 256, 1, 768, QImage.Format.Format_RGB888)
        painter = QPainter(self)
        painter.drawImage(self.rect(), image)
        painter.end()


def _swatch(colour: RGB | None) -> QIcon:
    """A disc, empty without a colour, so that the row keeps its height."""
    pixmap = QPixmap(24, 24)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush if colour is None else QColor(*colour))
    painter.setPen(QColor(128, 128, 128))
    painter.drawEllipse(2, 2, 20, 20)
    painter.end()
    return QIcon(pixmap)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", MINUS)
