"""The bundled sample: one slice of a phantom's chest at a tenth of the dose, as a DICOM file.

No patient is in it, its surfaces are known, and the same command makes the same bytes.
"""

import argparse
from pathlib import Path

import numpy as np

from jrviewer import dicom
from jrviewer.geometry import Plane
from jrviewer.records import Acquisition, Slice, Source, Window
from training.noise import low_dose
from training.phantoms import make_phantom

FILE = "phantom.dcm"
SEED, REGION = 11, "chest"
PIXELS, PIXEL_MM, VIEWS = 512, 0.85, 720
DOSE = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m training sample`."""
    parser.add_argument("--out", type=Path, default=Path("resources/sample"))


def run(args: argparse.Namespace) -> int:
    """Write the sample and say where it is."""
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / FILE
    dicom.write_phantom(sample_slice(), path)
    print(path)
    return 0


def sample_slice() -> Slice:
    """The noisy slice, 512 × 512 pixels of 0.85 mm, in HU."""
    clean = make_phantom(SEED, REGION).render(0.0, PIXELS, PIXEL_MM)
    noisy = low_dose(clean[None], PIXEL_MM, DOSE, views=VIEWS, kernel="hann", seed=SEED)[0]
    corner = -(PIXELS - 1) / 2 * PIXEL_MM
    return Slice(
        pixels=np.rint(noisy).clip(-1024, 3071).astype(np.float32),
        unit="HU",
        plane=Plane(
            np.array([corner, corner, 0.0]),
            np.array([1.0, 0.0, 0.0]),
            np.array([0.0, 1.0, 0.0]),
            (PIXEL_MM, PIXEL_MM),
        ),
        spacing_source="pixel",
        has_position=True,
        source=Source(Path(FILE)),
        acquisition=Acquisition(modality="CT", photometric="MONOCHROME2", body_part="CHEST"),
        windows=(Window(40, 400, name="MEDIASTINUM"), Window(-600, 1500, name="LUNG")),
    )
