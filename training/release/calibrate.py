"""`python -m training calibrate`: calibrates sigma and the learned input check, of a run or of
finished weights.

The network's own sigma estimates how far a point is from the true surface. Patients show by how
much it is off: for each depth range, the factor with which nine points of ten lie within 1.645
sigma in a collection that was never seen (`training.metrics.calibration`). Distances are to the
surface itself, not to samples of it. The network knows its training patients by heart, so that
those of the validation split take part: how collections are covered without their own patients is
part of the result, and is what to believe.

Slices of training patients, and MR of others that is given as CT, give the statistics of the
learned input check (`training.release.ood_statistics`).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.progress import Report
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from jrviewer.model.predict import POINTS
from training.console import progress
from training.data.cases import evenly
from training.data.magnetic_as_ct import LEARNT
from training.data.prepare import PHANTOM_PIXEL_MM
from training.data.views import volume_plane
from training.data.volumes import Split, catalogue, collection_of, kept, load
from training.evaluate.cloud import cases_of, chosen_entries, seen
from training.metrics.calibration import SliceErrors, calibration
from training.metrics.uncertainty import errors_of
from training.phantoms import make_phantom
from training.preset import load_preset
from training.release import ood_statistics
from training.release.checkpoint import (
    CALIBRATION,
    FAMILIARITY,
    WEIGHTS,
    model_of_run,
    state_of_run,
)
from training.release.recalibrate import CARD, recalibrate

PHANTOMS = 60
SLICES_OF_MR = 18  # per volume
SLICES = {"head-neck": 2}  # per volume, since these regions have many
SLICES_ELSEWHERE = 8
SLICES_OF_VALIDATION = 6  # at least: they speak for collections of which most was learnt
SEED = 77
SPLITS: tuple[Split, ...] = ("train", "validation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", type=Path, help="the run's folder")
    which.add_argument("--model", type=Path, help="a folder of finished weights and their card")
    parser.add_argument("--data", type=Path, required=True, help="what it was trained on")
    parser.add_argument("--evaluation", type=Path, help="JSON of evaluate, for the card's figures")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Write the run's calibration, which `export` puts into the weights, or put it into finished
    ones; returns the exit status.
    """
    if args.model:
        card = json.loads((args.model / CARD).read_text("utf-8"))
        model = load_model("cpu", args.model / WEIGHTS)
        without = load_preset(card["preset"]).without
        result, arrays = measured(model, args.data, without, args.cache)
        result = {"step": card["steps"]} | result
        evaluation = json.loads(args.evaluation.read_text("utf-8")) if args.evaluation else None
        recalibrate(args.model, result, arrays, evaluation)
    else:
        state = state_of_run(args.run)
        with tempfile.TemporaryDirectory() as folder:
            model = model_of_run(args.run, Path(folder))
        without = state["preset"].get("without", ())
        result, arrays = measured(model, args.data, without, args.cache)
        result = {"step": state["step"]} | result
        np.savez(args.run / FAMILIARITY, **arrays)  # type: ignore[arg-type]
        (args.run / CALIBRATION).write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


def measured(
    model: JointModel, data: Path, without: Sequence[str], cache: Path
) -> tuple[dict[str, Any], dict[str, FloatArray]]:
    """The calibration, and the arrays of the learned input check."""
    raw = replace(model, sigma_factors=())
    slices = [*known_slices(raw, data, without, cache / "surfaces", progress())]
    found = [errors for errors, _ in slices]
    known = [one for errors, one in slices if errors.learnt]
    magnetic = [*magnetic_slices(raw, data, without)]
    arrays = ood_statistics.fit([*known, *phantom_slices(raw)], magnetic).arrays()
    return {"slices": len(found)} | calibration(found), arrays


def known_slices(
    model: JointModel, data: Path, without: Sequence[str], cache: Path, report: Report
) -> Iterator[tuple[SliceErrors, ood_statistics.Seen]]:
    """For slices of all patients, run as in the app: the cloud's errors, and the encoder's
    features.
    """
    entries = [e for e in chosen_entries(data, SPLITS) if kept(e.name, without)]
    for number, entry in enumerate(entries):
        report(number / len(entries), f"calibrating on {number + 1} of {len(entries)} volumes")
        count = SLICES.get(entry.region, SLICES_ELSEWHERE)
        if entry.split == "validation":
            count = max(count, SLICES_OF_VALIDATION)
        for case in cases_of(entry, count, cache, SEED):
            found = seen(case.pixels, case.plane, model.denoise, case.box)
            assert found
            image, box = found
            points, _, sigma_mm = model.infer_surfaces(image)[0].sample(POINTS)
            points = case.box.to_box(box.to_patient(points))
            errors = errors_of(points, sigma_mm, case.view.z_range, case.box, case.surface)
            own = collection_of(entry), entry.split == "train"
            yield (
                SliceErrors(entry.patient, entry.region, errors, *own),
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


def magnetic_slices(model: JointModel, data: Path, without: Sequence[str]) -> Iterator[FloatArray]:
    """The encoder's features in MR of training patients that is given as CT, scaled in several
    ways.
    """
    for entry in catalogue(data):
        if entry.modality != "MR" or entry.split != "train" or not kept(entry.name, without):
            continue
        volume = load(entry)
        for index in evenly(len(volume.voxels), SLICES_OF_MR):
            for scale in LEARNT.values():
                hu = scale(volume.voxels[index].astype(np.float32))
                found = seen(hu, volume_plane(volume, index), model.denoise)
                if found:
                    yield model.infer_surfaces(found[0])[1]


def _both_ways(model: JointModel, image: FloatArray, patient: str) -> ood_statistics.Seen:
    """The features of a canonical image, upright and upside down."""
    turned = np.ascontiguousarray(image[::-1])
    return ood_statistics.Seen(
        patient, model.infer_surfaces(image)[1], model.infer_surfaces(turned)[1]
    )
