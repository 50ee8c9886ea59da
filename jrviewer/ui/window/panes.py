"""The three panes, side by side or the cloud below: which are visible, and how large each is."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontInfo, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSplitter, QTabBar, QVBoxLayout, QWidget

from jrviewer.ui.widgets.floating import Floating
from jrviewer.ui.widgets.pane import Pane
from jrviewer.ui.window.folded_pane import FoldedPane

CORNER_LINES = 5  # of text in the lower left corner of a slice
MARGIN_PX = 12
LEAST_PX = 110
NARROW_PX, USUAL_TEXT_PX = 1100, 12  # the width at the usual size of texts


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
        self.slices, self.splitter = _splitter(), _splitter()
        for pane in slices:
            self.slices.addWidget(pane)
        self.splitter.addWidget(self.slices)
        self.splitter.addWidget(cloud)
        for pane in (*slices, cloud):
            pane.maximised.connect(self._toggle_sender)
        self.slices.setSizes([1000, 1000])
        self.splitter.setSizes([2000, 1100])
        for splitter in (self.slices, self.splitter):
            splitter.splitterMoved.connect(self.rearranged)
        self.folded = FoldedPane()
        self.folded.clicked.connect(self.unfold)
        self.is_below = False
        self._is_folded = False
        self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._beside.setSpacing(0)
        self._beside.addWidget(self.splitter, 1)
        self._beside.addWidget(self.folded)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addLayout(self._beside, 1)

    @Slot(bool)
    def put_cloud_below(self, is_below: bool) -> None:
        """Put the cloud below the slices, or beside them."""
        if is_below == self.is_below:
            return
        self.is_below = is_below
        way = Qt.Orientation.Vertical if is_below else Qt.Orientation.Horizontal
        self.splitter.setOrientation(way)
        direction = QBoxLayout.Direction
        self._beside.setDirection(direction.TopToBottom if is_below else direction.LeftToRight)
        self.folded.set_upright(is_upright=not is_below)
        self.splitter.setSizes([1000, 900] if is_below else [2000, 1100])
        self._arrange()

    @Slot(str)
    def fold_cloud(self, reason: str) -> None:
        """Fold the cloud's pane, which has nothing to show; "" unfolds it."""
        if reason == self.folded.reason and reason:
            return  # once unfolded it stays so while the reason is the same
        self.folded.show_reason(reason)
        self._is_folded = bool(reason)
        self._arrange()

    @Slot()
    def unfold(self) -> None:
        """Show the folded pane all the same."""
        self._is_folded = False
        self._arrange()

    @property
    def narrow_px(self) -> int:
        """Below this width slices and cloud have a tab each. Half of it grows with the texts: the
        controls of the 3D view become wider, the pictures do not.
        """
        return round(NARROW_PX * (1 + QFontInfo(self.font()).pixelSize() / USUAL_TEXT_PX) / 2)

    @property
    def in_order(self) -> tuple[Pane, ...]:
        """The panes in reading order."""
        return (*self._slices, self._cloud)

    def minimumSizeHint(self) -> QSize:
        """The width of slices or cloud alone, or the window could not become narrow enough for
        tabs.
        """
        wanted = super().minimumSizeHint()
        slices = sum(pane.minimumSizeHint().width() for pane in self._slices)
        return QSize(max(slices, self._cloud.minimumSizeHint().width()), wanted.height())

    def lay_over(
        self, bar: QWidget, page: QWidget, widest_px: int, *, above: Sequence[QWidget]
    ) -> None:
        """Lay a bar over the page that holds the panes, where it hides neither their corner texts
        nor what it must lie above: controls and notes of the 3D view.
        """
        room = partial(self._room, page, above)
        Floating(bar, page, widest_px=widest_px, room=room, beside=(self.slices, *above))

    def _room(self, over: QWidget, above: Sequence[QWidget]) -> QRect:
        room, shows_cloud = over.rect(), self._cloud.isVisible()
        if not self.slices.isVisible() or (self.is_below and shows_cloud):
            tops = [one.mapTo(over, QPoint(0, 0)).y() for one in above if one.isVisible()]
            return room.adjusted(0, 0, 0, min(tops, default=room.height()) - room.height())
        if shows_cloud:
            room.setWidth(self.slices.mapTo(over, self.slices.rect().topRight()).x())
        texts = CORNER_LINES * self.fontMetrics().height() + 2 * MARGIN_PX
        return room.adjusted(0, 0, 0, -max(texts, LEAST_PX))

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
        if pane is self._cloud:
            self._is_folded = False
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

    def changeEvent(self, event: QEvent) -> None:
        """Switch to tabs, or back, when texts get another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def _toggle_sender(self) -> None:
        sender = self.sender()
        assert isinstance(sender, Pane)
        self.toggle(sender)

    def _arrange(self) -> None:
        is_narrow = self.width() < self.narrow_px and self._maximised is None
        is_folded = self._is_folded and self._maximised is None
        has_tabs = is_narrow and not is_folded
        self.tabs.setVisible(has_tabs)
        self.folded.setVisible(is_folded)
        shows_cloud = self.tabs.currentIndex() == 1
        for pane in (*self._slices, self._cloud):
            if self._maximised is not None:
                pane.setVisible(pane is self._maximised)
            elif is_folded:
                pane.setVisible(pane is not self._cloud)
            else:
                pane.setVisible(not has_tabs or (pane is self._cloud) == shows_cloud)
        self.slices.setVisible(any(not pane.isHidden() for pane in self._slices))
        self.rearranged.emit()


def _splitter() -> QSplitter:
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setHandleWidth(4)
    splitter.setChildrenCollapsible(False)
    return splitter
