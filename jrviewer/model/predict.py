"""The model at work on one slice: HU in, a Prediction with HU and a cloud in patient mm out. Knows
neither files nor windows.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from jrviewer.core.errors import DeviceMemoryError, InputRefusedError, JRViewerError
from jrviewer.core.geometry import FloatArray, canonical_box
from jrviewer.core.padding import is_padding, without_padding
from jrviewer.core.prediction import Contrast, Prediction, SeriesNoise
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Cloud, Finding, Slice
from jrviewer.core.strength import STANDARD, Noise, Strength
from jrviewer.imaging import residual_check
from jrviewer.imaging.body_masks import body_centre, body_mask
from jrviewer.imaging.canonical_image import canonical_image
from jrviewer.imaging.contrast_medium import contrast_in
from jrviewer.imaging.noise_level import Tissue
from jrviewer.model import cloud_placement, devices
from jrviewer.model.cloud_normals import Slopes
from jrviewer.model.input_check import check, check_canonical, has_front
from jrviewer.model.joint_model import JointModel
from jrviewer.model.second_thread import SecondThread, second_thread
from jrviewer.model.slice_pool import OneByOne, SlicePool

MOST_AT_ONCE = 4  # slices of a series; each needs 50 to 90 MB
USUAL_PIXELS = 512 * 512
POINTS = 1024
DENSE_POINTS = 4096

NO_CLOUD_FOR_MR = (
    "No cloud is made from MR: the model learnt its anatomy from CT alone. "
    "The denoised slice is shown."
)
NO_CLOUD_WITHOUT_HU = (
    "No cloud is made: the slice holds no Hounsfield units, which the model needs for one."
)
NO_CLOUD_WITHOUT_BODY = (
    "No cloud is made: no body was found in this slice. Choose a slice that crosses the body."
)


def predict(
    model: JointModel,
    image: Slice,
    report: Report = silent,
    *,
    run_anyway: bool = False,
    strength: Strength = STANDARD,
) -> Prediction:
    """Denoise a slice and infer its cloud.

    The cloud does not depend on the strength, and `Prediction.at` gives another one.

    Raises InputRefusedError where the input check is red and `run_anyway` is not set, and
    DeviceMemoryError where the graphics processor's memory is full.
    """
    started = time.perf_counter()
    report(0.0, "Checking the slice")
    pixels = without_padding(image)
    with second_thread() as second:
        tissue = Tissue(pixels, image.unit)
        second.begin(lambda: tissue.calm)  # which it keeps until it is asked
        findings = check(image, body_mask(pixels, image.unit, image.plane.spacing_mm))
        _refuse_red(findings, run_anyway=run_anyway)
        with _full_memory_told():
            report(0.1, "Denoising")
            denoised = model.denoise(pixels, image.unit)
            report(0.6, "Inferring the cloud")
            judged = second.begin(partial(_judged, image, pixels, denoised, tissue))
            found, no_cloud_reason = _cloud(model, image, denoised, second)
            noise = judged()
    findings = (*findings, *(found.unfamiliar if found else ()))
    overridden = _refuse_red(findings, run_anyway=run_anyway)
    return Prediction(
        slice=image,
        fully_denoised=denoised,
        cloud=found.cloud if found else None,
        sample_dense=found.sample_dense if found else None,
        check_residual=residual_check.check_removed,
        no_cloud_reason=no_cloud_reason,
        model=model.name,
        weights_sha256=model.weights_sha256,
        device=model.device,
        seconds=time.perf_counter() - started,
        findings=findings,
        overridden=overridden,
        noise=noise,
        strength=strength,
        contrast=found.contrast if found else "none",
    )


def _judged(image: Slice, pixels: FloatArray, denoised: FloatArray, tissue: Tissue) -> Noise | None:
    """The slice's noise."""
    if image.padding is not None:
        denoised = np.where(is_padding(image), pixels, denoised)
    return tissue.noise(denoised)


@contextmanager
def _full_memory_told() -> Iterator[None]:
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceMemoryError(
            "The graphics processor's memory is full. Close other programs, or choose the CPU."
        ) from error


def _refuse_red(findings: Sequence[Finding], *, run_anyway: bool) -> bool:
    """Whether a red input check was overridden; raises InputRefusedError where it was not."""
    reasons = [finding.sentence for finding in findings if finding.level == "red"]
    if reasons and not run_anyway:
        sentences = [finding.sentence for finding in findings]
        raise InputRefusedError("The model was not run. " + " ".join(reasons), sentences)
    return bool(reasons)


