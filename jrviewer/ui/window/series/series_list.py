"""List of the open series with thumbnails and a button to close each, and of files not opened."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QIcon, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QWidget,
)

from jrviewer.core.records import Series
from jrviewer.imaging import windowing
from jrviewer.ui.state import captions
from jrviewer.ui.state.series.refusals import name_of

if TYPE_CHECKING:
    from jrviewer.dicom import Refused

THUMBNAIL_PX = 96
WIDTH_PX = 136
MARGIN_PX = 4
REFUSED_PX = 92  # height of an entry
LINES = 4  # below the picture: titles take two or three
ROW = "row"  # property of a button
NAME = Qt.ItemDataRole.UserRole  # of a refused file
MAX_REFUSED = 100  # entries; the rest is counted


class _WholeEntry(QStyledItemDelegate):
    """Gives what lies over an entry the whole entry, not its text alone."""

    def updateEditorGeometry(
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        editor.setGeometry(option.rect)


class SeriesList(QListWidget):
    """Emits which series the user chooses or closes."""

    series_requested = Signal(int)
    close_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Open series"))
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.TopToBottom)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.setFixedWidth(WIDTH_PX)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(True)
        self.setAcceptDrops(False)  # the window takes them
        self.setItemDelegate(_WholeEntry(self))
        self._names_shown = True
        self._chosen = -1  # the row of the series that is shown
        self._icons: dict[Series, QIcon] = {}
        self.itemClicked.connect(self._choose)
        self.itemActivated.connect(self._choose)

    def show_series(
        self,
        series: tuple[Series, ...],
        refused: "Sequence[Refused]" = (),
        parts: tuple[Series, ...] = (),
    ) -> None:
        """List series, and below them the refused files with reasons. Of `parts`, only the first
        slice has been read.
        """
        self.clear()
        self._icons = {one: self._icons.get(one) or _icon(_thumbnail(one)) for one in series}
        for place, one in enumerate(series):
            is_part = any(one is part for part in parts)
            item = QListWidgetItem(self._icons[one], self._caption(one, is_part=is_part))
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            item.setToolTip("\n".join((one.title, *one.warnings)))
            item.setSizeHint(QSize(self._entry_px, self._entry_height_px))
            self.addItem(item)
            self.setItemWidget(item, self._closer(one, place))
        for entry in refused[:MAX_REFUSED]:
            self._add_refused(name_of(entry), entry.message)
        if (more := len(refused) - MAX_REFUSED) > 0:
            self._add_refused(self.tr("{} more files not opened").format(more), "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep entries clear of the scroll bar."""
        super().resizeEvent(event)
        for item in (self.item(row) for row in range(self.count())):
            item.setSizeHint(QSize(self._entry_px, item.sizeHint().height()))

    @property
    def _entry_px(self) -> int:
        """Maximum width of an entry."""
        return self.viewport().width() - MARGIN_PX

    @property
    def _entry_height_px(self) -> int:
        return THUMBNAIL_PX + 2 * MARGIN_PX + LINES * self.fontMetrics().lineSpacing()

    def show_names(self, *, shown: bool) -> None:
        """Show or hide the names of refused files, which may identify a patient."""
        self._names_shown = shown
        for row in range(self.count()):
            self._name(self.item(row))

    def _name(self, item: QListWidgetItem) -> None:
        if (name := item.data(NAME)) is not None:
            said = name if self._names_shown else self.tr("(name hidden)")
            item.setText(f"✕ {said}\n{item.toolTip()}")

    def _add_refused(self, name: str, reason: str) -> None:
        item = QListWidgetItem()
        item.setData(NAME, name)
        item.setToolTip(reason)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)  # it cannot be chosen
        item.setSizeHint(QSize(self._entry_px, REFUSED_PX))
        self._name(item)
        self.addItem(item)

    def show_chosen(self, index: int) -> None:
        """Mark the series that is shown."""
        self._chosen = index
        self.setCurrentRow(index)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Mark the series that is shown again, not the one that the arrow keys went to."""
        super().focusOutEvent(event)
        self.setCurrentRow(self._chosen)

    def _closer(self, series: Series, row: int) -> QWidget:
        """A button that closes a series, in the corner of its entry; Ctrl+W does the same."""
        corner, button = QWidget(), QToolButton()
        button.setObjectName("closeSeries")
        button.setText("✕")
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        name = self.tr("Close {}").format(series.title or self.tr("this series"))
        button.setAccessibleName(name)
        button.setToolTip(self.tr("{}  (Ctrl+W closes the series shown)").format(name))
        button.setProperty(ROW, row)
        button.clicked.connect(self._request_closing)
        layout = QHBoxLayout(corner)
        layout.setContentsMargins(0, 2, 2, 0)
        layout.addStretch()
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return corner

    @Slot()
    def _request_closing(self) -> None:
        self.close_requested.emit(self.sender().property(ROW))

    def _caption(self, series: Series, *, is_part: bool) -> str:
        if is_part:
            return self.tr("first slice")
        count = len(series)
        several = self.tr("{} frames") if captions.is_clip(series) else self.tr("{} slices")
        words = self.tr("1 slice") if count == 1 else several.format(count)
        warned = "▲ " if _has_warnings(series) else ""  # it is told when the series is chosen
        return "\n".join(line for line in (series.title, warned + words) if line)

    def _choose(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsSelectable:
            self.series_requested.emit(self.row(item))
        else:
            self.setCurrentRow(self._chosen)


def _has_warnings(series: Series) -> bool:
    is_twin = series[0].simulated_dose is not None  # which its title says
    return not is_twin and (bool(series.warnings) or any(one.warnings for one in series))


def _icon(thumbnail: QPixmap) -> QIcon:
    """The same image for selected entries, which Qt would tint."""
    icon = QIcon(thumbnail)
    icon.addPixmap(thumbnail, QIcon.Mode.Selected)
    return icon


def _thumbnail(series: Series) -> QPixmap:
    """A thumbnail of the middle slice."""
    chosen = series[len(series) // 2]
    rows, columns = chosen.shape
    step = max(1, min(rows, columns) // THUMBNAIL_PX)
    grey = windowing.to_grey(chosen, chosen.pixels, windowing.default_window(chosen))
    small = grey[::step, ::step].copy()
    high, wide = small.shape
    image = QImage(small.tobytes(), wide, high, wide, QImage.Format.Format_Grayscale8)
    aspect = chosen.plane.spacing_mm[0] * rows / (chosen.plane.spacing_mm[1] * columns)
    size = QSize(round(THUMBNAIL_PX / max(aspect, 1)), round(THUMBNAIL_PX * min(aspect, 1)))
    return QPixmap.fromImage(image.scaled(size, mode=Qt.TransformationMode.SmoothTransformation))
