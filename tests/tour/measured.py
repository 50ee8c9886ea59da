"""The tour's scene about what is measured: the surface, a ruler on it, lengths by keys alone."""

from collections.abc import Callable

from PySide6.QtWidgets import QToolButton

from tests.tour.guide import Guide
from tests.tour.inputs import Inputs
from tests.tour.steps import Steps, button, choose, with_series

MOST_TRIES = 12


def measured(guide: Guide, inputs: Inputs) -> Steps:
    """The measured surface beside the points, a ruler on it, and measuring by keys alone."""
    window, session, mouse = guide.window, guide.session, guide.mouse
    tools = window.cloud.toolbar
    yield from with_series(guide, inputs)
    yield lambda: session.surface.mesh is not None
    yield lambda: bool(tools.legend.distances.words.text())
    yield from guide.calm()
    mouse.click(button(tools, "Measured"))
    yield lambda: button(tools, "Measured").isChecked()
    yield from guide.shot("3d-measured")
    yield from choose(guide, tools.colouring, 3)
    yield from guide.shot("3d-distance")
    yield from choose(guide, tools.colouring, 0)
    mouse.key("shift+l")
    yield lambda: session.rulers.is_active
    mouse.key(*["shift+Left"] * 8, *["shift+Up"] * 3)
    yield from guide.shot("3d-ruler-crosshair")
    yield from _pick_up_from_here(guide, lambda: session.rulers.start is not None)
    mouse.key(*["shift+Right"] * 16)
    yield from _pick_up_from_here(guide, lambda: len(session.rulers.items) == 1)
    yield from guide.shot("3d-ruler")
    (drawn,) = session.rulers.items
    mouse.key("Tab", *["shift+Down"] * 2)
    yield lambda: session.rulers.items != (drawn,)
    yield from guide.shot("3d-ruler-moved")
    yield from _refuse_depth(guide)
    yield from _measure_by_keys(guide)


def _refuse_depth(guide: Guide) -> Steps:
    window, session, mouse = guide.window, guide.session, guide.mouse
    mouse.click(button(window.cloud.toolbar, "Measured"))
    mouse.key("shift+l")
    yield lambda: session.rulers.is_active
    mouse.key(*["shift+Down"] * 9)
    yield from _pick_up_from_here(guide, lambda: session.rulers.start is not None)
    mouse.key(*["shift+Up"] * 12)
    yield from _pick_up_from_here(
        guide, lambda: "Inferred, not measured" in window.message_bar.text
    )
    yield from guide.shot("3d-ruler-refused")
    mouse.key("Escape")
    yield lambda: not session.rulers.is_active
    mouse.click(
        next(one for one in window.message_bar.findChildren(QToolButton) if one.isVisible())
    )
    yield lambda: not window.message_bar.isVisible()


def _pick_up_from_here(guide: Guide, is_picked: Callable[[], bool]) -> Steps:
    """Try place after place, as nothing is picked between the points."""
    for _ in range(MOST_TRIES):
        guide.mouse.key(*["Up"] * 4, "Return")
        yield from guide.calm()
        if is_picked():
            return
    yield is_picked


def _measure_by_keys(guide: Guide) -> Steps:
    session, mouse = guide.session, guide.mouse
    annotations = session.annotations
    mouse.key("l")
    yield lambda: session.keyboard_annotations.crosshair is not None
    mouse.key(*["shift+Left"] * 4, "Return")
    yield lambda: session.keyboard_annotations.start is not None
    mouse.key(*["shift+Right"] * 8, "shift+Down")
    yield lambda: annotations.drawing is not None
    yield from guide.shot("measuring-by-keys")
    mouse.key("Return")
    yield lambda: len(annotations.items) == 1
    mouse.key("Tab", "Return")
    yield lambda: session.keyboard_annotations.hold is not None
    yield from guide.shot("measuring-held")
