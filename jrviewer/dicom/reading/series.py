"""Slices to series.

The rule:

1. Patient before UIDs. Slices that name different patients are never one series, whatever their
   UIDs say. Slices without a series UID are grouped by patient, folder and the circumstances of the
   examination; so are slices of which each names a series of its own.
2. One series has one image size, kind of pixels, unit, orientation and pixel spacing. Slices that
   all point in directions of their own stay together, ordered by number.
3. Places are distinguished by distance along the normal, not by rounding: positions closer than
   0.1 mm, or than a fifth of a very small pixel, are one place.
4. A copy is a slice with the content, place, number and kind of another one.
5. Several slices in one place are separated into volumes by time, echo, diffusion, phase and the
   like, but only where every part covers at least half of the places, or where the parts are
   stations that follow each other along the body and overlap at their ends; else they are dealt
   out by number. Evenly spaced passes or reconstructions of the same stretch that differ in echo,
   voltage, kernel or thickness are volumes of their own even where they share no place. Slices
   that all lie in one place are one series, ordered by time.
6. Every split, every slice left out and every repair is reported in `Series.warnings`.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from jrviewer.core.records import Series, Slice
from jrviewer.dicom.reading.series_warnings import geometry_warnings
from jrviewer.dicom.reading.volumes import TaggedSlice, Volume, volumes

_SAME_DIRECTION = 0.01  # largest difference of a direction cosine within a series
_SAME_SPACING = 0.01  # relative
_FEWEST_OF_A_PART = 3  # slices, where attributes disagree that should be the same in a series
_MOST_DIRECTIONS = 3  # of a series that is split by direction: a localizer's three planes

_SEVERAL_PATIENTS = (
    "Slices with this series' identifier name different patients; each patient is shown apart."
)
_NO_SERIES_UID = (
    "The files do not say which series they belong to; they were grouped by patient, folder and "
    "examination, which may be wrong."
)
_OWN_SERIES_UID = (
    "Every slice names a series of its own; slices of the same patient, folder and examination "
    "are shown as one series."
)
_OWN_DIRECTIONS = (
    "The slices point in many directions, so they are ordered by number and form no volume."
)
_PARTLY_PLACED = (
    "Some frames of this file do not say where they lie; they are shown apart from the others."
)
_COPIED_CLIP = "A copy of this clip was left out."
_SEVERAL_FRAMES = (
    "The slices name different frames of reference, so their positions may not fit together."
)
_STATED = (  # attributes that should be the same in a series, and their names for the user
    ("study_uid", "study"),
    ("series_number", "series number"),
    ("modality", "modality"),
)

Part = tuple[list[TaggedSlice], list[str]]  # and notes for the user


def into_series(tagged: Sequence[TaggedSlice]) -> tuple[Series, ...]:
    """Series of all slices, in the order in which their first slices came; see the rule above."""
    series = []
    for group, notes in _by_identity(tagged):
        for stated, disagreements in _by_stated(group):
            for part, differences in _by_geometry(stated):
                before = [*notes, *disagreements, *differences]
                found = _volumes(part)
                for number, one in enumerate(found, 1):
                    series.append(_series(one, before, (number, len(found))))
    return tuple(series)


def _by_identity(tagged: Sequence[TaggedSlice]) -> list[Part]:
    """Groups of one patient and series."""
    groups: dict[Hashable, list[TaggedSlice]] = defaultdict(list)
    patients: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    alone = _alone_in_their_series(tagged)
    for one in tagged:
        tags = one.tags
        has_series = bool(tags.series_uid) and id(one) not in alone
        series = tags.series_uid if has_series else (tags.circumstances, id(one) in alone)
        study = "" if has_series or id(one) in alone else tags.study_uid
        groups[tags.patient, series, study, _clip_of(one)].append(one)
        patients[tags.series_uid].add(tags.patient)
    parts = []
    torn = _files(tagged, has_position=True) & _files(tagged, has_position=False)
    kept, copies = _without_copied_clips(list(groups.values()))
    for group in kept:
        uid, notes = group[0].tags.series_uid, [_COPIED_CLIP] * (id(group) in copies)
        if uid and len(patients[uid]) > 1:
            notes.append(_SEVERAL_PATIENTS)
        if any(_file_of(one) in torn for one in group):
            notes.append(_PARTLY_PLACED)
        if id(group[0]) in alone:
            notes.append(_OWN_SERIES_UID)
        elif not uid and len(group) > 1:
            notes.append(_NO_SERIES_UID)
        parts.append((group, notes))
    return parts


def _file_of(one: TaggedSlice) -> Hashable:
    return one.slice.source.path, one.slice.source.member


def _files(tagged: Sequence[TaggedSlice], *, has_position: bool) -> set[Hashable]:
    """The files of frames that say where they lie, or of those that do not."""
    return {_file_of(one) for one in tagged if one.slice.has_position == has_position}


def _clip_of(one: TaggedSlice) -> Hashable:
    """The clip that a frame without a position belongs to: frames are numbered anew in each. It is
    the file, not only its UID, which may be missing or that of other files.
    """
    if one.slice.has_position or not one.tags.is_clip:
        return ""
    source = one.slice.source
    return one.tags.whole or (source.sop_instance_uid, source.path, source.member)


def _without_copied_clips(
    groups: list[list[TaggedSlice]],
) -> tuple[list[list[TaggedSlice]], set[int]]:
    """The groups without copies of clips, and the ids of those that had some."""
    known: dict[Hashable, list[TaggedSlice]] = {}
    copied = set()
    for group in groups:
        hashes = tuple(one.slice.source.pixels_sha256 for one in group)
        uid = group[0].slice.source.sop_instance_uid
        key = (uid, hashes) if _clip_of(group[0]) and uid else id(group)
        if key in known:
            copied.add(id(known[key]))
        known.setdefault(key, group)
    return list(known.values()), copied


def _alone_in_their_series(tagged: Sequence[TaggedSlice]) -> set[int]:
    """Ids of slices that are alone in their series although others of the same circumstances and
    different places are so, too: careless anonymisers give every file a series UID of its own.
    """
    members: dict[tuple[tuple[str, ...], str], list[TaggedSlice]] = defaultdict(list)
    for one in tagged:
        members[one.tags.patient, one.tags.series_uid].append(one)
    alike: dict[Hashable, list[TaggedSlice]] = defaultdict(list)
    for (patient, uid), slices in members.items():
        one = slices[0]
        if uid and len(slices) == 1 and one.slice.has_position and one.tags.series_number:
            alike[patient, one.tags.circumstances].append(one)
    found = [group for group in alike.values() if len(group) >= _FEWEST_OF_A_PART]
    return {id(one) for group in found for one in group}


def _by_stated(slices: list[TaggedSlice]) -> list[Part]:
    """Parts of one study, series number and modality, if each has several slices: one odd file
    must not shatter a series.
    """
    parts: list[Part] = [(slices, [])]
    for attribute, name in _STATED:
        parts = [one for part, notes in parts for one in _by_one(part, notes, attribute, name)]
    return parts


def _by_one(slices: list[TaggedSlice], notes: list[str], attribute: str, name: str) -> list[Part]:
    groups: dict[str, list[TaggedSlice]] = defaultdict(list)
    for one in slices:
        groups[getattr(one.tags, attribute)].append(one)
    if len(groups) == 1:
        return [(slices, notes)]
    said = f"The slices of this series name more than one {name}"
    if min(len(group) for group in groups.values()) < _FEWEST_OF_A_PART:
        return [(slices, [*notes, f"{said}."])]
    return [(group, [*notes, f"{said}; each is shown apart."]) for group in groups.values()]


def _by_geometry(slices: list[TaggedSlice]) -> list[Part]:
    """Parts of one size, kind of pixels, unit, direction and spacing."""
    parts: list[list[TaggedSlice]] = [slices]
    differences = []
    for name, fits in _GEOMETRY.items():
        split = [one for part in parts for one in _split(part, name, fits)]
        if len(split) > len(parts):
            differences.append(name)
        parts = split
    if len(parts) == 1:
        return [(slices, [])]
    said = f"The slices of this series differ in {' and '.join(differences)}; "
    return [(part, [f"{said}they are shown as {len(parts)} series."]) for part in parts]


Fits = Callable[[Slice, Slice], bool]


def _split(slices: list[TaggedSlice], name: str, fits: Fits) -> list[list[TaggedSlice]]:
    parts: list[list[TaggedSlice]] = []
    for one in slices:
        fitting = next((part for part in parts if fits(part[0].slice, one.slice)), None)
        if fitting is None:
            parts.append([one])
        else:
            fitting.append(one)
    too_many = max(_MOST_DIRECTIONS, len(slices) // 2)
    return [slices] if name == "direction" and len(parts) > too_many else parts


def _same_direction(one: Slice, other: Slice) -> bool:
    pairs = (
        (one.plane.along_row, other.plane.along_row),
        (one.plane.along_column, other.plane.along_column),
    )
    return all(np.abs(a - b).max() <= _SAME_DIRECTION for a, b in pairs)


def _same_spacing(one: Slice, other: Slice) -> bool:
    return not one.has_position or bool(
        np.allclose(one.plane.spacing_mm, other.plane.spacing_mm, rtol=_SAME_SPACING)
    )


_GEOMETRY: dict[str, Fits] = {
    "size": lambda one, other: one.shape == other.shape,
    "colour": lambda one, other: (one.colour is None) == (other.colour is None),
    "unit": lambda one, other: one.unit == other.unit,
    "whether their position is known": lambda one, other: one.has_position == other.has_position,
    "direction": _same_direction,
    "pixel spacing": _same_spacing,
}


def _volumes(part: list[TaggedSlice]) -> list[Volume]:
    """The volumes of a part; slices of many directions are none, and are ordered by number."""
    if all(_same_direction(part[0].slice, one.slice) for one in part):
        return volumes(part)
    return [Volume(sorted(part, key=lambda one: one.number or 0), [_OWN_DIRECTIONS], is_cine=True)]


def _series(volume: Volume, notes: Sequence[str], place: tuple[int, int]) -> Series:
    """`place`: which of how many volumes of one series this is, which its title tells."""
    slices = tuple(one.slice for one in volume.slices)
    said = [*notes, *volume.notes]
    frames = len({one.tags.frame_of_reference for one in volume.slices} - {""})
    if 1 < frames <= len(slices) / 2:  # more of them are a careless anonymiser's
        said.append(_SEVERAL_FRAMES)
    if not volume.is_cine:
        said += geometry_warnings(slices)
    number, count = place
    title = volume.slices[0].tags.title
    if count > 1:
        title = " · ".join(filter(None, (title, f"{number} of {count}")))
    return Series(slices, title, tuple(said))
