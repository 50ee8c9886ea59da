"""`python -m training calibrate`: calibrates sigma by conformal prediction.

The network's own sigma estimates how far a point is from the true surface. Training patients show
by how much it is off: for each depth range, the factor with which nine points of ten lie within
1.645 sigma (Vovk 2005; the score is distance over sigma). Patients, not points, are the
exchangeable units, so patients have equal weight within their region, regions equal weight among
each other, and the quantile is that of one patient more. Distances are to the surface itself, not
to samples of it.

The network was trained on these very patients; the validation patients, who take no part here, show
in `evaluate` what that costs.

The same slices give the statistics of the learned input check (`training.release.ood_statistics`).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.progress import Report
from jrviewer.model.joint_model import JointModel
from jrviewer.model.predict import POINTS
from training.console import progress
from training.data.prepare import PHANTOM_PIXEL_MM
from training.data.volumes import kept
from training.evaluate.cloud import cases_of, chosen_entries, seen
from training.metrics.calibration import SliceErrors, calibration
from training.metrics.uncertainty import errors_of
from training.phantoms import make_phantom
from training.release import ood_statistics
from training.release.checkpoint import CALIBRATION, FAMILIARITY, model_of_run, state_of_run

PHANTOMS = 60
SLICES = {"head-neck": 2}  # per volume, since these regions have many
SLICES_ELSEWHERE = 8
SEED = 77


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--run", type=Path, required=True, help="the run's folder")
    parser.add_argument("--data", type=Path, required=True, help="what it was trained on")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Write the run's calibration, which `export` puts into the weights; returns the exit
    status.
    """
    state = state_of_run(args.run)
    with tempfile.TemporaryDirectory() as folder:
        model = model_of_run(args.run, Path(folder))
    without = state["preset"].get("without", ())
    slices = training_slices(model, args.data, without, args.cache / "surfaces", progress())
    found, known = zip(*slices, strict=True)
    result = {"step": state["step"], "slices": len(found)} | calibration(found)
    text = json.dumps(result, indent=1) + "\n"
    arrays = ood_statistics.fit([*known, *phantom_slices(model)]).arrays()
    np.savez(args.run / FAMILIARITY, **arrays)  # type: ignore[arg-type]
    (args.run / CALIBRATION).write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def training_slices(
    model: JointModel, data: Path, without: Sequence[str], cache: Path, report: Report
) -> Iterator[tuple[SliceErrors, ood_statistics.Seen]]:
    """For slices of the training patients, run as in the app: the cloud's errors, and the encoder's
    features.
    """
    entries = [e for e in chosen_entries(data, ("train",)) if kept(e.name, without)]
    for number, entry in enumerate(entries):
        report(number / len(entries), f"calibrating on {number + 1} of {len(entries)} volumes")
        for case in cases_of(entry, SLICES.get(entry.region, SLICES_ELSEWHERE), cache, SEED):
            found = seen(case.pixels, case.plane, model.denoise, case.box)
            assert found
            image, box = found
            points, _, sigma_mm = model.infer_surfaces(image)[0].sample(POINTS)
            points = case.box.to_box(box.to_patient(points))
            errors = errors_of(points, sigma_mm, case.view.z_range, case.box, case.surface)
            yield (
                SliceErrors(entry.patient, entry.region, errors),
                _both_ways(model, image, entry.patient),
            )


def phantom_slices(model: JointModel) -> Iterator[ood_statistics.Seen]:
    """The encoder's features in phantoms, which are training data too, as is the bundled sample."""
    axes, pixel_mm = np.eye(3), PHANTOM_PIXEL_MM
    plane = Plane(np.zeros(3), axes[0], axes[1], (pixel_mm, pixel_mm))
    for seed in range(PHANTOMS):
        found = seen(make_phantom(seed).render(0.0, 256, pixel_mm), plane, model.denoise)
        if found:
            yield _both_ways(model, found[0], f"phantom {seed}")


def _both_ways(model: JointModel, image: FloatArray, patient: str) -> ood_statistics.Seen:
    """The features of a canonical image, upright and upside down."""
    turned = np.ascontiguousarray(image[::-1])
    return ood_statistics.Seen(
        patient, model.infer_surfaces(image)[1], model.infer_surfaces(turned)[1]
    )
