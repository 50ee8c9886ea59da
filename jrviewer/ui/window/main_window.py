"""The window: lays out its parts and knows what is asked of it as a whole. `wiring` ties them."""

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
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from jrviewer import NOTICE
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.cloud.controller import CloudController
from jrviewer.ui.crash_log import versions
from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.slices.controller import SliceController
from jrviewer.ui.slices.slice_slider import SliceSlider
from jrviewer.ui.slices.slice_view import SliceView
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Busy, Session
from jrviewer.ui.widgets import theme
from jrviewer.ui.widgets.pane import Header, Pane
from jrviewer.ui.window import connections, tab_order
from jrviewer.ui.window.actions import Actions
from jrviewer.ui.window.app_menu import AppMenu
from jrviewer.ui.window.drop_target import DropTargetWindow
from jrviewer.ui.window.message_bar import MessageBar
from jrviewer.ui.window.panes import Panes
from jrviewer.ui.window.presenter import Presenter
from jrviewer.ui.window.series_list import SeriesList
from jrviewer.ui.window.series_list_visibility import SeriesListVisibility
from jrviewer.ui.window.status_bar import StatusBar
from jrviewer.ui.window.welcome import Welcome


class MainWindow(DropTargetWindow):
    """Three panes on one session."""

    def __init__(self, session: Session, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.session = session
        self.preferences = preferences or Preferences()
        self.setWindowTitle(f"JRViewer – {NOTICE}")
        self.resize(1500, 900)
        self.actions_ = Actions(self)
        self.original = SliceView()
        self.denoised = SliceView()
        self.cloud = CloudView()
        self.message_bar = MessageBar()
        self.series_list = SeriesList()
        self.slider = SliceSlider()
        self.status_bar = StatusBar()
        self.welcome = Welcome()
        self.original_pane, self.denoised_pane, self.cloud_pane = framed = (
            Pane(self.original, Header(self.tr("ORIGINAL"))),
            Pane(self.denoised, Header(self.tr("AI DENOISED"), badge=self.tr("AI"))),
            Pane(self.cloud),
        )
        self.panes = Panes([framed[0], framed[1]], framed[2])
        self.presenter = Presenter(session, framed, self.status_bar, self)
        self._lay_out()
        self.slice_controller = SliceController(self)
        self.cloud_controller = CloudController(self)
        self.app_menu = AppMenu(self)
        self.series_list_visibility = SeriesListVisibility(self)
        connections.connect(self)
        self.show_busy(None)
        self.cloud_controller.refresh()
        self.app_menu.begin()

    def _lay_out(self) -> None:
        self.bar = bar = self.addToolBar(self.tr("Tools"))
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self._words_px = 0  # the toolbar's width with words, known once it has had them
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.actions_.fill(bar)
        self._name_extension(bar)
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
        self.message_rows = rows  # strips of the desk come on top
        rows.addWidget(self.message_bar)
        rows.addWidget(self._pages, 1)
        rows.addWidget(self.slider)
        self.setCentralWidget(middle)
        self.setStatusBar(self.status_bar)

    def _name_extension(self, bar: QToolBar) -> None:
        """Qt's own button for the tools that do not fit: seen in the dark, told, reached by Tab."""
        button = bar.findChild(QToolButton, "qt_toolbar_ext_button")
        assert button is not None
        theme.set_icon(button, "more")
        button.setToolTip(self.tr("More tools"))
        button.setAccessibleName(self.tr("More tools"))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def showEvent(self, event: QShowEvent) -> None:
        """Everything has its place now."""
        super().showEvent(event)
        tab_order.arrange(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Icons alone, closer together, where the words would push tools out of sight."""
        super().resizeEvent(event)
        self.series_list_visibility.update_for_width()
        words, icons = (
            Qt.ToolButtonStyle.ToolButtonTextUnderIcon,
            Qt.ToolButtonStyle.ToolButtonIconOnly,
        )
        if self.bar.toolButtonStyle() == words:
            self._words_px = self.bar.sizeHint().width()
        style = words if self.width() >= self._words_px else icons
        if style != self.bar.toolButtonStyle():
            self.bar.setProperty("narrow", style == icons)  # the style sheet's
            theme.restyle(self.bar)
            self.bar.setToolButtonStyle(style)  # its layout takes the new sizes now

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
        self.app_menu.close_dialogs()
        self.session.close()
        self.cloud.close_interactor()
        event.accept()

    @Slot(object)
    def show_opened(self, series: object) -> None:
        """Other series are open."""
        self._pages.setCurrentIndex(1)
        self.original.setFocus()
        self.message_bar.hide()
        session = self.session
        self.series_list.show_series(
            session.all_series, session.refused_files, is_partial=session.is_partial
        )

    @Slot(str)
    def show_error(self, sentence: str) -> None:
        """Say what did not work."""
        self.message_bar.show_message("error", sentence)

    @Slot(str, str)
    def show_refused(self, sentence: str, reasons: str) -> None:
        """Say which files were not opened, and why."""
        details = f"{versions()}\n{reasons}"
        self.message_bar.show_message("error", sentence, details=details, nameless=reasons)

    @Slot(str)
    def show_warning(self, sentence: str) -> None:
        """Say what is not as one may expect."""
        self.message_bar.show_message("warning", sentence)

    @Slot(str)
    def show_exported(self, name: str) -> None:
        """Say what was written."""
        self.message_bar.show_message("note", self.tr("Exported: {}").format(name))

    @Slot(str)
    def offer_run(self, reason: str) -> None:
        """Say why the model did not run, and offer to run it all the same."""
        self.message_bar.show_message("warning", reason, self.tr("Run anyway"))

    @Slot(object)
    def show_busy(self, busy: Busy | None) -> None:
        """Tell what is being done, and allow what can be done meanwhile."""
        self.status_bar.show_busy(busy)
        self.actions_.cancel.setEnabled(busy is not None)
        has_slice = self.session.slice is not None
        self.actions_.run.setEnabled(busy is None and has_slice)
        if busy is None:
            self.presenter.show_no_result(self.tr("Not processed. Press Enter to run the model."))

    @Slot()
    def order_tabs(self) -> None:
        """Put a part that was made late into the order of the Tab key."""
        tab_order.arrange(self)

    @Slot()
    def run(self) -> None:
        """Run the model on the slice that is shown."""
        self.session.run()

    @Slot()
    def run_anyway(self) -> None:
        """Run the model against the input check's advice."""
        self.session.run(run_anyway=True)

    @Slot()
    def show_reasons(self) -> None:
        """Say why the input check is not green."""
        self.message_bar.show_message("warning", self.status_bar.check.toolTip())

    @Slot(QPoint)
    def show_menu(self, place: QPoint) -> None:
        """Open the slices' menu at a place on screen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.actions_.context_menu(menu)
        self.slice_controller.context_menu(menu)
        menu.popup(place)

    @Slot()
    def ask_files(self) -> None:
        """Ask for files to open."""
        self.session.open(file_dialogs.ask_files(self))

    @Slot()
    def ask_folder(self) -> None:
        """Ask for a folder to open."""
        self.session.open(file_dialogs.ask_folder(self))

    @Slot(QImage)
    def ask_picture(self, picture: QImage) -> None:
        """Ask where to save a picture of the 3D pane."""
        title = self.tr("Save a picture of the 3D view")
        if (path := file_dialogs.ask_target(self, title, "cloud.png", "png")) is None:
            return
        if picture.save(str(path)):
            self.show_exported(path.name)
        else:
            self.show_error(self.tr("The picture could not be written. Choose another folder."))

    @Slot()
    def toggle_full_screen(self) -> None:
        """Fill the screen, or give it back."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()
