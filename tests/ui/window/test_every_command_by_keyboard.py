"""Every control has a name that a screen reader can say, and is reached without a mouse."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QScrollBar,
    QTabBar,
    QTextBrowser,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import needs_opengl

UI = Path(__file__).resolve().parents[3] / "jrviewer" / "ui"
CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTabBar,
    QTextBrowser,
)
MOST_TABS = 80
SIGNS = {"✕", ""}  # of buttons without words: no name


def controls(root: QWidget) -> list[QWidget]:
    """What can be used, but for parts that Qt makes inside other controls."""
    found = [one for one in root.findChildren(QWidget) if isinstance(one, CONTROLS)]
    return [one for one in found if not _is_inside_another(one) and one.window() is root.window()]


def _is_inside_another(widget: QWidget) -> bool:
    name = widget.objectName()
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox | QTextBrowser | QAbstractItemView):
            return True
        parent = parent.parentWidget()
    return isinstance(widget, QScrollBar) or name.startswith("qt_")


def name_of(widget: QWidget) -> str:
    text = getattr(widget, "text", str)()
    return widget.accessibleName() or ("" if text in SIGNS else text)


def reached_by_tab(qtbot: QtBot, root: QWidget) -> set[QWidget]:
    """What has the keyboard in turn while Tab is pressed."""
    seen: set[QWidget] = set()
    for _ in range(MOST_TABS):
        focused = root.window().focusWidget()
        if focused is not None:
            seen.add(focused)
        qtbot.keyClick(focused or root, Qt.Key.Key_Tab)  # type: ignore[no-untyped-call]
    return seen


def has_key(widget: QWidget) -> bool:
    """Whether a key of the window does what a button does."""
    action = widget.defaultAction() if isinstance(widget, QToolButton) else None
    return isinstance(action, QAction) and bool(action.shortcuts())


def out_of_reach(qtbot: QtBot, root: QWidget) -> list[str]:
    usable = [one for one in controls(root) if one.isVisible() and one.isEnabled()]
    reached = reached_by_tab(qtbot, root)
    return [
        f"{type(one).__name__} {name_of(one)}"
        for one in usable
        if one not in reached and not has_key(one) and not _is_by_arrows(one, reached)
    ]


def _is_by_arrows(widget: QWidget, reached: set[QWidget]) -> bool:
    """Radio buttons of one group have one place in the row; the arrows choose among them."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and any(one in reached for one in group.buttons())


def nameless(root: QWidget) -> list[str]:
    return [repr(one) for one in controls(root) if not name_of(one)]


@pytest.fixture
def full_window(qtbot: QtBot, open_window: MainWindow, tmp_path: Path) -> MainWindow:
    """With everything that comes and goes: a list, a message with buttons."""
    (tmp_path / "empty.dcm").write_bytes(b"")
    with qtbot.waitSignal(open_window.session.predicted):
        open_window.session.open([tmp_path / "series", tmp_path / "empty.dcm"])
    open_window.message_bar.show_message(
        "error", "Something.", action="Run anyway", details="Nothing."
    )
    open_window.original.setFocus()
    return open_window


def test_every_control_of_the_window_has_a_name(full_window: MainWindow) -> None:
    assert len(controls(full_window)) > 40
    assert nameless(full_window) == []


@pytest.mark.vtk
@needs_opengl
def test_every_control_of_the_window_is_reached_without_a_mouse(
    qtbot: QtBot, full_window: MainWindow
) -> None:
    full_window.cloud.prepare()
    full_window.cloud.create()
    qtbot.waitUntil(lambda: full_window.cloud.toolbar.isEnabled())

    assert out_of_reach(qtbot, full_window) == []


def test_the_first_page_is_usable_without_a_mouse(qtbot: QtBot, window: MainWindow) -> None:
    assert nameless(window.welcome) == []
    assert out_of_reach(qtbot, window) == []


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [
        (Qt.Key.Key_E, mouse_and_keys.CTRL),
        (Qt.Key.Key_Comma, mouse_and_keys.CTRL),
        (Qt.Key.Key_F1, mouse_and_keys.PLAIN),
    ],
)
def test_every_control_of_a_dialog_has_a_name_and_is_reached_without_a_mouse(
    qtbot: QtBot, open_window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier
) -> None:
    qtbot.keyClick(open_window, key, modifiers)  # type: ignore[no-untyped-call]
    dialog = open_window.app_menu.dialog
    assert isinstance(dialog, QDialog)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()

    assert nameless(dialog) == []
    assert out_of_reach(qtbot, dialog) == []
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)  # type: ignore[no-untyped-call]
    assert open_window.app_menu.dialog is None


SPEAKING = {
    *("setText", "setToolTip", "setWindowTitle", "setAccessibleName", "setTitle", "setStatusTip"),
    *("addTab", "addItem", "addItems", "addRow", "QLabel", "QPushButton", "QCheckBox"),
    *("QRadioButton", "QAction", "say", "show_message", "show_nothing", "addMenu"),
}
# A name; kinds of the message line; names of file formats.
ALLOWED = {"JRViewer –", "error", "warning", "note", "PNG", "PDF", "PLY", "STL", "OBJ"}


def untranslated(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Words that go to the screen as they stand in the code, not through tr."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name not in SPEAKING:
            continue
        for given in [*call.args, *(word.value for word in call.keywords)]:
            yield from _literals(given)


def _literals(given: ast.expr) -> Iterator[tuple[int, str]]:
    """Texts in an argument, but for those that go through another call, tr or another."""
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        words = given.value
        if sum(letter.isalpha() for letter in words) > 1 and words.strip() not in ALLOWED:
            yield given.lineno, words
    elif not isinstance(given, ast.Call | ast.Subscript | ast.Attribute | ast.Compare):
        for part in ast.iter_child_nodes(given):
            if isinstance(part, ast.expr):
                yield from _literals(part)


@pytest.mark.parametrize("path", sorted(UI.rglob("*.py")), ids=lambda path: path.stem)
def test_every_word_on_screen_goes_through_tr(path: Path) -> None:
    found = list(untranslated(ast.parse(path.read_text(encoding="utf-8"))))

    assert found == []
