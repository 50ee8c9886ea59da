"""Images held in 16 bits: a series of 300 slices with its results in half the memory.

A field of a frozen record is given and read as float32; only what lies between is smaller. As long
as somebody holds what was read, such as the pane that shows it, it is read again for nothing.
"""

import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from jrviewer.geometry import FloatArray

Record = TypeVar("Record")
MOST = float(np.iinfo(np.int16).max)


class Held:
    """One image (rows, columns): whole steps in 16 bits, or float32 where those would not do."""

    def __init__(self, image: FloatArray, step: float) -> None:
        self._stored: npt.NDArray[Any] = image
        self._step = 0.0
        self._read: Callable[[], FloatArray | None] = _nothing
        largest = float(np.abs(image).max(initial=0.0)) if step else np.inf
        if np.isfinite(largest) and largest <= MOST * step:
            self._stored, self._step = np.rint(image / np.float32(step)).astype(np.int16), step
        self._stored.flags.writeable = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns."""
        return self._stored.shape

    @property
    def image(self) -> FloatArray:
        """The image in float32, closed to writing."""
        if not self._step:
            return self._stored
        image = self._read()
        if image is None:
            image = self._stored * np.float32(self._step)
            image.flags.writeable = False
            self._read = weakref.ref(image)
        return image

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_read": _nothing}  # a weak reference stays in its process


def _nothing() -> None:
    """What nobody holds."""


class _Field:
    """A field whose images are held; `step_of` chooses the steps of each."""

    def __init__(self, name: str, step_of: "StepOf") -> None:
        self._name, self._step_of = name, step_of

    def __get__(self, record: object, owner: type | None = None) -> Any:  # noqa: ANN401
        return self if record is None else vars(record)[self._name].image

    def __set__(self, record: object, image: FloatArray) -> None:
        vars(record)[self._name] = Held(image, self._step_of(image))


StepOf = Callable[[FloatArray], float]
"""The step of an image's values that it may be held in, 0 where it must stay in float32."""


def held(**steps: StepOf) -> Callable[[type[Record]], type[Record]]:
    """Hold these fields of a record in 16 bits; the record must be a dataclass without slots."""

    def dress(record: type[Record]) -> type[Record]:
        for name, step_of in steps.items():
            setattr(record, name, _Field(name, step_of))
        return record

    return dress


def exact(image: FloatArray) -> float:
    """As it was given: CT in HU and most MR are whole numbers."""
    return 1.0 if np.array_equal(image, np.rint(image)) else 0.0


def fine(image: FloatArray) -> float:
    """In proportion to its largest value, 1/8 apart for CT: less than a model can mean."""
    largest = float(np.abs(image).max(initial=0.0))
    return float(2.0 ** np.ceil(np.log2(largest / MOST))) if 0 < largest < np.inf else 0.0
