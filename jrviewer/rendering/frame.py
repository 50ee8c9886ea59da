"""How finely a frame is drawn: with all its pixels and parts, or with fewer while it moves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jrviewer.rendering.actors import AnyPlotter


@dataclass(frozen=True, slots=True)
class Detail:
    """Of a frame: its share of the pixels to each side, and whether it is drawn plainly."""

    share: float = 1.0
    is_plain: bool = False  # without eye-dome lighting, with coarser surfaces


FINE = Detail()


class Frame:
    """How large a plotter's picture is, and how it is drawn."""

    def __init__(self, plotter: AnyPlotter, *draw_plainly: Callable[[bool], None]) -> None:
        """`draw_plainly` are told before a plain frame, and after it."""
        self._plotter, self._draw_plainly = plotter, draw_plainly
        self._seen: tuple[int, int] | None = None  # while fewer pixels are drawn
        self.share = 1.0  # of the pixels to each side

    @property
    def size(self) -> tuple[int, int]:
        """Of the picture as it is seen, width and height in pixels."""
        width, height = self._seen or self._plotter.render_window.GetSize()
        return width, height

    @contextmanager
    def drawn(self, detail: Detail) -> Iterator[None]:
        """Draw frames in less detail; they are seen at the same size."""
        if detail == FINE:
            yield
            return
        window = self._plotter.render_window
        (width, height), dots = window.GetSize(), window.GetDPI()
        self._seen, self.share = (width, height), detail.share
        window.SetSize(*(max(1, round(detail.share * side)) for side in (width, height)))
        window.SetDPI(max(1, round(detail.share * dots)))  # of words
        self._tell(is_plain=detail.is_plain)
        try:
            yield
        finally:
            self._tell(is_plain=False)
            window.SetSize(width, height)
            window.SetDPI(dots)
            self._seen, self.share = None, 1.0

    def _tell(self, *, is_plain: bool) -> None:
        for draw_plainly in self._draw_plainly:
            draw_plainly(is_plain)
