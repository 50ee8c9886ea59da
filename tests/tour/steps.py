"""The steps that many scenes of the tour share."""

from collections.abc import Iterator

from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QMenu,
    QTabBar,
    QWidget,
)

from jrviewer.core.prediction import Prediction
from tests.tour.drag_source import FIELD_PX, WIDTH_PX
from tests.tour.guide import Guide, Step
from tests.tour.inputs import Inputs
from tests.tour.mouse_and_keys import on_screen

SOURCE_AT = (1508, 30)  # the other program's window, beside ours

Steps = Iterator[Step]


def ready(guide: Guide) -> Steps:
    """The window is active and its 3D view is there."""
    yield lambda: guide.window.cloud.interactor is not None
    guide.window.activateWindow()
    yield guide.window.isActiveWindow


def carry(guide: Guide, inputs: Inputs, name: str, onto: QWidget, shown_as: str = "") -> Steps:
    """Drag a file from the other program onto a widget of ours, and let go."""
    mouse = guide.mouse
    place = inputs.all.index(getattr(inputs, name))
    ratio = guide.window.devicePixelRatioF()  # QT_SCALE_FACTOR holds for both programs
    x, y = SOURCE_AT[0] + WIDTH_PX / 2, SOURCE_AT[1] + (place + 0.5) * FIELD_PX
    start = round(x * ratio), round(y * ratio)
    mouse.go(*start)
    yield from guide.calm()
    mouse.press()
    yield None
    yield from mouse.way(start, on_screen(onto, (0.5, 0.5)))
    yield guide.window.highlight.isVisible
    if shown_as:
        yield from guide.shot(shown_as)
    mouse.release()
    yield lambda: not guide.window.highlight.isVisible()
    yield from guide.calm()


def choose(guide: Guide, choice: QComboBox, place: int) -> Steps:
    """Choose an entry by keys."""
    guide.mouse.click(choice)
    yield lambda: QApplication.activePopupWidget() is not None
    yield from guide.calm()
    guide.mouse.key("Home", *["Down"] * place, "Return")
    yield lambda: choice.currentIndex() == place and QApplication.activePopupWidget() is None


def pick(guide: Guide, opener: QWidget, place: int) -> Steps:
    """Pick an entry of a button's menu."""
    guide.mouse.click(opener)
    yield lambda: QApplication.activePopupWidget() is not None
    yield from guide.calm()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    at = menu.actionGeometry(menu.actions()[place]).center()
    guide.mouse.click(menu, (at.x() / menu.width(), at.y() / menu.height()))
    yield lambda: QApplication.activePopupWidget() is None


def tab_at(tabs: QTabBar, index: int) -> tuple[float, float]:
    at = tabs.tabRect(index).center()
    return at.x() / tabs.width(), at.y() / tabs.height()


def button(tools: QWidget, text: str) -> QAbstractButton:
    return next(
        one for one in tools.findChildren(QAbstractButton) if one.isVisible() and one.text() == text
    )


def is_open(guide: Guide) -> bool:
    dialog = guide.window.app_menu.dialog
    return isinstance(dialog, QDialog) and dialog.isActiveWindow()


def canvas_of(guide: Guide) -> QWidget:
    canvas = guide.window.cloud.interactor
    assert isinstance(canvas, QWidget)
    return canvas


def known_of(guide: Guide) -> Prediction:
    known = guide.session.prediction
    assert known is not None
    return known


def with_series(guide: Guide, inputs: Inputs) -> Steps:
    """The phantom's chest is open and its middle slice has a result."""
    yield from ready(guide)
    yield from carry(guide, inputs, "series", guide.window.welcome)
    yield lambda: guide.session.prediction is not None
