"""The bundled sample: one slice of a phantom's chest at a tenth of the dose, as a DICOM file, and
its truth: the slice without noise and points on the phantom's surfaces.

It shows no patient. The command gives the same bytes on the same processor; other processors round
differently, and so does their noise.
"""

import argparse
from pathlib import Path

import numpy as np

from jrviewer import dicom
from jrviewer.core.geometry import FloatArray, Plane, canonical_box
from jrviewer.core.records import Acquisition, Slice, Source, Window
from jrviewer.diagnostics import phantom_truth
from jrviewer.imaging.body_masks import body_centre, body_mask
from training.data.noise import low_dose
from training.phantoms import Phantom, make_phantom

FILE = "phantom.dcm"
SEED, REGION = 11, "chest"
PIXELS, PIXEL_MM, VIEWS = 512, 0.85, 720
DOSE = 0.1
TRUE_POINTS = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m training sample`."""
    parser.add_argument(
        "--out", type=Path, default=Path("resources"), help="the folder of `sample`"
    )


def run(args: argparse.Namespace) -> int:
    """Write the sample and its truth, and print their paths."""
    path, truth_path = args.out / "sample" / FILE, args.out / phantom_truth.FILE
    for one in (path, truth_path):
        one.parent.mkdir(parents=True, exist_ok=True)
    dicom.write_phantom(sample_slice(), path)
    write_truth(truth_path, dicom.read([path]).series[0][0])
    print(path, truth_path, sep="\n")
    return 0


def write_truth(path: Path, chosen: Slice) -> None:
    """Write what `jrviewer.diagnostics.phantom_truth` compares predictions of the sample with."""
    points_mm, _ = phantom().surface_points(TRUE_POINTS, SEED)
    box = canonical_box(chosen.plane, _centre(chosen))
    inside = (np.abs(box.to_box(points_mm)[:, :2]) <= 1).all(axis=1)
    np.savez_compressed(
        path,
        pixels_sha256=np.array(chosen.source.pixels_sha256),
        pixels=np.rint(clean()).astype(np.int16),
        points=np.rint(points_mm[inside] * phantom_truth.POINTS_PER_MM).astype(np.int16),
    )


def phantom() -> Phantom:
    """The phantom that the sample is a slice of."""
    return make_phantom(SEED, REGION)


def clean() -> FloatArray:
    """HU (512, 512) without noise."""
    return phantom().render(0.0, PIXELS, PIXEL_MM)


def sample_slice() -> Slice:
    """The noisy slice, 512 × 512 pixels of 0.85 mm, in HU."""
    noisy = low_dose(clean()[None], PIXEL_MM, DOSE, views=VIEWS, kernel="hann", seed=SEED)[0]
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


def _centre(chosen: Slice) -> tuple[float, float]:
    centre = body_centre(body_mask(chosen.pixels, "HU", chosen.plane.spacing_mm))
    assert centre is not None
    return centre
