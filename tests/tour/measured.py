"""The tour's scene about what is measured: the surface, a ruler on it, lengths by keys alone."""

from collections.abc import Callable

from PySide6.QtWidgets import QToolButton

from tests.tour.guide import Guide
from tests.tour.inputs import Inputs
from tests.tour.steps import Steps, button, choose, with_series

MOST_TRIES = 12


def measured(guide: Guide, inputs: Inputs) -> Steps:
    """The measured surface beside the points, a ruler on it, and measuring by keys alone."""
    window, session, hand = guide.window, guide.session, guide.hand
    tools = window.cloud.tools
    yield from with_series(guide, inputs)
    yield lambda: session.measured.surface is not None
    yield lambda: bool(tools.legend.distance.text())
    hand.click(button(tools, "Measured"))
    yield from guide.shot("3d-measured")
    yield from choose(guide, tools.colouring, 3)
    yield from guide.shot("3d-distance")
    yield from choose(guide, tools.colouring, 0)
    hand.key("shift+l")
    yield lambda: session.rulers.is_in_hand
    hand.key(*["shift+Left"] * 8, *["shift+Up"] * 3)
    yield from guide.shot("3d-ruler-crosshair")
    yield from _pick_up_from_here(guide, lambda: session.rulers.start is not None)
    hand.key(*["shift+Right"] * 16)
    yield from _pick_up_from_here(guide, lambda: len(session.rulers.items) == 1)
    yield from guide.shot("3d-ruler")
    (drawn,) = session.rulers.items
    hand.key("Tab", *["shift+Down"] * 2)
    yield lambda: session.rulers.items != (drawn,)
    yield from guide.shot("3d-ruler-moved")
    yield from _refuse_depth(guide)
    yield from _measure_by_keys(guide)


def _refuse_depth(guide: Guide) -> Steps:
    window, session, hand = guide.window, guide.session, guide.hand
    hand.click(button(window.cloud.tools, "Measured"))
    hand.key("shift+l")
    yield lambda: session.rulers.is_in_hand
    hand.key(*["shift+Down"] * 9)
    yield from _pick_up_from_here(guide, lambda: session.rulers.start is not None)
    hand.key(*["shift+Up"] * 12)
    yield from _pick_up_from_here(guide, lambda: "Inferred, not measured" in window.strip.text)
    yield from guide.shot("3d-ruler-refused")
    hand.key("Escape")
    yield lambda: not session.rulers.is_in_hand
    hand.click(next(one for one in window.strip.findChildren(QToolButton) if one.isVisible()))
    yield lambda: not window.strip.isVisible()


def _pick_up_from_here(guide: Guide, is_picked: Callable[[], bool]) -> Steps:
    """Try place after place, as nothing is picked between the points."""
    for _ in range(MOST_TRIES):
        guide.hand.key(*["Up"] * 4, "Return")
        yield from guide.calm()
        if is_picked():
            return
    yield is_picked


def _measure_by_keys(guide: Guide) -> Steps:
    session, hand = guide.session, guide.hand
    annotations = session.annotations
    hand.key("l")
    yield lambda: annotations.by_keys.crosshair is not None
    hand.key(*["shift+Left"] * 4, "Return")
    yield lambda: annotations.by_keys.start is not None
    hand.key(*["shift+Right"] * 8, "shift+Down")
    yield lambda: annotations.drawing is not None
    yield from guide.shot("measuring-by-keys")
    hand.key("Return")
    yield lambda: len(annotations.items) == 1
    hand.key("Tab", "Return")
    yield lambda: annotations.by_keys.hold is not None
    yield from guide.shot("measuring-held")
