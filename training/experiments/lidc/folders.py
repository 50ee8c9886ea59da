"""LIDC-IDRI's folders of DICOM files as a data folder that training and evaluation read.

The NBIA Data Retriever makes a folder for each patient, `LIDC-IDRI-0001` and so on, with studies
and series in it, named after dates or after UIDs; other clients make one for each series, named
after its UID, and the patient's number is in the files alone. The readers' marks (XML) and the
radiographs (CR, DX) beside the CT are left unread. Every patient's part,
training, validation or test, follows from the number alone, so that it is the same for a few
patients and for all.
"""

import csv
import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from jrviewer import dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from training.data.dicom_series import (
    NoVolumeError,
    ct_slices,
    dicom_folders,
    evenly_stacked,
    may_be_dicom,
    patient_of,
)

Part = Literal["train", "validation", "test"]

NAMED = "LIDC-IDRI-"
SHARES = (0.7, 0.9)  # ends of training and validation, 70/20/10 as the paper has it
FIXED: dict[str, Part] = {
    "LIDC-IDRI-0314": "train",  # the shipped weights learnt from this patient
    "LIDC-IDRI-0001": "test",  # and never from this one
}
FEWEST_FILES = 8  # of a CT: beside it lie one or two radiographs
COARSE_MM = 1.2  # finer slices are averaged 2 × 2, which is what volumes are learnt at
NATIVE_SLICES = 12  # of a held-out patient, at native resolution, for real noise
LICENCE = "CC BY 3.0 (LIDC-IDRI, TCIA)"


@dataclass(frozen=True, slots=True)
class Imported:
    """One series that was read: its row in volumes.csv, and its part."""

    name: str
    split: str
    patient: str
    modality: str
    region: str
    licence: str
    part: Part


@dataclass(frozen=True, slots=True)
class Reading:
    """Slices that were read, and the processor seconds that it took."""

    slices: int
    seconds: float


def part_of(patient: str) -> Part:
    """The part of a patient, by a hash of the number."""
    if patient in FIXED:
        return FIXED[patient]
    digest = hashlib.sha256(patient.encode()).digest()
    place = int.from_bytes(digest[:4], "big") / 2**32
    return "train" if place < SHARES[0] else "validation" if place < SHARES[1] else "test"


def series_folders(root: Path) -> dict[str, list[Path]]:
    """The folders that may hold a CT, by patient. Raises JRViewerError where there is none."""
    found: dict[str, list[Path]] = {}
    for folder in dicom_folders(root, FEWEST_FILES):
        patient = _patient(folder, root)
        if patient.startswith(NAMED):
            found.setdefault(patient, []).append(folder)
    if not found:
        raise JRViewerError(
            "The folder holds no patients of LIDC-IDRI: DICOM files in folders named "
            "LIDC-IDRI-0001 and so on, or with such a number as the patient's ID. Unpack what "
            "is in archives, and choose the folder that everything lies in."
        )
    return dict(sorted(found.items()))


def _patient(folder: Path, root: Path) -> str:
    """By a folder's name, or as a file says where folders are named after series alone."""
    named = patient_of(folder, root)
    if named.startswith(NAMED):
        return named
    files = sorted(path for path in folder.iterdir() if may_be_dicom(path))
    named_so = [path for path in files if path.suffix]  # beside it may lie a LICENSE
    shown = dicom.read((named_so or files)[:1]).series
    stated = sorted(shown[0][0].source.identifiers) if shown else []
    return next((one for one in stated if re.fullmatch(NAMED + r"\d{4}", one)), "")


def import_patients(root: Path, out: Path, most: int | None, report: Report) -> list[Imported]:
    """Write `out`/volumes, volumes.csv, splits.json, and native slices of held-out patients.

    Series that are there already are not read again; beside each lies what it took (`Reading`).
    Validation and test are one split for the yardstick, as nothing is chosen by it.
    """
    (out / "volumes").mkdir(parents=True, exist_ok=True)
    patients = list(series_folders(root).items())[:most]
    rows: list[Imported] = []
    for done, (patient, folders) in enumerate(patients):
        report(done / len(patients), f"reading {patient}")
        for number, folder in enumerate(folders):
            part = part_of(patient)
            name = "chest_" + patient.lower().replace("-", "_") + (f"_{number}" if number else "")
            split = "train" if part == "train" else "validation"
            if _import(folder, out, name, is_held_out=split != "train"):
                rows.append(Imported(name, split, patient, "CT", "chest", LICENCE, part))
        _write_lists(out, rows)
    return rows


def _import(folder: Path, out: Path, name: str, *, is_held_out: bool) -> bool:
    """Whether the folder holds a CT that is now, or was before, in `out`/volumes."""
    path = out / "volumes" / f"{name}.npz"
    if path.is_file():
        return True
    before = time.process_time()
    slices = sorted(ct_slices(folder), key=_height)
    try:
        voxels, spacing_mm = evenly_stacked(slices)
    except NoVolumeError:
        return False
    if spacing_mm[1] < COARSE_MM:
        voxels, spacing_mm = _halved(voxels), (spacing_mm[0], 2 * spacing_mm[1], 2 * spacing_mm[2])
    if is_held_out:
        _copy_native(slices, out / "native" / name)
    values = np.clip(np.rint(voxels), -1024, 3071).astype(np.int16)
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, volume=values, spacing=np.array(spacing_mm), modality="CT")
    took = Reading(len(slices), time.process_time() - before)
    path.with_suffix(".json").write_text(json.dumps(asdict(took)), encoding="utf-8")
    part.replace(path)
    return True


def readings(out: Path) -> Reading:
    """What all series that were ever read into `out` took."""
    files = sorted((out / "volumes").glob("*.json"))
    each = [Reading(**json.loads(path.read_text(encoding="utf-8"))) for path in files]
    return Reading(sum(one.slices for one in each), sum(one.seconds for one in each))


def _halved(voxels: FloatArray) -> FloatArray:
    """Means of 2 × 2 pixels."""
    rows, columns = (size // 2 * 2 for size in voxels.shape[1:])
    even = voxels[:, :rows, :columns]
    return np.asarray(
        (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / 4
    )


def _copy_native(slices: Sequence[Slice], folder: Path) -> None:
    """The files of a few slices in a row from the middle, unless they lie in an archive."""
    folder.mkdir(parents=True, exist_ok=True)
    first = max(0, (len(slices) - NATIVE_SLICES) // 2)
    for number, one in enumerate(slices[first : first + NATIVE_SLICES]):
        if not one.source.member:
            shutil.copyfile(one.source.path, folder / f"{number:03d}.dcm")


def _write_lists(out: Path, rows: Sequence[Imported]) -> None:
    with (out / "volumes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*Imported.__dataclass_fields__])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    splits = {split: [*_names(rows, split)] for split in ("train", "validation")}
    (out / "splits.json").write_text(json.dumps(splits, indent=1), encoding="utf-8")


def _names(rows: Sequence[Imported], split: str) -> Iterator[str]:
    return (row.name for row in rows if row.split == split)


def _height(one: Slice) -> float:
    return float(one.plane.origin_mm[2])
