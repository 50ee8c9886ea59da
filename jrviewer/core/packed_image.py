"""Images held small: in a quarter of the memory that they are read in.

A field of a frozen record is given and read as float32; only what lies between is smaller: whole
steps in 16 bits, of which the differences from pixel to pixel are deflated. As long as somebody
holds what was read, such as the pane that shows it, and while it is among the last few that were
read, it is read again for nothing; else it takes some 3 ms of a 512 × 512 slice.
"""

import weakref
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray

Record = TypeVar("Record")
SAMPLE, WORTH_IT = 1 << 14, 0.95  # bytes that are tried, and the share they must shrink to
MOST = float(np.iinfo(np.int16).max)
_RECENT: deque[FloatArray] = deque(maxlen=8)  # read by many in turn while one slice is shown


class Packed:
    """An array of any kind, deflated: exactly what was given, in less memory."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._shape, self._dtype = array.shape, array.dtype
        # First bytes, then second ones: the high bytes of neighbours are alike, the low ones noise.
        planes = np.ascontiguousarray(array).reshape(-1, 1).view(np.uint8).T
        self._planes = [_packed(plane.tobytes()) for plane in planes]

    @property
    def nbytes(self) -> int:
        """The bytes that it takes."""
        return sum(map(len, self._planes))

    @property
    def array(self) -> npt.NDArray[Any]:
        """What was given, anew."""
        planes = [np.frombuffer(zlib.decompress(plane), np.uint8) for plane in self._planes]
        return np.stack(planes, axis=1).view(self._dtype).reshape(self._shape)


class Held:
    """One image (rows, columns): whole steps in 16 bits, packed, or float32 where those would not
    do.
    """

    def __init__(self, image: FloatArray, step: float) -> None:
        self.shape: tuple[int, ...] = image.shape
        self._kept: Packed | FloatArray = image
        self._step = step
        self._read: Callable[[], FloatArray | None] = _nothing
        largest = float(np.abs(image).max(initial=0.0)) if step else np.inf
        if np.isfinite(largest) and largest <= MOST * step:
            self._kept = Packed(_rises(np.rint(image / np.float32(step)).astype(np.int16)))
        else:
            image.flags.writeable = False

    @property
    def nbytes(self) -> int:
        """The bytes that it takes while nobody reads it."""
        return self._kept.nbytes

    @property
    def image(self) -> FloatArray:
        """The image in float32, closed to writing."""
        if not isinstance(self._kept, Packed):
            return self._kept
        image = self._read()
        if image is None:
            image = _risen(self._kept.array) * np.float32(self._step)
            image.flags.writeable = False
            self._read = weakref.ref(image)
            _RECENT.append(image)
        return image

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_read": _nothing}  # a weak reference stays in its process


def _packed(plane: bytes) -> bytes:
    """Deflated, or stored as it is where its middle says that deflating would gain next to nothing:
    it takes most of the time.
    """
    middle = plane[len(plane) // 2 :][:SAMPLE]
    return _deflated(plane, 1 if len(_deflated(middle, 1)) < WORTH_IT * len(middle) else 0)


def _deflated(plane: bytes, level: int) -> bytes:
    """Of zlib's ways the one for noise: as small as any other here, in a fifth of the time."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    return deflate.compress(plane) + deflate.flush()


def _rises(steps: npt.NDArray[np.int16]) -> npt.NDArray[np.uint16]:
    """From each pixel to the next of its row, with steps down between those up: 0, −1, 1, −2, 2."""
    rise = np.diff(steps, axis=-1, prepend=np.int16(0))  # what overflows comes back in the sum
    return ((rise << 1) ^ (rise >> 15)).view(np.uint16)


def _risen(folded: npt.NDArray[np.uint16]) -> npt.NDArray[np.int16]:
    """The steps that `_rises` was given."""
    rise = (folded >> 1).view(np.int16) ^ -(folded & 1).view(np.int16)
    steps: npt.NDArray[np.int16] = np.cumsum(rise, axis=-1, dtype=np.int16)
    return steps


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
    """Hold these fields of a record packed; the record must be a dataclass without slots."""

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
