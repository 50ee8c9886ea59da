"""The three panes side by side: which are visible, and how wide each is."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QTabBar, QVBoxLayout, QWidget

from jrviewer.ui.widgets.pane import Pane

NARROW_PX = 1100  # below this width slices and cloud have a tab each


class Panes(QWidget):
    """A splitter of panes. None is ever re-parented: an OpenGL view would lose its context."""

    rearranged = Signal()

    def __init__(self, slices: list[Pane], cloud: Pane) -> None:
        super().__init__()
        self._slices, self._cloud = slices, cloud
        self._maximised: Pane | None = None
        self.tabs = QTabBar()
        self.tabs.setAccessibleName(self.tr("Slices or 3D"))
        self.tabs.addTab(self.tr("Slices"))
        self.tabs.addTab(self.tr("Inferred 3D"))
        self.tabs.currentChanged.connect(self._arrange)
        self.tabs.hide()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(4)
        self.splitter.setChildrenCollapsible(False)
        for pane in (*slices, cloud):
            self.splitter.addWidget(pane)
            pane.maximised.connect(self._toggle_sender)
        self.splitter.setSizes([1000, 1000, 1100])
        self.splitter.splitterMoved.connect(self.rearranged)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self.splitter, 1)

    @property
    def in_order(self) -> tuple[Pane, ...]:
        """The panes from left to right."""
        return (*self._slices, self._cloud)

    def minimumSizeHint(self) -> QSize:
        """The width of slices or cloud alone, or the window could not become narrow enough for
        tabs.
        """
        wanted = super().minimumSizeHint()
        slices = sum(pane.minimumSizeHint().width() for pane in self._slices)
        return QSize(max(slices, self._cloud.minimumSizeHint().width()), wanted.height())

    def toggle(self, pane: Pane) -> None:
        """Maximise or restore a pane."""
        self._maximised = None if self._maximised is pane else pane
        self._arrange()

    @Slot(QWidget)
    def bring(self, view: QWidget) -> None:
        """Make the pane of a view visible where another one is maximised or has the tab."""
        pane = next(pane for pane in self.in_order if pane.view is view)
        if pane.isVisible():
            return
        self._maximised = None
        self.tabs.setCurrentIndex(1 if pane is self._cloud else 0)
        self._arrange()

    @Slot(QWidget, QWidget)
    def show_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """Show which pane has the keyboard focus."""
        for pane in self.in_order:
            pane.show_focus(has_focus=now is not None and pane.isAncestorOf(now))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Switch to tabs when it gets narrow."""
        super().resizeEvent(event)
        self._arrange()

    def _toggle_sender(self) -> None:
        sender = self.sender()
        assert isinstance(sender, Pane)
        self.toggle(sender)

    def _arrange(self) -> None:
        is_narrow = self.width() < NARROW_PX and self._maximised is None
        self.tabs.setVisible(is_narrow)
        shows_cloud = self.tabs.currentIndex() == 1
        for pane in (*self._slices, self._cloud):
            if self._maximised is not None:
                pane.setVisible(pane is self._maximised)
            else:
                pane.setVisible(not is_narrow or (pane is self._cloud) == shows_cloud)
        self.rearranged.emit()
