"""Slices of one series and orientation, separated into volumes: no two slices in one place.

Copies are left out first. See `series` for the rule.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from jrviewer.core.records import Slice
from jrviewer.dicom.reading.series_tags import OF_WHOLE_PASSES, SeriesTags

_LARGEST_JITTER_MM = 0.1  # closer positions along the normal are one place …
_JITTER_PIXELS = 0.2  # … and so are those closer than this, where pixels are very small
_FEWEST_PLACES = 2  # of a volume
_FEWEST_OF_A_STATION = 8  # slices; shorter runs are blocks of one pass
_FEWEST_OF_A_PASS = 3  # slices, of which the steps are even
_MOST_PASSES = 4
_SAME_STEP = 0.1  # relative
_MOST_SHARED = 0.5  # of a station's places, with the stations beside it
_MOST_NAMED = 5  # copies whose numbers are told


@dataclass(frozen=True, slots=True, eq=False)
class TaggedSlice:
    """A slice and what its data set states about its series."""

    slice: Slice
    tags: SeriesTags

    @property
    def position_mm(self) -> float:
        """Position along the normal; the instance number where there is none."""
        found = self.slice.acquisition.position_mm
        return float(self.number or 0) if found is None else found

    @property
    def number(self) -> int | None:
        """Instance number."""
        return self.slice.acquisition.instance_number


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Slices of one volume, or of one place (`is_cine`), in the order in which they are shown."""

    slices: list[TaggedSlice]
    notes: list[str]
    is_cine: bool = False


