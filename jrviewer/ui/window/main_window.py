"""The main window: lays out its parts and handles what concerns the window as a whole."""

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from jrviewer import NOTICE
from jrviewer.core.errors import JRViewerError
from jrviewer.export.scene_picture import ScenePicture
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.cloud.controller import CloudController
from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.dialogs.new_picture import write_new_picture
from jrviewer.ui.slices.controller import SliceController
from jrviewer.ui.slices.slice_slider import SliceSlider
from jrviewer.ui.slices.slice_view import SliceView
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Busy, Session
from jrviewer.ui.state.view import View
from jrviewer.ui.widgets.pane import Header, Pane
from jrviewer.ui.window import tab_order
from jrviewer.ui.window.actions import Actions
from jrviewer.ui.window.app_menu import AppMenu
from jrviewer.ui.window.bars import tools
from jrviewer.ui.window.bars.message_bar import WIDEST_PX, MessageBar
from jrviewer.ui.window.bars.status_bar import StatusBar
from jrviewer.ui.window.bars.tool_bar import ToolBar
from jrviewer.ui.window.drop_target import DropTargetWindow
from jrviewer.ui.window.first_look import FirstLook
from jrviewer.ui.window.messages import Messages
from jrviewer.ui.window.panes import Panes
from jrviewer.ui.window.presenter import Presenter
from jrviewer.ui.window.saved_layout import restore_layout, save_layout
from jrviewer.ui.window.screen_fit import ScreenFit
from jrviewer.ui.window.series.series_list import SeriesList
from jrviewer.ui.window.series.series_list_visibility import SeriesListVisibility
from jrviewer.ui.window.welcome import Welcome


