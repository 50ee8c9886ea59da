"""A data folder small enough to evaluate in seconds."""

import csv
import json
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import FloatArray
from tests.support.record_factory import body_image


def tiny_volume(size: int, slices: int, lung: float = 1.0) -> FloatArray:
    """HU (slices, size, size): the factory's body, a little fatter towards the head."""
    image = body_image(size, size)
    image[image < -500] *= lung
    return np.stack([np.roll(image, i // 4, axis=1) for i in range(slices)])


def write_data(folder: Path, patients: tuple[str, ...] = ("a", "b", "c")) -> Path:
    """Chests of 20 slices at 2.5 mm in-plane; the last patient validates."""
    (folder / "volumes").mkdir(parents=True)
    rows = []
    for i, patient in enumerate(patients):
        name = f"chest_{patient}"
        volume = tiny_volume(96, 20, lung=1.0 - 0.02 * i).astype(np.int16)
        spacing = np.array([6.0, 2.5 + 0.0 * i, 2.5])
        np.savez(folder / "volumes" / f"{name}.npz", volume=volume, spacing=spacing)
        split = "validation" if patient == patients[-1] else "train"
        rows.append({"name": name, "split": split, "patient": patient, "modality": "CT"})
    for row in rows:
        row |= {"region": "chest", "licence": "made here"}
    with (folder / "volumes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    splits = {
        split: [row["name"] for row in rows if row["split"] == split]
        for split in ("train", "validation")
    }
    (folder / "splits.json").write_text(json.dumps(splits), encoding="utf-8")
    return folder
