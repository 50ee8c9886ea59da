"""Whether contrast medium may be among what is as bright as bone.

Above 200 HU a threshold cannot tell an opacified heart from a vertebra. In a slice they differ:
blood is even, round and as bright at its edge as inside; bone has a brighter cortex, marrow is
uneven, and a vertebra lies in the middle of the back with nothing as large behind it. Works on
plain arrays; knows neither networks nor files.

Of 160 phantom slices without contrast medium (chest, abdomen, head) none shows it, nor does any of
340 slices of the 17 CT volumes whose vessels are not as bright as bone; five slices with contrast
medium in the bowel do. It is found in 70 of 86 phantom slices in which blood of 5 cm² or more is as
bright as bone, in 20 of 20 slices of RIDER-Pilot-0117 and in 23 of 33 of LIDC-IDRI-0001: small
vessels, kidneys and mixed blood are missed, so what the file states comes first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jrviewer.core.filters import finite, gaussian
from jrviewer.core.geometry import FloatArray, Plane, is_axial
from jrviewer.core.prediction import Contrast
from jrviewer.core.records import Slice
from jrviewer.imaging.body_masks import BoolArray, body_mask

LEVELS_HU = (150.0, 220.0, 300.0)  # a lower one joins blood with what is dull beside it
WORKING_MM = 2.0  # finer slices are averaged
SMOOTH_MM = 2.0
INSIDE_MM = 4.5  # from the rim: as deep as this partial volume and cortex do not reach
RIM_MM = 6.0  # around the inside, where a cortex would be
DULLEST_HU = 190.0  # below this nobody takes it for bone
BRIGHTEST_HU = 500.0  # blood of a first pass; evenly brighter is metal or bone

VERTEBRA_HU = 80.0  # marrow, also of old bones; muscle is darker
VERTEBRA_DEPTH_MM = 9.0  # no other bone of the back is as thick
BESIDE_MIDDLE_MM = 30.0  # where a vertebra may lie
BEHIND_MM = (18.0, 70.0)  # of a vessel's middle, where its vertebra is
SAME_HEIGHT_MM = 24.0  # and how far to either side


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the inside of a vessel of some size looks like at most."""

    from_mm2: float
    uneven: float  # standard deviation, as a share of its HU
    spread: float  # its area, as a multiple of the largest disc in it
    whole: float  # the area of all that is joined to it, as a multiple of a vessel's around it


_SHAPES = (  # the smaller, the more like bone
    _Shape(250.0, 0.13, 4.5, 2.2),
    _Shape(75.0, 0.06, 3.0, 1.7),
    _Shape(45.0, 0.045, 2.0, 1.7),
)
_CANAL_MM2 = 60.0  # enclosed by the ring of a vertebra
_PLAQUE = 0.3  # of the inside's area: what is brighter in a vessel's wall


def contrast_in(image: Slice, denoised: FloatArray) -> Contrast:
    """What the file states, or else what the denoised slice (rows, columns) shows. One that is not
    axial is not judged: along the body, vertebrae and vessels look otherwise.
    """
    if image.acquisition.states_contrast:
        return "stated"
    if image.unit != "HU" or image.spacing_source == "missing" or not is_axial(image.plane):
        return "none"
    seen = shows_vessels(_back_down(denoised, image.plane), image.plane.spacing_mm)
    return "seen" if seen else "none"


def shows_vessels(pixels_hu: FloatArray, spacing_mm: tuple[float, float]) -> bool:
    """Whether an axial slice (rows from front to back, columns) holds something bright, even, wide
    and round that is no bone: vessels or a heart with contrast medium, or a bowel.
    """
    return any(True for _ in vessels(pixels_hu, spacing_mm))


