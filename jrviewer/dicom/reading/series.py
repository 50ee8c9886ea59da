"""Slices → series: one acquisition in one orientation, ordered along the normal.

Instance numbers order slices only where positions are missing; what cannot be decided becomes a
warning that the user sees.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Series, Slice
from jrviewer.dicom.reading.series_tags import Tags

_SAME_PLACE_MM = 0.01
_SAME_DIRECTION = 0.01  # largest difference of a direction cosine within a series
_TILT_DEGREES = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Tagged:
    """A slice and what its data set says about the series it belongs to."""

    slice: Slice
    tags: Tags

    @property
    def position_mm(self) -> float:
        """Place along the normal; frames of a series without positions count up instead."""
        acquisition = self.slice.acquisition
        found = acquisition.position_mm
        return float(acquisition.instance_number or 0) if found is None else found


def into_series(tagged: Sequence[Tagged]) -> tuple[Series, ...]:
    """Series of all slices, in the order in which their first slices came."""
    stacks: dict[Hashable, list[Tagged]] = defaultdict(list)
    for one in tagged:
        clip = "" if one.slice.has_position else one.tags.clip  # frames count up in each anew
        stacks[one.tags.series, clip].append(one)
    series = [
        _series(part, extra)
        for stack in stacks.values()
        for direction in _by_plane(stack)
        for part, extra in _by_time(direction)
    ]
    return tuple(series)


def _by_plane(stack: list[Tagged]) -> list[list[Tagged]]:
    """Parts of the same orientation, shape and kind of pixels."""
    parts: list[list[Tagged]] = []
    for one in stack:
        fitting = next((part for part in parts if _fits(part[0].slice, one.slice)), None)
        if fitting is None:
            parts.append([one])
        else:
            fitting.append(one)
    return parts


def _fits(first: Slice, other: Slice) -> bool:
    if first.shape != other.shape or first.has_position != other.has_position:
        return False
    if (first.colour is None) != (other.colour is None) or first.unit != other.unit:
        return False
    pairs = (
        (first.plane.along_row, other.plane.along_row),
        (first.plane.along_column, other.plane.along_column),
    )
    return all(np.abs(a - b).max() <= _SAME_DIRECTION for a, b in pairs) and bool(
        np.allclose(first.plane.spacing_mm, other.plane.spacing_mm, rtol=1e-3)
    )


def _by_time(part: list[Tagged]) -> list[tuple[list[Tagged], list[str]]]:
    """Parts without two slices in one place, and what to say about them.

    Copies are dropped; then the first tag that tells all slices of one place apart separates them:
    a time, an echo, a phase. Without such a tag they are dealt out in order.
    """
    kept, copies = _without_copies(part)
    said = [f"{_count(copies, 'copy', 'copies')} of slices left out."] if copies else []
    if not kept[0].slice.has_position or _largest_pile(kept) == 1:
        return [(kept, said)]
    for index in range(len(kept[0].tags.times)):
        by_value: dict[Hashable, list[Tagged]] = defaultdict(list)
        for one in kept:
            by_value[one.tags.times[index]].append(one)
        if len(by_value) > 1 and all(_largest_pile(group) == 1 for group in by_value.values()):
            note = f"One of {len(by_value)} volumes of the same place, told apart by time or kind."
            return [(group, [*said, note]) for group in by_value.values()]
    said.append("Several slices lie in the same place and could not be told apart for certain.")
    return [(group, said) for group in _dealt(kept)]


def _without_copies(part: list[Tagged]) -> tuple[list[Tagged], int]:
    seen: set[Hashable] = set()
    kept = []
    for one in part:
        source = one.slice.source
        key = (source.sop_instance_uid or source.pixels_sha256, source.frame, source.pixels_sha256)
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept, len(part) - len(kept)


def _largest_pile(part: list[Tagged]) -> int:
    return max(Counter(_rounded(one) for one in part).values())


def _rounded(one: Tagged) -> int:
    return round(one.position_mm / _SAME_PLACE_MM / 10)


def _dealt(part: list[Tagged]) -> list[list[Tagged]]:
    """The first slices of all places, the second slices, and so on, by instance number."""
    piles: dict[int, list[Tagged]] = defaultdict(list)
    for one in sorted(part, key=lambda one: one.slice.acquisition.instance_number or 0):
        piles[_rounded(one)].append(one)
    height = max(len(pile) for pile in piles.values())
    return [
        [pile[level] for pile in piles.values() if level < len(pile)] for level in range(height)
    ]


def _series(part: list[Tagged], said: list[str]) -> Series:
    ordered = sorted(part, key=_in_order)
    slices = tuple(one.slice for one in ordered)
    return Series(slices, ordered[0].tags.title, (*said, *_geometry_warnings(slices)))


def _in_order(one: Tagged) -> tuple[float, float, int]:
    part = 0 if one.slice.has_position else one.tags.part
    return part, one.position_mm, one.slice.source.frame


def _geometry_warnings(slices: tuple[Slice, ...]) -> list[str]:
    if len(slices) < 2 or not slices[0].has_position:
        return []
    origins = np.stack([one.plane.origin_mm for one in slices])
    normal = slices[0].plane.normal
    return [*_tilt(origins, normal), *_gaps(origins @ normal)]


def _tilt(origins: FloatArray, normal: FloatArray) -> list[str]:
    """Slices shifted against each other across the normal, as by a tilted gantry."""
    along = origins[-1] - origins[0]
    length = float(np.linalg.norm(along))
    if length < _SAME_PLACE_MM:
        return []
    degrees = float(np.degrees(np.arccos(min(abs(float(along @ normal)) / length, 1.0))))
    if degrees < _TILT_DEGREES:
        return []
    return [f"The slices are shifted against each other, as by a gantry tilted {degrees:.0f}°."]


def _gaps(positions: FloatArray) -> list[str]:
    steps = np.diff(positions)
    steps = steps[steps > _SAME_PLACE_MM]
    if len(steps) < 2:
        return []
    usual = float(np.median(steps))
    missing = int(np.sum(np.round(steps / usual) - 1, where=steps > 1.5 * usual))
    if missing:
        return [f"{_count(missing, 'slice', 'slices')} missing: the series has gaps."]
    if np.any(np.abs(steps - usual) > 0.1 * usual):
        return ["The distances between the slices are not all the same."]
    return []


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
