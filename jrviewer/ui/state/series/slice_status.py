"""What is known of each slice of a series: a map of the work done, and where to look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice


@dataclass(frozen=True, slots=True)
class SliceStatus:
    """What is known of one slice."""

    is_done: bool = False  # it has a result
    is_doubted: bool = False  # its input check is not green
    marks: int = 0  # places where structure, not only noise, may have been removed

    @property
    def needs_a_look(self) -> bool:
        """Whether somebody should look at it."""
        return self.is_doubted or self.marks > 0


def statuses(slices: Sequence[Slice], known: Mapping[Slice, Prediction]) -> tuple[SliceStatus, ...]:
    """The status of each slice."""
    return tuple(_status(known.get(one)) for one in slices)


def next_to_look(found: Sequence[SliceStatus], index: int, step: int) -> int | None:
    """The next slice that needs a look, before (−1) or behind (1) an index and round the ends."""
    count = len(found)
    order = [(index + step * away) % count for away in range(1, count + 1)]
    return next((place for place in order if found[place].needs_a_look), None)


def _status(prediction: Prediction | None) -> SliceStatus:
    if prediction is None:
        return SliceStatus()
    marks = 0 if prediction.removed is None else len(prediction.removed.marks)
    return SliceStatus(is_done=True, is_doubted=prediction.level != "green", marks=marks)
