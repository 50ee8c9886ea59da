"""How finely the 3D pane is drawn while it moves, so that it keeps up with the hand."""

from jrviewer.rendering.frame import FINE, Detail

BUDGET_S = 0.030  # of a frame: 33 a second
STEPS = FINE, Detail(0.75), *(Detail(share, is_plain=True) for share in (0.6, 0.45, 0.35))
_ROOM = 0.4  # of the budget: what takes less may be drawn a step finer


class Pace:
    """Learns from how long frames took. A graphics card is fast enough for the finest."""

    def __init__(self) -> None:
        self._step = 0

    @property
    def detail(self) -> Detail:
        """Of the next frame of a movement."""
        return STEPS[self._step]

    def took(self, seconds: float, detail: Detail) -> None:
        """Learn from a frame that was drawn in some detail."""
        step = STEPS.index(detail)
        if seconds > BUDGET_S:
            self._step = max(self._step, min(step + 1, len(STEPS) - 1))
        elif seconds < _ROOM * BUDGET_S:
            self._step = min(self._step, max(step - 1, 0))
