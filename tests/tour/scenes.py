"""What the tour does, scene by scene, each in a process of its own. A scene waits for facts, never
for time; what it claims to show has been reached by mouse and keys alone.
"""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtWidgets import QApplication

from jrviewer.ui.cloud.toolbar import SIDES
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from jrviewer.ui.dialogs.settings_dialog import SettingsDialog
from tests.tour.guide import Guide
from tests.tour.inputs import Inputs
from tests.tour.measured import measured
from tests.tour.steps import (
    Steps,
    button,
    canvas_of,
    carry,
    choose,
    is_open,
    known_of,
    pick,
    ready,
    tab_at,
    with_series,
)

NARROW = (1000, 800)


def first_run(guide: Guide, inputs: Inputs) -> Steps:
    """The phantom, its truth, the notice and the four steps."""
    window, session = guide.window, guide.session
    yield from ready(guide)
    yield lambda: session.prediction is not None
    yield lambda: session.phantom_scores.of(known_of(guide)) is not None
    yield from guide.shot("first-run")
    guide.mouse.click(window.app_menu.notice.tick)
    yield lambda: not window.app_menu.notice.isVisible()
    canvas = canvas_of(guide)
    yield from guide.mouse.drag(canvas, (0.3, 0.4), (0.6, 0.5))
    yield lambda: "turn" in window.app_menu.steps.done
    yield from guide.mouse.drag(window.original, (0.3, 0.3), (0.4, 0.35))
    yield lambda: "compare" in window.app_menu.steps.done
    yield from guide.shot("first-run-two-steps-done")


def opening(guide: Guide, inputs: Inputs) -> Steps:
    """From nothing, through a real drag, to a series that is read, run and refused."""
    window, session = guide.window, guide.session
    yield from ready(guide)
    yield from guide.shot("empty")
    yield from carry(guide, inputs, "series", window.welcome, "drag-over")
    yield lambda: session.slice is not None
    guide.picture("loading")
    yield lambda: session.series is not None and len(session.series) == 120
    yield lambda: session.prediction is not None
    yield from guide.shot("series")
    place = session.index
    guide.mouse.key("period", "c")
    yield lambda: window.slice_controller.cine.plays and session.index > place
    guide.picture("playing")
    guide.mouse.key("c")
    yield lambda: not window.slice_controller.cine.plays and session.prediction is not None
    guide.mouse.key("Page_Down")
    yield lambda: session.foreground.is_running("predict") and session.prediction is None
    guide.picture("running")
    yield lambda: session.prediction is not None
    guide.mouse.key("ctrl+Return")
    yield lambda: "left" in window.status_bar.busy_text
    guide.picture("running-series")
    guide.mouse.key("Escape")
    yield lambda: session.prefetcher.busy is None
    yield from guide.shot("map-of-the-series")
    yield from carry(guide, inputs, "broken", canvas_of(guide), "drag-over-3d")
    yield lambda: "letter.dcm" in window.message_bar.text
    yield from guide.shot("error")


def checking(guide: Guide, inputs: Inputs) -> Steps:
    """Input checks that are not green, and a slice without a cloud."""
    window, session = guide.window, guide.session
    yield from ready(guide)
    yield from carry(guide, inputs, "no_spacing", window.welcome)
    yield lambda: session.prediction is not None
    yield from guide.shot("input-check-amber")
    guide.mouse.click(window.status_bar.check)
    yield lambda: bool(window.message_bar.text)
    yield from guide.shot("input-check-amber-why")
    yield from carry(guide, inputs, "colour", window.denoised)
    yield lambda: "colour" in window.denoised.message and window.presenter.offer.isVisible()
    yield from guide.shot("input-check-red")
    guide.mouse.click(window.presenter.offer)
    yield lambda: session.prediction is not None
    yield from guide.shot("run-anyway")
    yield from carry(guide, inputs, "mr", window.original)
    yield lambda: session.prediction is not None and session.prediction.cloud is None
    yield window.panes.folded.isVisible
    yield from guide.shot("mr-without-cloud")


def comparing(guide: Guide, inputs: Inputs) -> Steps:
    """Every way to compare and to measure."""
    window, session, mouse = guide.window, guide.session, guide.mouse
    yield from with_series(guide, inputs)
    mouse.key("2")
    mouse.key("s")
    yield lambda: session.compare.now.mode == "swipe"
    yield from mouse.drag(window.denoised, (0.5, 0.7), (0.35, 0.7))
    yield lambda: session.compare.now.split < 0.4
    yield from guide.shot("swipe")
    mouse.key("k")
    yield lambda: session.compare.now.shows_original
    guide.picture("flicker-original")
    yield lambda: not session.compare.now.shows_original
    guide.picture("flicker-ai")
    mouse.key("d")
    yield lambda: known_of(guide).removed is not None
    yield from guide.shot("removed")
    mouse.key("d", *["bracketleft"] * 4)
    yield lambda: session.compare.now.blend == 60
    yield from guide.shot("blend")
    mouse.key(*["bracketright"] * 4)
    mouse.hold_key("space")
    yield lambda: session.compare.now.peeks
    yield from guide.shot("space-held")
    mouse.release_key("space")
    mouse.key("3")
    yield from _measure(guide)
    mouse.click(window.original, (0.3, 0.8), 3)
    yield lambda: QApplication.activePopupWidget() is not None
    yield from guide.shot("menu")
    mouse.key("Escape")
    yield lambda: QApplication.activePopupWidget() is None
    mouse.key("ctrl+h", "i")
    yield from guide.shot("patient-text-hidden-inverted")
    mouse.key("ctrl+h", "i", "ctrl+d")
    yield lambda: session.demonstrations.series is not None
    yield lambda: session.demonstrations.of(known_of(guide)) is not None
    yield from guide.shot("simulated-dose")
    mouse.click(window.presenter.leave_twin)
    yield lambda: session.demonstrations.series is None


