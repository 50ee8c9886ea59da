"""The volumes and native slices that training and evaluation read, and their splits.

A data folder holds `volumes/*.npz` with `volumes.csv` and `splits.json` beside them, or is a tree
of DICOM series such as LIDC-IDRI's with one folder per patient. A split is a property of the
patient alone. Volume millimetres throughout: x to the patient's left, y to the back, z to the head,
from the centre of voxel (0, 0, 0).
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import read_only
from jrviewer.imaging import body_masks
from training.data.dicom_series import ct_slices, ct_voxels, dicom_folders, name_of, patient_of

Int16Array = npt.NDArray[np.int16]
Region = Literal["chest", "abdomen", "head-neck", "head", "phantom"]
Split = Literal["train", "validation"]

REGIONS: tuple[Region, ...] = ("chest", "abdomen", "head-neck", "head")
VALIDATION_PATIENTS = frozenset({"LIDC-IDRI-0001"})  # whatever folder they come from
_FEWEST = 8  # files of a DICOM volume; LIDC-IDRI keeps one or two radiographs beside each CT


@dataclass(frozen=True, slots=True)
class Entry:
    """One volume of a data folder, not yet read. `path` is an .npz file or a DICOM folder."""

    name: str
    patient: str
    region: Region
    modality: str
    split: Split
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels (z, y, x): HU, or an MR scanner's units; z to the head, y to the back, x to the
    left.
    """

    entry: Entry
    voxels: Int16Array
    spacing_mm: tuple[float, float, float]  # z, y, x

    def __post_init__(self) -> None:
        read_only(self.voxels)


@dataclass(frozen=True, slots=True, eq=False)
class NativeSlice:
    """A CT slice as the scanner made it, with its own noise. Pixels float32 HU (rows, columns)."""

    pixels: FloatArray
    spacing_mm: tuple[float, float]  # between rows, between columns
    patient: str
    split: Split
    name: str

    def __post_init__(self) -> None:
        read_only(self.pixels)


def catalogue(data: Path) -> list[Entry]:
    """Every volume of a data folder, by name. Raises JRViewerError where the folder holds none."""
    if (data / "volumes").is_dir():
        entries = [_npz_entry(path, data) for path in sorted((data / "volumes").glob("*.npz"))]
    else:
        entries = [_dicom_entry(folder, data) for folder in dicom_folders(data, _FEWEST)]
    if not entries:
        raise JRViewerError(
            "The data folder holds neither volumes/*.npz nor DICOM series. "
            "Give --data the folder above them."
        )
    return entries


def load(entry: Entry) -> Volume:
    """The voxels of an entry. Raises NoVolumeError for a DICOM folder without an axial CT."""
    if entry.path.is_dir():
        values, spacing_mm = ct_voxels(entry.path)
        voxels = np.clip(np.rint(values), -1024, 3071).astype(np.int16)
        return Volume(entry, voxels, spacing_mm)
    with np.load(entry.path) as file:
        spacing = tuple(float(mm) for mm in file["spacing"])
        return Volume(entry, file["volume"], cast("tuple[float, float, float]", spacing))


def whole_slices(volume: Volume) -> range:
    """The range of slices in which the body continues as a body does: the run with most of it."""
    return body_masks.whole_slices(
        (layer.astype(np.float32) for layer in volume.voxels), volume.spacing_mm[1:]
    )


def native_slices(data: Path) -> list[NativeSlice]:
    """The single slices and DICOM series of a data folder, CT only, at native resolution."""
    known = patient_splits(data)
    slices = [
        piece for path in sorted((data / "slices").glob("*.npz")) for piece in _kept(path, known)
    ]
    root = data / "dicom" if (data / "volumes").is_dir() else data
    for folder in dicom_folders(root) if root.is_dir() else []:
        patient = patient_of(folder, root)
        split = split_of(patient, known)
        for index, one in enumerate(ct_slices(folder)):
            name = f"{name_of(folder, root)}-{index + 1:04d}"
            pixels = one.pixels.astype(np.float32)
            slices.append(NativeSlice(pixels, one.plane.spacing_mm, patient, split, name))
    return slices


def split_of(patient: str, known: Mapping[str, Split]) -> Split:
    """The split of a patient; training where none is declared."""
    name = normalised(patient)
    return "validation" if name in VALIDATION_PATIENTS else known.get(name, "train")