def volumes(part: Sequence[TaggedSlice]) -> list[Volume]:
    """Separate slices of one orientation into volumes, each with notes for the user."""
    kept, copies = _without_copies(part)
    notes = [_left_out(copies)] if copies else []
    if not kept[0].slice.has_position:
        return [Volume(sorted(kept, key=_by_number), notes)]
    places = _places(kept)
    count = len(set(places.values()))
    if count == 1 and len(kept) > 1:
        notes.append(f"All {len(kept)} slices lie in one place; they are shown one after another.")
        return [Volume(_in_time(kept, places), notes, is_cine=True)]
    parts, is_certain = _separated(kept, places, max(_FEWEST_PLACES, (count + 1) // 2))
    if len(parts) > 1:
        notes.append(_split_note(parts, places, is_certain=is_certain))
    return [Volume(sorted(one, key=lambda each: each.position_mm), notes) for one in parts]


def _split_note(
    parts: Sequence[Sequence[TaggedSlice]], places: "Places", *, is_certain: bool
) -> str:
    if not is_certain:
        return (
            "Several slices lie in the same place and could not be told apart for certain; "
            f"they were dealt out to {len(parts)} series."
        )
    if _are_stations(parts, places):
        return f"One of {len(parts)} stations along the body, which overlap; each is a series."
    if not set.intersection(*({places[id(one)] for one in part} for part in parts)):
        return (
            f"One of {len(parts)} volumes whose slices lie between each other, told apart by kind."
        )
    return f"One of {len(parts)} volumes of the same place, separated by time or kind."


def _left_out(copies: Sequence[TaggedSlice]) -> str:
    """Which slices are there once only, by their number in the series."""
    count = _count(len(copies), "duplicate slice was", "duplicate slices were")
    numbers = sorted({one.number for one in copies if one.number is not None})
    if not numbers:
        return f"{count} left out."
    named = ", ".join(map(str, numbers[:_MOST_NAMED]))
    more = ", …" if len(numbers) > _MOST_NAMED else ""
    which = "number" if len(numbers) == 1 else "numbers"
    return f"{count} left out: {which} {named}{more} had come more than once."


Places = dict[int, int]  # of each slice, by its id


def _places(slices: Sequence[TaggedSlice]) -> Places:
    """Number slices by place along the normal; neighbours that hardly differ share one."""
    ordered = sorted(slices, key=lambda one: one.position_mm)
    steps = np.diff([one.position_mm for one in ordered])
    numbers = [0, *np.cumsum(steps > _tolerance_mm(ordered[0].slice)).tolist()]
    return {id(one): number for one, number in zip(ordered, numbers, strict=True)}


def _tolerance_mm(image: Slice) -> float:
    return min(_LARGEST_JITTER_MM, _JITTER_PIXELS * min(image.plane.spacing_mm))


def _without_copies(
    part: Sequence[TaggedSlice],
) -> tuple[list[TaggedSlice], list[TaggedSlice]]:
    """The slices, and apart from them those that are equal to another in content, place, number
    and kind.
    """
    known: dict[object, list[TaggedSlice]] = defaultdict(list)
    kept, copies = [], []
    for one in part:
        source = one.slice.source
        key = (source.pixels_sha256, source.frame, one.number, one.tags.kinds_without_uid)
        if not any(_is_copy(one, other) for other in known[key]):
            known[key].append(one)
            kept.append(one)
        else:
            copies.append(one)
    return kept, copies


def _is_copy(one: TaggedSlice, other: TaggedSlice) -> bool:
    """Whether slices of equal content, number and kind are one: by place, or else by UID."""
    uid = one.slice.source.sop_instance_uid
    is_same_object = bool(uid) and uid == other.slice.source.sop_instance_uid
    if not one.slice.has_position:
        return is_same_object
    apart = np.linalg.norm(one.slice.plane.origin_mm - other.slice.plane.origin_mm)
    is_numbered = one.number is not None
    return bool(apart <= _tolerance_mm(one.slice)) and (is_same_object or is_numbered)


def _separated(
    slices: list[TaggedSlice], places: Places, fewest: int
) -> tuple[list[list[TaggedSlice]], bool]:
    """Volumes, and whether attributes separated them. Each attribute is used only if every part
    covers at least `fewest` places or is a station, preferably one that separates everything at
    once; what no attribute separates is dealt out.
    """
    if passes := _passes(slices, places):
        return passes, True
    if _largest_pile(slices, places) == 1:
        return [slices], True
    splits = [
        parts
        for index in range(len(slices[0].tags.kinds))
        if len(parts := _by_kind(slices, index)) > 1
        and (
            all(len({places[id(one)] for one in part}) >= fewest for part in parts)
            or _are_stations(parts, places)
        )
    ]
    if not splits:
        return _dealt(slices, places), False
    complete = (s for s in splits if all(_largest_pile(part, places) == 1 for part in s))
    below = [_separated(part, places, fewest) for part in next(complete, splits[0])]
    return [volume for parts, _ in below for volume in parts], all(certain for _, certain in below)


def _passes(slices: Sequence[TaggedSlice], places: Places) -> list[list[TaggedSlice]]:
    """Passes or reconstructions of one stretch of the body, which an attribute that single slices
    never differ in tells apart; none where there is only one.
    """
    for index in OF_WHOLE_PASSES:
        parts = _by_kind(slices, index)
        if 1 < len(parts) <= _MOST_PASSES and all(_is_even(part, places) for part in parts):
            ends = [sorted(one.position_mm for one in part)[:: len(part) - 1] for part in parts]
            if max(first for first, _ in ends) < min(last for _, last in ends):
                return parts
    return []


def _is_even(part: Sequence[TaggedSlice], places: Places) -> bool:
    """Whether slices are enough, one in each place, and evenly spaced, as a scanner makes them."""
    if len(part) < _FEWEST_OF_A_PASS or _largest_pile(part, places) > 1:
        return False
    steps = np.diff(sorted(one.position_mm for one in part))
    return bool(np.ptp(steps) <= _SAME_STEP * np.median(steps))


def _are_stations(parts: Sequence[Sequence[TaggedSlice]], places: Places) -> bool:
    """Whether parts follow each other along the body, and share only their ends."""
    runs = [{places[id(one)] for one in part} for part in parts]
    shared = Counter(place for run in runs for place in run)
    return all(
        len(run) == len(part) >= _FEWEST_OF_A_STATION
        and max(run) - min(run) + 1 == len(run)
        and sum(shared[place] > 1 for place in run) <= _MOST_SHARED * len(run)
        for run, part in zip(runs, parts, strict=True)
    )


def _by_kind(slices: Sequence[TaggedSlice], index: int) -> list[list[TaggedSlice]]:
    """The slices grouped by one of the distinguishing attributes."""
    parts: dict[str, list[TaggedSlice]] = defaultdict(list)
    for one in slices:
        parts[one.tags.kinds[index]].append(one)
    return list(parts.values())


def _largest_pile(slices: Sequence[TaggedSlice], places: Places) -> int:
    return max(Counter(places[id(one)] for one in slices).values())


def _dealt(slices: Sequence[TaggedSlice], places: Places) -> list[list[TaggedSlice]]:
    """The first slices of all places, the second ones, and so on."""
    piles: dict[int, list[TaggedSlice]] = defaultdict(list)
    for one in _in_time(slices, places):
        piles[places[id(one)]].append(one)
    height = max(len(pile) for pile in piles.values())
    return [
        [pile[level] for pile in piles.values() if level < len(pile)] for level in range(height)
    ]


def _in_time(slices: Sequence[TaggedSlice], places: Places) -> list[TaggedSlice]:
    """Slices by instance number, or else by the first numeric attribute that orders every place;
    else as they came.
    """
    kinds = range(len(slices[0].tags.kinds))
    keys: list[Callable[[TaggedSlice], float | None]] = [
        lambda one: one.number,
        *(partial(_kind_as_number, index) for index in kinds),
    ]
    for key in keys:
        values = [(places[id(one)], key(one)) for one in slices]
        if len(set(values)) == len(values) and all(value is not None for _, value in values):
            return sorted(slices, key=lambda one: key(one) or 0.0)
    return list(slices)


def _kind_as_number(index: int, one: TaggedSlice) -> float | None:
    try:
        return float(one.tags.kinds[index])
    except ValueError:
        return None


def _by_number(one: TaggedSlice) -> tuple[int, float, int]:
    return one.tags.part, one.position_mm, one.slice.source.frame


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
