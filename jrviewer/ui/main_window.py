"""The window: lays out the panes and, in `_connect`, ties wishes to the session and facts to them.

The wires of comparing and measuring are in `reading`, of what is measured in 3D in `solid`, of
files, settings and exports in `desk`: each in one `_connect`, and nowhere else.
"""

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QImage,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jrviewer import NOTICE
from jrviewer.ui import dialogs, tab_order
from jrviewer.ui.actions import Actions
from jrviewer.ui.cloud_view import CloudView
from jrviewer.ui.crash import versions
from jrviewer.ui.desk import Desk
from jrviewer.ui.display import Display
from jrviewer.ui.drops import DropWindow
from jrviewer.ui.pane import Header, Pane
from jrviewer.ui.panes import Panes
from jrviewer.ui.reading import Reading
from jrviewer.ui.series_list import SeriesList
from jrviewer.ui.session import Busy, Session
from jrviewer.ui.slice_slider import SliceSlider
from jrviewer.ui.slice_view import SliceView
from jrviewer.ui.solid import Solid
from jrviewer.ui.status import Status
from jrviewer.ui.store import Store
from jrviewer.ui.strip import Strip
from jrviewer.ui.welcome import Welcome


class MainWindow(DropWindow):
    """Three panes on one session."""

    def __init__(self, session: Session, store: Store | None = None) -> None:
        super().__init__()
        self.session = session
        self.store = store or Store()
        self.setWindowTitle(f"JRViewer – {NOTICE}")
        self.resize(1500, 900)
        self.actions_ = Actions(self)
        self.original = SliceView()
        self.denoised = SliceView()
        self.cloud = CloudView()
        self.strip = Strip()
        self.series_list = SeriesList()
        self.slider = SliceSlider()
        self.status = Status()
        self.welcome = Welcome()
        self._original_pane, self.denoised_pane, self._cloud_pane = framed = (
            Pane(self.original, Header(self.tr("ORIGINAL"))),
            Pane(self.denoised, Header(self.tr("AI DENOISED"), badge=self.tr("AI"))),
            Pane(self.cloud),
        )
        self.panes = Panes([framed[0], framed[1]], framed[2])
        self.display = Display(session, framed, self.status, self)
        self._lay_out()
        self._connect()
        self.reading = Reading(self)
        self.solid = Solid(self)
        self._show_busy(None)
        self.desk = Desk(self)

    def _lay_out(self) -> None:
        self.bar = bar = self.addToolBar(self.tr("Tools"))
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self._words_px = 0  # the toolbar's width with words, known once it has had them
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.actions_.fill(bar)
        self.addActions(self.actions_.everything())
        viewer = QWidget()
        columns = QHBoxLayout(viewer)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(0)
        columns.addWidget(self.series_list)
        columns.addWidget(self.panes, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(viewer)
        middle = QWidget()
        rows = QVBoxLayout(middle)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self.above = rows  # strips of the desk come on top
        rows.addWidget(self.strip)
        rows.addWidget(self._pages, 1)
        rows.addWidget(self.slider)
        self.setCentralWidget(middle)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        """Every wire: first facts to the views, then wishes to the session."""
        session, view, display, actions = (
            self.session,
            self.session.view,
            self.display,
            self.actions_,
        )
        session.series_opened.connect(display.show_opened)
        session.series_opened.connect(self._show_opened)
        session.series_chosen.connect(self.series_list.show_chosen)
        session.shown.connect(display.show_slice)
        session.shown.connect(self.slider.show_place)
        session.shown.connect(actions.show_slice)
        session.predicted.connect(display.show_prediction)
        session.unpredicted.connect(display.show_unpredicted)
        session.withheld.connect(display.show_withheld)
        session.withheld.connect(self._offer_run)
        session.refused.connect(self._show_refused)
        session.failed.connect(self._show_error)
        session.failed.connect(display.show_not_done)
        session.busy_changed.connect(self._show_busy)
        session.device_known.connect(self.status.show_device)
        session.warned.connect(self._show_warning)
        view.changed.connect(display.show_view)
        view.changed.connect(actions.show_view)
        for pane in (self.original, self.denoised):
            pane.window_dragged.connect(view.drag_window)
            pane.panned.connect(view.pan_by)
            pane.zoomed.connect(view.zoom_by)
            pane.stepped.connect(session.step)
            pane.probed.connect(display.show_probe)
            pane.menu_wished.connect(self._show_menu)
            pane.resized.connect(display.share_viewport)
        self.panes.rearranged.connect(display.share_viewport)
        self.original.maximised.connect(self._original_pane.maximised)
        self.denoised.maximised.connect(self.denoised_pane.maximised)
        self.cloud.maximise_wanted.connect(self._cloud_pane.maximised)
        self.cloud.point_hovered.connect(display.show_hovered_point)
        self.cloud.picture_taken.connect(self._ask_picture)
        self.cloud.created.connect(self._order_tabs)
        self.cloud.failed.connect(self._show_error)
        self.files_dropped.connect(session.open)
        self.slider.index_chosen.connect(session.show)
        self.series_list.series_wished.connect(session.choose_series)
        self.strip.acted.connect(self._run_anyway)
        self.status.check.clicked.connect(self._show_reasons)
        self.welcome.open_wished.connect(self._ask_files)
        self.welcome.folder_wished.connect(self._ask_folder)
        actions.open.triggered.connect(self._ask_files)
        actions.open_folder.triggered.connect(self._ask_folder)
        actions.window_chosen.connect(session.set_preset)
        actions.auto.triggered.connect(session.set_auto_window)
        actions.stepped.connect(session.step)
        actions.reset.triggered.connect(session.reset_view)
        actions.reset.triggered.connect(self.cloud.reset_view)
        actions.fit.triggered.connect(session.fit)
        actions.invert.toggled.connect(self._invert)
        actions.smooth.toggled.connect(self._smooth)
        actions.patient.toggled.connect(self._show_patient_text)
        actions.run.triggered.connect(self._run)
        actions.full_screen.triggered.connect(self._toggle_full_screen)
        actions.quit.triggered.connect(self.close)

    def showEvent(self, event: QShowEvent) -> None:
        """Everything has its place now."""
        super().showEvent(event)
        tab_order.arrange(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Icons alone where the words would push tools out of sight."""
        super().resizeEvent(event)
        words, icons = (
            Qt.ToolButtonStyle.ToolButtonTextUnderIcon,
            Qt.ToolButtonStyle.ToolButtonIconOnly,
        )
        if self.bar.toolButtonStyle() == words:
            self._words_px = self.bar.sizeHint().width()
        self.bar.setToolButtonStyle(words if self.width() >= self._words_px else icons)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space held shows the original in the AI pane."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.session.compare.change(peeks=True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space released shows the AI slice again."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.session.compare.change(peeks=False)
        else:
            super().keyReleaseEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the worker and wait, then let OpenGL go, then accept."""
        self.desk.put_away()
        self.session.close()
        self.cloud.close_interactor()
        event.accept()

    @Slot(object)
    def _show_opened(self, series: object) -> None:
        self._pages.setCurrentIndex(1)
        self.original.setFocus()
        self.strip.hide()
        self.series_list.show_series(self.session.all_series, self.session.refused_files)

    @Slot(str)
    def _show_error(self, sentence: str) -> None:
        self.strip.say("error", sentence)

    @Slot(str, str)
    def _show_refused(self, sentence: str, reasons: str) -> None:
        details = f"{versions()}\n{reasons}"
        self.strip.say("error", sentence, details=details, nameless=reasons)

    @Slot(str)
    def _show_warning(self, sentence: str) -> None:
        self.strip.say("warning", sentence)

    @Slot(str)
    def show_exported(self, name: str) -> None:
        """Say what was written."""
        self.strip.say("note", self.tr("Exported: {}").format(name))

    @Slot(str)
    def _offer_run(self, reason: str) -> None:
        self.strip.say("warning", reason, self.tr("Run anyway"))

    @Slot(object)
    def _show_busy(self, busy: Busy | None) -> None:
        self.status.show_busy(busy)
        self.actions_.cancel.setEnabled(busy is not None)
        has_slice = self.session.slice is not None
        self.actions_.run.setEnabled(busy is None and has_slice)
        if busy is None:
            self.display.show_not_done(self.tr("Not processed. Press Enter to run the model."))

    @Slot()
    def _order_tabs(self) -> None:
        tab_order.arrange(self)

    @Slot()
    def _run(self) -> None:
        self.session.run()

    @Slot()
    def _run_anyway(self) -> None:
        self.session.run(run_anyway=True)

    @Slot()
    def _show_reasons(self) -> None:
        self.strip.say("warning", self.status.check.toolTip())

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.actions_.context_menu(menu)
        self.reading.context_menu(menu)
        menu.popup(place)

    @Slot(bool)
    def _invert(self, is_inverted: bool) -> None:
        self.session.view.change(is_inverted=is_inverted)

    @Slot(bool)
    def _smooth(self, is_smooth: bool) -> None:
        self.session.view.change(is_smooth=is_smooth)

    @Slot(bool)
    def _show_patient_text(self, is_shown: bool) -> None:
        self.session.view.change(has_patient_text=is_shown)

    @Slot()
    def _ask_files(self) -> None:
        self.session.open(dialogs.ask_files(self))

    @Slot()
    def _ask_folder(self) -> None:
        self.session.open(dialogs.ask_folder(self))

    @Slot(QImage)
    def _ask_picture(self, picture: QImage) -> None:
        title = self.tr("Save a picture of the 3D view")
        if (path := dialogs.ask_target(self, title, "cloud.png", "png")) is None:
            return
        if picture.save(str(path)):
            self.show_exported(path.name)
        else:
            self._show_error(self.tr("The picture could not be written. Choose another folder."))

    @Slot()
    def _toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()