def patient_splits(data: Path) -> dict[str, Split]:
    """The split of every patient that `volumes.csv` or `splits.json` names.

    A patient with any data in validation is a validation patient as a whole.
    """
    named: list[tuple[str, str]] = [(row["patient"], row["split"]) for row in _rows(data).values()]
    for split, names in _declared(data).items():
        named += [(_rows(data).get(name, {}).get("patient", name), split) for name in names]
    splits: dict[str, Split] = {}
    for patient, split in named:
        name = normalised(patient)
        if split == "validation" or splits.get(name) == "validation":
            splits[name] = "validation"
        else:
            splits[name] = "train"
    return splits


def kept(name: str, without: Sequence[str]) -> bool:
    """Whether a volume or slice of that name is used: it contains none of the words."""
    return not any(word in name for word in without)


def collection_of(entry: Entry) -> str:
    """What a volume was published with: `chest_lidc_0314` is of `lidc`, and a patient of a DICOM
    tree of what stands before the number, `LIDC-IDRI-0001` of `LIDC-IDRI`.
    """
    words = entry.name.split("_")
    if entry.path.is_dir() or len(words) < 3:
        return re.sub(r"[-_ ]*\d.*$", "", entry.patient) or entry.patient
    return words[1]


def normalised(patient: str) -> str:
    """A patient's name without stray blanks, which would make two patients of one."""
    return " ".join(patient.split())


def region_of(name: str, said: str = "") -> Region:
    """The region of a volume from its list, else from the first word of its name."""
    text = f"{said} {name}".lower()
    if "head" in text and "neck" in text:
        return "head-neck"
    words = {"brain": "head", "head": "head", "abdom": "abdomen", "pelvis": "abdomen"}
    for word, region in words.items():
        if word in text:
            return cast("Region", region)
    return "chest"  # LIDC-IDRI and its like say nothing


def data_sha256(data: Path) -> str:
    """One hash over the names, sizes and contents of every volume of a data folder."""
    digest = hashlib.sha256()
    for entry in catalogue(data):
        paths = sorted(entry.path.iterdir()) if entry.path.is_dir() else [entry.path]
        for path in paths:
            state = path.stat()
            content = _file_sha256(path, state.st_size, state.st_mtime_ns)
            digest.update(f"{entry.name} {path.name} {state.st_size} {content}\n".encode())
    return digest.hexdigest()


@cache
def _file_sha256(path: Path, size: int, mtime_ns: int) -> str:
    """Hash of a file; size and time are part of the cache key, so that a changed file is read
    again.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _npz_entry(path: Path, data: Path) -> Entry:
    row = _rows(data).get(path.stem) or _said_by(path)
    patient = normalised(row.get("patient", path.stem))
    split = split_of(patient, patient_splits(data))
    region = region_of(path.stem, row["region"])
    return Entry(path.stem, patient, region, row["modality"], split, path)


def _said_by(path: Path) -> dict[str, str]:
    """Modality and region from a volume's own file, without reading its voxels."""
    with np.load(path) as file:
        default = {"modality": "CT", "region": ""}
        return {key: str(file[key]) if key in file else other for key, other in default.items()}


def _dicom_entry(folder: Path, data: Path) -> Entry:
    patient, name = patient_of(folder, data), name_of(folder, data)
    split = split_of(patient, patient_splits(data))
    return Entry(name, patient, region_of(name), "CT", split, folder)


@cache
def _rows(data: Path) -> dict[str, dict[str, str]]:
    """The rows of volumes.csv by the volume's name."""
    path = data / "volumes.csv"
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


@cache
def _declared(data: Path) -> dict[str, list[str]]:
    """Names by split, from splits.json; those of the single slices are patients."""
    path = data / "splits.json"
    if not path.is_file():
        return {}
    listed = json.loads(path.read_text(encoding="utf-8"))
    return {
        split: [*listed.get(split, []), *listed.get("slices", {}).get(split, [])]
        for split in ("train", "validation")
    }


def _kept(path: Path, known: Mapping[str, Split]) -> Iterator[NativeSlice]:
    """The slices of one archive of single slices."""
    with np.load(path) as file:
        values, spacing, patients = file["slices"], file["spacing"], file["patient"]
    for index, (pixels, mm, patient) in enumerate(zip(values, spacing, patients, strict=True)):
        name = normalised(str(patient))
        yield NativeSlice(
            pixels.astype(np.float32),
            (float(mm[0]), float(mm[1])),
            name,
            split_of(name, known),
            f"{path.stem}-{index + 1:04d}",
        )
