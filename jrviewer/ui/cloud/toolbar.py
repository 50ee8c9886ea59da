"""Toolbar of the 3D pane. Its controls together define the look of the view."""

from typing import cast, get_args

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Structure
from jrviewer.imaging.structures import why_face
from jrviewer.rendering.look import Colouring, Look, View
from jrviewer.ui.cloud.legend import CloudLegend
from jrviewer.ui.cloud.reveal import Reveal

RADII_MM = (3.0, 5.0, 7.0)
SIDES: tuple[View, ...] = ("A", "P", "L", "R", "S", "I")


class CloudToolbar(QWidget):
    """Views, colours, points and switches of the 3D view."""

    look_chosen = Signal()
    view_requested = Signal(str)  # a View
    picture_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shows_skin: bool | None = None  # by default; None: nothing was shown yet
        self.views = self._view_actions()
        self.ortho = self._switch(self.tr("Parallel"), self.tr("Parallel instead of perspective"))
        self.plane = self._switch(self.tr("Slice"), self.tr("Show the slice inside the cloud"))
        self.plane.setChecked(True)
        self.measured = self._switch(
            self.tr("Measured"),
            self.tr("The measured surface of the series beside the cloud, or no longer"),
        )
        self.eye_dome = self._switch(
            self.tr("Outline"),
            self.tr("Dark outlines of points that are certain (eye-dome lighting)"),
        )
        self.ruler = self._switch(
            self.tr("Ruler"), self.tr("Measure between two points of the 3D view  (Shift+L)")
        )
        self.ruler.setShortcut(QKeySequence("Shift+L"))
        self.picture = QAction(self.tr("Picture"), self)
        self.ruler_delete = QAction(self.tr("Delete ruler"), self)
        self.history_actions: list[QAction] = []  # undo and redo, set by the window
        self.picture.setToolTip(self.tr("Save an image of this pane with the notice"))
        self.picture.triggered.connect(self.picture_requested)
        self.colouring = self._choice(
            self.tr("Colour of the points"),
            [
                self.tr("Structure"),
                self.tr("Uncertainty"),
                self.tr("Depth"),
                self.tr("Distance to measured"),
            ],
        )
        self.density = self._choice(self.tr("Number of points"), ["1024", "4096"])
        self.density.setCurrentIndex(1)
        self.point_size = self._choice(
            self.tr("Radius of a certain point; a doubtful one is larger, softer and paler"),
            [self.tr("{} mm").format(f"{radius:g}") for radius in RADII_MM],
        )
        self.point_size.setCurrentIndex(1)
        self.view_button = self._view_button()
        self.reveal = Reveal(self)
        self.reveal.moved.connect(self._reveal)
        self.measured.toggled.connect(self.reveal.switch)
        self.legend = CloudLegend(self)
        self.legend.structures_chosen.connect(self.look_chosen)
        for action in (self.ortho, self.plane, self.measured, self.eye_dome):
            action.toggled.connect(self.look_chosen)
        for choice in (self.colouring, self.density, self.point_size):
            choice.currentIndexChanged.connect(self.look_chosen)
        self._lay_out()

    def look(self) -> Look:
        """The look defined by the controls."""
        return Look(
            colouring=cast(Colouring, get_args(Colouring)[self.colouring.currentIndex()]),
            structures=self.legend.structures(),
            dense=self.density.currentIndex() == 1,
            slice_plane=self.plane.isChecked(),
            radius_mm=RADII_MM[self.point_size.currentIndex()],
            perspective=not self.ortho.isChecked(),
            eye_dome=self.eye_dome.isChecked(),
            reveal=self.reveal.value,
        )

    def show_rulers(self, *, is_active: bool, can_delete: bool) -> None:
        """Show whether the ruler is active, and whether one can be deleted."""
        self.ruler.setChecked(is_active)
        self.ruler_delete.setEnabled(can_delete)

    def choose_skin(self, *, shown: bool) -> None:
        """Show or hide skin without a signal."""
        skin = {Structure.SKIN}
        others = self.legend.structures() - skin
        self.legend.choose_structures(others | skin if shown else others)

    def guard_face(self, prediction: Prediction, *, is_series_of_head: bool) -> bool:
        """Switch skin off where it may be a face, and say why, or on where it may not. Where that
        is as before, the user's choice stays. Whether it has changed.
        """
        reason = why_face(prediction) or ("series" if is_series_of_head else "")
        self.legend.show_face(reason, has_cloud=prediction.cloud is not None)
        if self._shows_skin is (shown := not reason):
            return False
        self._shows_skin = shown
        self.choose_skin(shown=shown)
        return True

    def forget_face(self) -> None:
        """The next head starts without skin again."""
        self._shows_skin = None
        self.legend.show_face("")

    @Slot(QPoint)
    def pop_up(self, place: QPoint) -> None:
        """Show the same commands as a menu at a position on screen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(list(self.views.values()))
        menu.addSeparator()
        menu.addActions([self.ortho, self.plane, self.measured, self.eye_dome])
        menu.addSeparator()
        menu.addActions([self.ruler, self.ruler_delete, *self.history_actions])
        menu.addSeparator()
        menu.addAction(self.picture)
        menu.popup(place)

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(6, 2, 6, 4)
        rows.setSpacing(3)
        views, chosen = QHBoxLayout(), QHBoxLayout()
        views.setSpacing(1)
        for action in (self.views["slice"], self.views["oblique"]):
            views.addWidget(self._button(action))
        views.addWidget(self.view_button)
        views.addStretch(1)
        for action in (self.ortho, self.plane, self.measured):
            views.addWidget(self._button(action))
        for choice in (self.colouring, self.density, self.point_size):
            chosen.addWidget(choice)
        chosen.addStretch(1)
        chosen.addWidget(self._button(self.ruler))
        chosen.addWidget(self._button(self.eye_dome))
        chosen.addWidget(self._button(self.picture))
        rows.addLayout(views)
        rows.addLayout(chosen)
        rows.addWidget(self.reveal)
        rows.addWidget(self.legend)

    def _view_actions(self) -> dict[View, QAction]:
        names: dict[View, tuple[str, str]] = {
            "slice": (self.tr("As slice"), self.tr("As the slice lies in the panes beside it")),
            "A": (self.tr("A – from the front"), self.tr("From the front")),
            "P": (self.tr("P – from the back"), self.tr("From the back")),
            "L": (self.tr("L – from the patient's left"), self.tr("From the patient's left")),
            "R": (self.tr("R – from the patient's right"), self.tr("From the patient's right")),
            "S": (self.tr("S – from the head"), self.tr("From the head")),
            "I": (self.tr("I – from the feet"), self.tr("From the feet")),
            "oblique": (self.tr("Reset"), self.tr("From the front, left and above")),
        }
        actions = {}
        for view, (text, meaning) in names.items():
            actions[view] = action = QAction(text, self)
            action.setToolTip(meaning)
            action.setData(view)
            action.triggered.connect(self._request_view)
        return actions

    def _view_button(self) -> QToolButton:
        """The views that the cube's faces stand for, three of which it hides."""
        button, menu = QToolButton(self), QMenu(self)
        menu.addActions([self.views[view] for view in SIDES])
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setText(self.tr("From …"))
        button.setToolTip(self.tr("Look from one side of the patient; or click the cube's faces"))
        return self._styled(button)

    @Slot()
    def _reveal(self) -> None:
        with QSignalBlocker(self.measured):
            self.measured.setChecked(self.reveal.value > 0)
        self.look_chosen.emit()

    def _request_view(self) -> None:
        action = cast(QAction, self.sender())
        self.view_requested.emit(action.data())

    def _switch(self, text: str, meaning: str) -> QAction:
        action = QAction(text, self)
        action.setCheckable(True)
        action.setToolTip(meaning)
        return action

    def _choice(self, meaning: str, texts: list[str]) -> QComboBox:
        choice = QComboBox(self)
        choice.addItems(texts)
        choice.setToolTip(meaning)
        choice.setAccessibleName(meaning)
        return choice

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        return self._styled(button)

    def _styled(self, button: QToolButton) -> QToolButton:
        button.setAccessibleName(button.toolTip())
        button.setAutoRaise(True)
        button.setStyleSheet("padding: 3px 5px;")  # narrow enough for a third of a small screen
        return button