def make_pool(
    model: JointModel,
    *,
    run_anyway: bool = False,
    strength: Strength = STANDARD,
    most: int = MOST_AT_ONCE,
    pixels: int = USUAL_PIXELS,
) -> SlicePool[Slice, Prediction | JRViewerError]:
    """A pool that predicts up to `most` slices of up to so many pixels at once, as many as the
    device has cores or memory for.

    Each slice has one thread: on the CPU, where their layers share nothing, a batch is slower than
    its slices (what a layer hands on no longer fits the cache); on a graphics processor most of the
    time is the CPU's, which checks slices and places points.
    """
    width = min(devices.slices_at_once(model.torch_device, pixels), most)
    one_thread = partial(torch.set_num_threads, 1 if width > 1 else torch.get_num_threads())
    work = partial(_predicted, model, run_anyway=run_anyway, strength=strength)
    return SlicePool(work, width, one_thread)


def one_by_one(
    model: JointModel, *, run_anyway: bool = False, strength: Strength = STANDARD
) -> OneByOne[Slice, Prediction | JRViewerError]:
    """Predicts one slice at a time on the caller's thread, which has one processor."""
    work = partial(_predicted, model, run_anyway=run_anyway, strength=strength)
    return OneByOne(work, partial(devices.use_threads, 1))


def predict_series(
    model: JointModel,
    slices: Sequence[Slice],
    report: Report = silent,
    *,
    run_anyway: bool = False,
    strength: Strength = STANDARD,
) -> Generator[Prediction | JRViewerError]:
    """The prediction of every slice in turn, or what `predict` raised instead.

    A cancelled run ends with the step that its slices are at. Where a graphics processor's memory
    is too small, fewer slices are tried at once, down to one.
    """
    done, most, noise = 0, MOST_AT_ONCE, SeriesNoise()
    pixels = max((one.shape[0] * one.shape[1] for one in slices), default=USUAL_PIXELS)
    while done < len(slices):
        with make_pool(
            model, run_anyway=run_anyway, strength=strength, most=most, pixels=pixels
        ) as pool:
            for outcome in pool.results(slices[done:]):
                if isinstance(outcome, DeviceMemoryError) and most > 1:
                    most //= 2
                    break
                done += 1
                yield noise.steady(outcome) if isinstance(outcome, Prediction) else outcome
                report(done / len(slices), f"Slice {done} of {len(slices)}")


def _predicted(
    model: JointModel, image: Slice, report: Report, *, run_anyway: bool, strength: Strength
) -> Prediction | JRViewerError:
    try:
        return predict(model, image, report, run_anyway=run_anyway, strength=strength)
    except JRViewerError as error:
        return error


class _Found(NamedTuple):
    """What is inferred around a slice."""

    cloud: Cloud
    sample_dense: Callable[[], Cloud]
    unfamiliar: tuple[Finding, ...]
    contrast: Contrast  # whether contrast medium may be among what is as bright as bone


def _cloud(
    model: JointModel,
    image: Slice,
    denoised: FloatArray,
    second: SecondThread,
) -> tuple[_Found | None, str]:
    """A cloud and what comes with it, or the reason why there is none."""
    if image.unit != "HU":
        return None, NO_CLOUD_FOR_MR if image.acquisition.modality == "MR" else NO_CLOUD_WITHOUT_HU
    mask = body_mask(denoised, image.unit, image.plane.spacing_mm, fill=False)
    centre = body_centre(mask)
    if centre is None:
        return None, NO_CLOUD_WITHOUT_BODY
    plane = (
        image.plane
        if image.spacing_source != "missing"
        else cloud_placement.nominal(image.plane, mask)
    )
    box = canonical_box(plane, centre)
    canonical = canonical_image(denoised, plane, box)
    surfaces, features = model.surfaces(canonical)
    # Not before: the network's layers need both threads.
    checked = second.begin(lambda: tuple(check_canonical(canonical)))
    contrast = second.begin(partial(contrast_in, image, denoised))
    sloped = second.begin(partial(Slopes.of, canonical))
    has_mm = image.spacing_source != "missing"
    if not has_mm:
        box = cloud_placement.box_of_pixels(image.plane, plane, centre)
    place = partial(cloud_placement.place_cloud, box=box, has_mm=has_mm)
    cloud = place(model.expected(surfaces), sloped, POINTS, second)
    unfamiliar = checked()
    if model.familiarity:
        knows = partial(has_front, canonical)
        unfamiliar += tuple(model.familiarity.findings(features, has_front=knows))
    return _Found(cloud, partial(_dense, model, canonical, place), unfamiliar, contrast()), ""


def _dense(model: JointModel, canonical: FloatArray, place: Callable[..., Cloud]) -> Cloud:
    """The cloud of many points. The network is asked again, for 11 ms: to keep what it said takes
    eight times the memory of the canonical image.
    """
    with second_thread() as second, _full_memory_told():
        surfaces, _ = model.surfaces(canonical)
        sloped = second.begin(partial(Slopes.of, canonical))
        return place(model.expected(surfaces), sloped, DENSE_POINTS, second)
