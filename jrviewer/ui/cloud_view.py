"""The 3D pane's place: says in words what it has to say."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from jrviewer.progress import Report
from jrviewer.records import Prediction, Window


class CloudView(QWidget):
    """Shows a sentence."""

    point_hovered = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self).addWidget(self._label)

    def prepare(self, report: Report) -> None:
        """Nothing to import."""

    def create(self) -> None:
        """Nothing to create."""

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Say how many points there are."""
        cloud = None if prediction is None else prediction.cloud
        self._label.setText("" if cloud is None else f"{len(cloud)} points")

    def show_message(self, text: str) -> None:
        """Say something."""
        self._label.setText(text)

    def set_stale(self, is_stale: bool, text: str) -> None:
        """Say that it is of another slice."""
        if is_stale:
            self._label.setText(text)

    def set_slice_window(self, window: Window) -> None:
        """Nothing is shown through it."""

    def reset_view(self) -> None:
        """Nothing to reset."""

    def close_interactor(self) -> None:
        """Nothing to close."""