class MainWindow(DropTargetWindow):
    """Three panes for one session. `connections` connects its parts."""

    def __init__(self, session: Session, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.session = session
        self.preferences = preferences or Preferences()
        self.setWindowTitle(f"JRViewer – {NOTICE}")
        self.screen_fit = ScreenFit(self)
        self.screen_fit.set_first_size()
        self.actions_ = Actions(self)
        self.original = SliceView()
        self.denoised = SliceView()
        self.cloud = CloudView()
        self.message_bar = MessageBar()
        self.series_list = SeriesList()
        self.slider = SliceSlider(session)
        self.status_bar = StatusBar()
        self.messages = Messages(session, self.message_bar, self.status_bar)
        self.welcome = Welcome()
        self.original_pane, self.denoised_pane, self.cloud_pane = framed = (
            Pane(self.original, Header(self.tr("ORIGINAL"))),
            Pane(self.denoised, Header(self.tr("AI DENOISED"), badge=self.tr("AI"))),
            Pane(self.cloud),
        )
        self.panes = Panes([framed[0], framed[1]], framed[2])
        self.presenter = Presenter(session, framed, self.status_bar, self)
        self.slice_controller = SliceController(session, self.original, self.denoised, self)
        self.cloud_controller = CloudController(session, self.cloud, self)
        self.app_menu = AppMenu(session, self.preferences, self.messages, self)
        self.app_menu.shown_structures = self.cloud.toolbar.legend.structures
        self.first_look = FirstLook(session, self.cloud, self)
        self.series_list_visibility = SeriesListVisibility(
            self.series_list, self.actions_.series, self.message_bar, self.preferences
        )
        self._fill_toolbar()
        self._lay_out()
        self._add_slice_tools()
        self.addActions(
            [
                *self.actions_.everything(),
                *self.slice_controller.actions_.everything(),
                self.cloud.toolbar.ruler,
                *self.app_menu.everything(),
            ]
        )

    def restore(self) -> None:
        """Apply settings and layout of the last run, once the parts are connected."""
        self.show_busy(None)
        self.cloud_controller.refresh()
        self.first_look.takes_sample = not self.app_menu.steps.is_ended
        self.app_menu.apply_settings()
        self.update_actions()
        restore_layout(self, self.panes, self.preferences)
        self.actions_.below.setChecked(self.panes.is_below)
        self.screen_fit.keep_on_screen()

    def _fill_toolbar(self) -> None:
        self.bar = bar = ToolBar(self.tr("Tools"))
        self.addToolBar(bar)
        menu, slices = self.app_menu, self.slice_controller
        others = menu.everything()
        self.tools = tools.fill(bar, self.actions_, slices.actions_, menu.recent_menu, others)
        tools.fill_window_menu(
            self.tools.window, self.actions_, slices.actions_, slices.file_windows
        )

    def _lay_out(self) -> None:
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
        rows.addWidget(self._pages, 1)
        rows.addWidget(self.slider)
        self.setCentralWidget(middle)
        controls = self.cloud.toolbar, self.cloud.toolbar.legend.notes
        for bar in (self.message_bar, self.app_menu.notice):
            self.panes.lay_over(bar, self._pages, WIDEST_PX, above=controls)
        self.app_menu.notice.give_way_to(self.message_bar)
        self.app_menu.steps.float_over(self.original, self.denoised, self.cloud.stack)
        self.setStatusBar(self.status_bar)

    def _add_slice_tools(self) -> None:
        """Place the slice controller's widgets in the window."""
        controller = self.slice_controller
        label = QLabel(self.tr("Blend"))
        label.setObjectName("paneDetail")
        self.denoised_pane.add_tool(label, gives_way=True)  # the slider has a tooltip
        self.denoised_pane.add_tool(controller.blend)
        self.slider.add_tool(controller.rate_control)
        self.status_bar.insertWidget(1, controller.roi_readout)
        self.status_bar.insertPermanentWidget(3, controller.residual_button)
        history = [controller.actions_.undo, controller.actions_.redo]
        self.cloud.toolbar.history_actions = history

    def showEvent(self, event: QShowEvent) -> None:
        """Order the tabs, and keep the frame on screen: both are known now."""
        super().showEvent(event)
        self.order_tabs()
        self.screen_fit.check_first_show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the series list and the toolbar's texts where they do not fit."""
        super().resizeEvent(event)
        self.series_list_visibility.update_for_width(self.width(), self.panes.narrow_px)
        self.bar.update_for_width(self.width())

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
        """Stop the worker and wait, then free OpenGL, then accept."""
        save_layout(self, self.panes, self.preferences)
        self.app_menu.close_dialogs()
        self.first_look.end()
        self.session.close()
        self.cloud.close_interactor()
        event.accept()

    @Slot(object)
    def show_opened(self, series: object) -> None:
        """Show the viewer and list the opened series."""
        self._pages.setCurrentIndex(1)
        self.original.setFocus()
        self.list_series()
        self.series_list_visibility.show_hint(len(self.session.all_series))

    @Slot()
    def list_series(self) -> None:
        """List the open series and the refused files."""
        session = self.session
        refused = session.opening.refused_files
        self.series_list.show_series(session.all_series, refused, session.opening.shelf.parts)
        if session.series in session.all_series:
            self.series_list.show_chosen(session.all_series.index(session.series))

    @Slot()
    def show_emptied(self) -> None:
        """Offer to open something: the last series was closed."""
        self._pages.setCurrentIndex(0)
        self.message_bar.hide()
        self.update_actions()

    @Slot()
    def close_series(self) -> None:
        """Close the series that is shown."""
        session = self.session
        if session.series is not None:
            session.close_series(session.all_series.index(session.series))

    @Slot(object)
    def show_busy(self, busy: Busy | None) -> None:
        """Show what is being done, and enable what can be done meanwhile."""
        self.status_bar.show_busy(busy)
        has_slice = self.session.slice is not None
        self.actions_.run.setEnabled(busy is None and has_slice)
        if busy is None:
            self.presenter.show_no_result(self.tr("Not processed. Press Enter to run the model."))

    @Slot()
    def order_tabs(self) -> None:
        """Set the order of the Tab key, also after a part was created later."""
        menu = self.app_menu
        tab_order.arrange(
            (
                *(self.bar, menu.notice, self.message_bar, self.welcome),
                *(self.series_list, self.panes.tabs, *self.panes.in_order, self.panes.folded),
                *(self.slider, self.status_bar),
            )
        )

    @Slot()
    def update_actions(self) -> None:
        """Enable export and copying if there is a result, and "Run series" for several slices."""
        series, shown = self.session.series, self.session.slice
        self.actions_.allow(shown, self.session.prediction)
        is_acquired = shown is None or shown.simulated_dose is None
        self.cloud.toolbar.picture.setEnabled(is_acquired)
        self.actions_.run_series.setEnabled(series is not None and len(series) > 1)

    @Slot(object)
    def show_view(self, view: View) -> None:
        """Show or hide names that may identify a patient."""
        self.series_list.show_names(shown=view.has_patient_text)
        self.message_bar.show_names(shown=view.has_patient_text)

    @Slot()
    def watch_cloud(self) -> None:
        """Tick the first step "turn" when the cloud is turned for the first time."""
        if self.cloud.interactor is not None and "turn" not in self.app_menu.steps.done:
            self.app_menu.steps.watch(self.cloud.interactor)

    @Slot()
    def run(self) -> None:
        """Run the model on the slice that is shown."""
        self.session.run()

    @Slot()
    def run_anyway(self) -> None:
        """Run the model although the input check refused the slice."""
        self.session.run(run_anyway=True)

    @Slot(QPoint)
    def show_menu(self, place: QPoint) -> None:
        """Open the slices' menu at a position on screen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.actions_.context_menu(menu)
        self.slice_controller.context_menu(menu, after=self.actions_.presets[-1])
        menu.popup(place)

    @Slot()
    def ask_files(self) -> None:
        """Ask for files to open."""
        self.session.open(file_dialogs.ask_files(self))

    @Slot()
    def ask_folder(self) -> None:
        """Ask for a folder to open."""
        self.session.open(file_dialogs.ask_folder(self))

    @Slot(object)
    def ask_picture(self, picture: ScenePicture | None) -> None:
        """Ask where to save an image of the 3D pane."""
        if picture is None:
            return
        title = self.tr("Save an image of the 3D view")
        if (path := file_dialogs.ask_target(self, title, "cloud.png", "png")) is None:
            return
        try:
            self.messages.show_exported(write_new_picture(picture, path))
        except JRViewerError as error:
            self.messages.show_error(str(error))

    @Slot()
    def toggle_full_screen(self) -> None:
        """Switch full screen on or off."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()
