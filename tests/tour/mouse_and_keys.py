"""Mouse and keyboard by xdotool, which the window system cannot distinguish from real ones."""

import subprocess
from collections.abc import Iterator

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

STEPS = 8

Place = tuple[float, float]  # shares of a widget's width and height


class MouseAndKeys:
    """Moves, presses and types. What takes more than one event is an iterator: the window must have
    its turn between them.
    """

    def go(self, x: int, y: int) -> None:
        """Move the pointer to a place on screen."""
        _xdotool("mousemove", x, y)

    def point_at(self, widget: QWidget, place: Place = (0.5, 0.5)) -> None:
        """Move the pointer onto a widget."""
        self.go(*on_screen(widget, place))

    def click(self, widget: QWidget, place: Place = (0.5, 0.5), button: int = 1) -> None:
        """Press and release on a widget."""
        self.point_at(widget, place)
        _xdotool("click", button)

    def press(self) -> None:
        """The left button goes down."""
        _xdotool("mousedown", 1)

    def release(self) -> None:
        """The left button goes up."""
        _xdotool("mouseup", 1)

    def way(self, start: tuple[int, int], end: tuple[int, int]) -> Iterator[None]:
        """From one place on screen to another, step by step."""
        for step in range(1, STEPS + 1):
            self.go(*(round(a + (b - a) * step / STEPS) for a, b in zip(start, end, strict=True)))
            yield

    def drag(self, widget: QWidget, start: Place, end: Place) -> Iterator[None]:
        """With the left button over a widget."""
        self.point_at(widget, start)
        yield
        self.press()
        yield
        yield from self.way(on_screen(widget, start), on_screen(widget, end))
        self.release()
        yield

    def key(self, *names: str) -> None:
        """Press and release keys, e.g. "ctrl+e"."""
        _xdotool("key", *names)

    def hold_key(self, name: str) -> None:
        """A key goes down."""
        _xdotool("keydown", name)

    def release_key(self, name: str) -> None:
        """A key goes up."""
        _xdotool("keyup", name)


def on_screen(widget: QWidget, place: Place) -> tuple[int, int]:
    """Device pixels of a place on a widget."""
    inside = QPoint(round(place[0] * widget.width()), round(place[1] * widget.height()))
    at, ratio = widget.mapToGlobal(inside), widget.devicePixelRatioF()
    return round(at.x() * ratio), round(at.y() * ratio)


def _xdotool(*words: object) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True)