def _measure(guide: Guide) -> Steps:
    window, session, mouse = guide.window, guide.session, guide.mouse
    for number, (key, start, end) in enumerate(
        (
            ("l", (0.3, 0.45), (0.6, 0.5)),
            ("o", (0.55, 0.55), (0.65, 0.62)),
            ("shift+o", (0.3, 0.6), (0.4, 0.66)),
        ),
        start=1,
    ):
        mouse.key(key)
        yield lambda: bool(session.annotations.tool)
        yield from mouse.drag(window.original, start, end)
        yield lambda number=number: len(session.annotations.items) == number  # type: ignore[misc]
    drawn = session.annotations.items
    yield from mouse.drag(window.original, (0.6, 0.5), (0.62, 0.4))
    yield lambda: session.annotations.items != drawn
    yield from guide.shot("measuring")


def turning(guide: Guide, inputs: Inputs) -> Steps:
    """Colours, views, points and switches of the 3D pane."""
    window, mouse = guide.window, guide.mouse
    tools = window.cloud.toolbar
    yield from with_series(guide, inputs)
    for place, name in ((1, "uncertainty"), (2, "depth"), (0, "structure")):
        yield from choose(guide, tools.colouring, place)
        yield from guide.shot(f"3d-{name}")
    for place, view in enumerate(SIDES):
        yield from pick(guide, tools.view_button, place)
        yield from guide.shot(f"3d-view-{view}")
    mouse.point_at(window.original, (0.45, 0.4))
    yield lambda: bool(window.status_bar.probe.text())
    yield from guide.shot("3d-cross-probe")
    mouse.click(button(tools, "Reset"))
    yield from choose(guide, tools.density, 1)
    mouse.click(window.cloud.header, (0.7, 0.5))
    mouse.click(window.cloud.header, (0.7, 0.5))
    yield lambda: not window.original.isVisible()
    mouse.click(button(tools, "Parallel"))
    mouse.click(button(tools, "Outline"))
    yield from guide.shot("3d-alone-4096-parallel-outline")


def habits(guide: Guide, inputs: Inputs) -> Steps:
    """Settings, help, export, themes, a narrow window."""
    window, mouse = guide.window, guide.mouse
    yield from with_series(guide, inputs)
    mouse.key("ctrl+e")
    yield lambda: isinstance(window.app_menu.dialog, ExportDialog)
    yield from guide.shot("export")
    mouse.key("Escape")
    yield lambda: window.app_menu.dialog is None
    mouse.key("F1")
    yield partial(is_open, guide)
    yield from guide.shot("guide-and-keys")
    mouse.key("Escape")
    yield lambda: window.app_menu.dialog is None
    yield from _settings(guide)
    yield from guide.shot("light")
    mouse.key("ctrl+l")
    yield lambda: window.panes.is_below
    yield from guide.shot("cloud-below")
    mouse.key("ctrl+l")
    yield lambda: not window.panes.is_below
    x, y = window.frameGeometry().x(), window.frameGeometry().y()
    window.setGeometry(x, y + 30, *NARROW)
    yield window.panes.tabs.isVisible
    yield from guide.shot("narrow")
    mouse.click(window.panes.tabs, tab_at(window.panes.tabs, 1))
    yield window.cloud.isVisible
    yield from guide.shot("narrow-3d")


def _settings(guide: Guide) -> Steps:
    window, mouse = guide.window, guide.mouse
    mouse.key("ctrl+comma")
    yield lambda: isinstance(window.app_menu.dialog, SettingsDialog)
    dialog = window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    tabs = dialog.pages.tabBar()
    for page, name in ((2, "privacy"), (1, "ai"), (0, "display")):
        yield from guide.calm()
        mouse.click(tabs, tab_at(tabs, page))
        yield lambda page=page: dialog.pages.currentIndex() == page  # type: ignore[misc]
        yield from guide.shot(f"settings-{name}")
    yield from choose(guide, dialog.theme, 1)
    mouse.click(dialog.buttons.buttons()[0])
    yield lambda: window.app_menu.settings.theme == "light"


def without_opengl(guide: Guide, inputs: Inputs) -> Steps:
    """2D works, and the 3D pane says why it is off."""
    window, session = guide.window, guide.session
    yield window.isActiveWindow
    yield lambda: session.prediction is not None
    yield lambda: "OpenGL" in window.message_bar.text
    yield from guide.shot("no-opengl")


Scene = Callable[[Guide, Inputs], Steps]
SCENES: Mapping[str, Scene] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        first_run,
        opening,
        checking,
        comparing,
        turning,
        measured,
        habits,
        without_opengl,
    )
}
