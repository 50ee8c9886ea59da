"""What the tour opens: slices of the phantom's chest and files that are refused or doubted. No
patient is in any of them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import FloatArray
from tests.support.dicom_factory import write_colour, write_ct, write_mr
from tests.support.dicom_objects import Identity
from training.data.noise import low_dose
from training.release import phantom_sample

ANATOMIES, REPEATED = 12, 10  # so many slices differ; each stands for a centimetre
STEP_MM = 10.0
PIXELS, PIXEL_MM, VIEWS = 384, 1.13, 360
CORNER_MM = -(PIXELS - 1) / 2 * PIXEL_MM
PATIENT: Identity = {"patient_name": "Phantom^Computed", "patient_id": "PHANTOM"}


@dataclass(frozen=True)
class Inputs:
    """Where each kind lies."""

    series: Path  # a folder of 120 slices
    no_spacing: Path
    colour: Path
    mr: Path
    broken: Path

    @property
    def all(self) -> list[Path]:
        """In the order in which the drag source shows them."""
        return [self.series, self.no_spacing, self.colour, self.mr, self.broken]


def write_inputs(folder: Path) -> Inputs:
    """Write all of them."""
    series = folder / "chest"
    series.mkdir(parents=True)
    slices = _noisy_slices()
    _write_series(series, slices)
    colour = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 256, axis=0)
    stored = np.concatenate([colour, colour.transpose(1, 0, 2), 255 - colour], axis=2)
    magnitude = (np.clip(slices[0] + 1024, 0, 1400) * 0.6).astype(np.uint16)
    broken = folder / "letter.dcm"
    broken.write_text("Dear colleague, please find enclosed the slices.\n" * 20)
    return Inputs(
        series,
        write_ct(folder / "no-spacing.dcm", slices[3], spacing=None, **PATIENT),
        write_colour(folder / "colour.dcm", stored, **PATIENT),
        write_mr(folder / "mr.dcm", magnitude, **PATIENT),
        broken,
    )


def _noisy_slices() -> FloatArray:
    phantom = phantom_sample.phantom()
    heights = (np.arange(ANATOMIES) - ANATOMIES / 2) * STEP_MM
    clean = np.stack([phantom.render(float(z), PIXELS, PIXEL_MM) for z in heights])
    noisy = low_dose(
        clean, PIXEL_MM, phantom_sample.DOSE, views=VIEWS, kernel="hann", seed=phantom_sample.SEED
    )
    return np.rint(noisy).clip(-1024, 3071).astype(np.float32)


def _write_series(folder: Path, slices: FloatArray) -> None:
    for number in range(ANATOMIES * REPEATED):
        write_ct(
            folder / f"slice-{number:03d}.dcm",
            slices[number // REPEATED],
            position=(CORNER_MM, CORNER_MM, number * STEP_MM / REPEATED),
            spacing=(PIXEL_MM, PIXEL_MM),
            instance=number + 1,
            patient_name=PATIENT["patient_name"],
            patient_id=PATIENT["patient_id"],
            extra={"ConvolutionKernel": "HANN", "SliceThickness": "1"},
        )