def vessels(pixels_hu: FloatArray, spacing_mm: tuple[float, float]) -> Iterator[BoolArray]:
    """The inside of each of them, on a grid (rows, columns) of about WORKING_MM; one that is found
    at several levels comes as often.
    """
    sides_mm = (size * mm for size, mm in zip(pixels_hu.shape, spacing_mm, strict=True))
    if min(sides_mm) <= 2 * INSIDE_MM:
        return  # too narrow to hold an inside; spacings in metres would make huge blocks
    image, step_mm = _averaged(pixels_hu, spacing_mm)
    if not (image > LEVELS_HU[0]).any():
        return
    slice_ = _Smoothed(image, step_mm)
    for level in LEVELS_HU:
        yield from slice_.vessels_above(level)


def _back_down(pixels: FloatArray, plane: Plane) -> FloatArray:
    """The slice with the patient's back at the last row, where its columns lead there."""
    return pixels[::-1] if plane.along_column[1] < 0 else pixels


class _Smoothed:
    """One slice (rows, columns) in HU, and how it looks around a place."""

    def __init__(self, image: FloatArray, step_mm: tuple[float, float]) -> None:
        self.step_mm = step_mm
        self._image = image
        self._smooth = self._blurred(SMOOTH_MM)
        self._pixel_mm2 = step_mm[0] * step_mm[1]
        self._trunk: BoolArray | None = None

    def vessels_above(self, level_hu: float) -> Iterator[BoolArray]:
        """The insides of what is brighter that are no bone's."""
        from scipy import ndimage

        bright = self._smooth > level_hu
        near = _around(bright, margin=4)
        depth = np.zeros_like(self._smooth)
        depth[near] = ndimage.distance_transform_edt(bright[near], sampling=self.step_mm)
        parts, _ = ndimage.label(depth > INSIDE_MM)
        sizes = np.bincount(parts.ravel())[1:] * self._pixel_mm2
        boxes = ndimage.find_objects(parts)
        for label in np.flatnonzero(sizes >= _SHAPES[-1].from_mm2) + 1:
            inside = parts == label
            box = boxes[label - 1]
            if self._is_even(inside[box], depth[box], self._smooth[box]) and not (
                self._is_bone(inside, box, bright)
            ):
                yield inside

    def _is_even(self, inside: BoolArray, depth: FloatArray, smooth: FloatArray) -> bool:
        values, area = smooth[inside], inside.sum() * self._pixel_mm2
        hu, shape = float(np.median(values)), _shape(area)
        disc_mm2 = np.pi * (depth[inside].max() - INSIDE_MM + 1) ** 2
        return bool(
            DULLEST_HU <= hu <= BRIGHTEST_HU
            and values.std() <= shape.uneven * hu
            and area <= shape.spread * disc_mm2
        )

    def _is_bone(self, inside: BoolArray, box: tuple[slice, ...], bright: BoolArray) -> bool:
        """By its cortex, by what it is joined to, or by where it lies."""
        hu = float(np.median(self._smooth[inside]))
        return (
            self._has_cortex(inside, self._wider(box, RIM_MM), bright, hu)
            or self._is_joined_to_bone(inside, hu)
            or not self._is_in_trunk(inside)
            or self._is_vertebra(inside)
        )

    def _has_cortex(
        self, inside: BoolArray, near: tuple[slice, ...], bright: BoolArray, hu: float
    ) -> bool:
        from scipy import ndimage

        away = ndimage.distance_transform_edt(~inside[near], sampling=self.step_mm)
        rim = self._smooth[near][(away > 0) & (away <= RIM_MM) & bright[near]]
        return len(rim) > 0 and bool(np.percentile(rim, 90) > 1.03 * hu)

    def _is_joined_to_bone(self, inside: BoolArray, hu: float) -> bool:
        """Whether what is about as bright and touches it is too large, a ring, or brighter."""
        from scipy import ndimage

        sharp = self._blurred(SMOOTH_MM / 2)
        parts, _ = ndimage.label(sharp > max(LEVELS_HU[0], 0.75 * hu))
        counts = np.bincount(parts[inside])
        counts[0] = 0
        if not counts.any():
            return True
        whole = parts == counts.argmax()
        area = inside.sum() * self._pixel_mm2
        radius_mm = np.sqrt(area / np.pi) + INSIDE_MM
        enclosed = ndimage.binary_fill_holes(whole) & ~whole
        brighter = (sharp[whole] > 1.2 * hu + 30).sum()
        return bool(
            whole.sum() * self._pixel_mm2 > _shape(area).whole * np.pi * radius_mm**2
            or enclosed.sum() * self._pixel_mm2 > _CANAL_MM2
            or brighter * self._pixel_mm2 > _PLAQUE * area
        )

    def _is_in_trunk(self, inside: BoolArray) -> bool:
        """Not in the table, nor in an arm beside the body."""
        return bool(self.trunk[inside].mean() > 0.9)

    def _is_vertebra(self, inside: BoolArray) -> bool:
        """In the middle of the back, and nothing as large as a vertebra behind it."""
        from scipy import ndimage

        row, column = (float(places.mean()) for places in np.nonzero(inside))
        rows, columns = (np.flatnonzero(self.trunk.any(axis=axis)) for axis in (1, 0))
        aside_mm = abs(column - (columns[0] + columns[-1]) / 2) * self.step_mm[1]
        if aside_mm > BESIDE_MIDDLE_MM or row < (rows[0] + rows[-1]) / 2:
            return False
        away = ndimage.distance_transform_edt(~inside, sampling=self.step_mm)
        solid = (self._smooth > VERTEBRA_HU) & (away > INSIDE_MM + 2.5)
        depth = ndimage.distance_transform_edt(solid, sampling=self.step_mm)
        first, last = (int(row + mm / self.step_mm[0]) for mm in BEHIND_MM)
        side = SAME_HEIGHT_MM / self.step_mm[1]
        behind = depth[first : last + 1, max(0, int(column - side)) : int(column + side) + 1]
        return not (behind >= VERTEBRA_DEPTH_MM).any()

    @property
    def trunk(self) -> BoolArray:
        """The largest part of the body."""
        from scipy import ndimage

        if self._trunk is None:
            parts, _ = ndimage.label(body_mask(self._image, "HU", self.step_mm))
            counts = np.bincount(parts.ravel())
            counts[0] = 0
            self._trunk = parts == (counts.argmax() if counts.any() else -1)
        return self._trunk

    def _blurred(self, over_mm: float) -> FloatArray:
        return gaussian(self._image, [over_mm / mm for mm in self.step_mm], truncate=2.5)

    def _wider(self, box: tuple[slice, ...], by_mm: float) -> tuple[slice, ...]:
        return tuple(
            slice(max(0, side.start - more), side.stop + more)
            for side, mm in zip(box, self.step_mm, strict=True)
            for more in [round(by_mm / mm) + 1]
        )


def _shape(area_mm2: float) -> _Shape:
    return next((one for one in _SHAPES if area_mm2 >= one.from_mm2), _SHAPES[-1])


def _around(mask: BoolArray, margin: int) -> tuple[slice, slice]:
    """The rows and columns that hold a mask, and some more; all where it is empty."""
    if not mask.any():
        return slice(None), slice(None)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(0, rows[0] - margin), rows[-1] + margin + 1),
        slice(max(0, columns[0] - margin), columns[-1] + margin + 1),
    )


def _averaged(
    pixels: FloatArray, spacing_mm: tuple[float, float]
) -> tuple[FloatArray, tuple[float, float]]:
    """Means of blocks of about WORKING_MM, and their size; a remainder at the edges is dropped."""
    down, across = (max(1, round(WORKING_MM / mm)) for mm in spacing_mm)
    rows, columns = pixels.shape[0] // down, pixels.shape[1] // across
    kept = finite(pixels[: rows * down, : columns * across], -1000.0)
    means = np.zeros((rows, columns), dtype=np.float32)
    for row in range(down):  # five times as fast as numpy's mean over two axes
        for column in range(across):
            means += kept[row::down, column::across]
    means /= down * across
    return means, (down * spacing_mm[0], across * spacing_mm[1])
