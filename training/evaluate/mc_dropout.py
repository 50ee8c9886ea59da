"""Sigma by Monte-Carlo dropout, to compare with the learnt one.

The shipped network, unchanged, is run twenty times with the paper's dropout (p = 0.3, single
values, Gal & Ghahramani 2016) on the three feature maps that go into its cloud head. Each pass
gives its own cloud of 4096 points. A point's raw sigma is the root mean square, over the passes, of
its distance to the pass's nearest point of the same structure. The points are those of the
undisturbed network, the same whose learnt sigma is scored.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor, nn

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.core.progress import Report
from jrviewer.model.cloud_sampling import Expected
from jrviewer.model.joint_model import JointModel
from jrviewer.model.predict import DENSE_POINTS, POINTS
from training.evaluate.cloud import CloudCase, seen
from training.evaluate.tables import per_patient
from training.metrics.scores import Labels
from training.metrics.uncertainty import DEEPEST_MM, Errors, errors_of, scores

FILE = "dropout.json"
PASSES = 20
RATE = 0.3
SEED = 77

Fit = dict[str, Any]


def known_fit(folder: Path, model: JointModel) -> Fit | None:
    """The factors fitted for exactly these weights; None if there are none."""
    path = folder / FILE
    fitted: Fit = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return fitted if fitted.get("weights_sha256") == model.weights_sha256 else None


def dropout_table(
    model: JointModel, cases: Sequence[CloudCase], fitted: Fit, report: Report
) -> Fit:
    """Coverage and rank correlation of the dropout's sigma, patients with equal weight; also with a
    factor for each depth range, as ours has.
    """
    once, by_depth = [], []
    for i, case in enumerate(cases):
        report(i / len(cases), f"dropout in {case.view.name}, slice {case.view.index + 1}")
        raw, patient = raw_errors(model, case), {"patient": case.view.patient}
        once.append(patient | scores(_times(raw, [(DEEPEST_MM, fitted["factor"])])))
        by_depth.append(patient | scores(_times(raw, fitted["factors_by_depth"])))
    table = per_patient(once)
    table["forward_passes"] = fitted["passes"]
    table["with_factors_by_depth"] = per_patient(by_depth)
    return table


def raw_errors(model: JointModel, case: CloudCase) -> Errors:
    """The errors of the model's points in a case, run as in the app, with the dropout's sigma."""
    found = seen(case.pixels, case.plane, model.denoise, case.box)
    assert found
    image, box = found
    points, labels, _ = model.infer_surfaces(image)[0].sample(POINTS)
    sigma_mm = spread_mm(model, image, points, labels)
    points = case.box.to_box(box.to_patient(points))
    return errors_of(points, sigma_mm, case.view.z_range, case.box, case.surface)


def spread_mm(
    model: JointModel, image: FloatArray, points: FloatArray, labels: Labels
) -> FloatArray:
    """Millimetres (N,) by which surfaces near points (N, 3) in the box move from pass to pass."""
    squares = np.zeros(len(points))
    for expected in _passes(model, image):
        others, theirs, _ = expected.sample(DENSE_POINTS)
        squares += _to_nearest(points, labels, others, theirs) ** 2
    return np.asarray(np.sqrt(squares / PASSES) * BOX_HALF_WIDTH_MM)


def _to_nearest(
    points: FloatArray, labels: Labels, others: FloatArray, theirs: Labels
) -> FloatArray:
    """Distance in box units from each point to the nearest of the others on the same structure;
    half the depth of the box if a pass has lost the structure.
    """
    distance = np.full(len(points), BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM)
    for label in np.intersect1d(labels, theirs):
        own = labels == label
        distance[own] = cKDTree(others[theirs == label]).query(points[own])[0]
    return distance


def _passes(model: JointModel, image: FloatArray) -> Iterator[Expected]:
    """The network's expectation in each of the passes, the same in every call."""
    hu = torch.from_numpy(np.asarray(image, dtype=np.float32))[None, None]
    generator = torch.Generator().manual_seed(SEED)
    with torch.inference_mode(), dropping(model.net.cloud, RATE, generator):
        for _ in range(PASSES):
            surfaces = model.net.surfaces(hu)
            logits, log_sigma = surfaces.logits[0].numpy(), surfaces.log_sigma[0].numpy()
            yield Expected.of(logits, log_sigma, model.sharpness)


@contextmanager
def dropping(head: nn.Module, rate: float, generator: torch.Generator) -> Iterator[None]:
    """Context in which each feature value that enters a head is dropped with probability `rate`,
    and the rest scaled up accordingly.
    """

    def drop(_: nn.Module, inputs: tuple[tuple[Tensor, ...]]) -> tuple[tuple[Tensor, ...]]:
        kept = [torch.rand(one.shape, generator=generator) >= rate for one in inputs[0]]
        return (tuple(one * k / (1 - rate) for one, k in zip(inputs[0], kept, strict=True)),)

    handle = head.register_forward_pre_hook(drop)
    try:
        yield
    finally:
        handle.remove()


def _times(raw: Errors, factors: Sequence[Sequence[float]]) -> Errors:
    """The errors with sigma multiplied by the factor of its depth range."""
    ends, own = (np.array(part) for part in zip(*factors, strict=True))
    which = np.searchsorted(ends[:-1], raw.depth_mm, side="right")
    return Errors(raw.depth_mm, raw.sigma_mm * own[which], raw.distance_mm)
