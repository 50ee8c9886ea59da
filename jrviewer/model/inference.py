"""The model at work on one slice: HU in, a Prediction with HU and a cloud in patient mm out.

The only room, with `network` and training, that knows torch. Knows no files but the weights, and no
window.
"""

import hashlib
import json
import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path

import torch

from jrviewer.core.errors import (
    DeviceError,
    DeviceMemoryError,
    InputRefusedError,
    JRViewerError,
    ModelError,
)
from jrviewer.core.geometry import FloatArray, canonical_box
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Cloud, Finding, Prediction, Slice
from jrviewer.core.resources import resource
from jrviewer.imaging import residual_check
from jrviewer.imaging.body_masks import body_centre, body_mask, canonical_image
from jrviewer.model import cloud_placement, cpu_tuning, devices
from jrviewer.model.devices import Device
from jrviewer.model.input_check import check
from jrviewer.model.joint_model import Model
from jrviewer.model.network import Config, JointNet
from jrviewer.model.out_of_distribution import Familiarity
from jrviewer.model.slice_pool import Crew

MOST_AT_ONCE = 4  # slices of a series; each needs 50 to 90 MB
USUAL_PIXELS = 512 * 512
POINTS = 1024
DENSE_POINTS = 4096
FAMILIAR = "familiarity."  # before the names of what is no weight of the network

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


def load_model(
    device: Device = "auto", weights: Path | None = None, *, exact: bool = False
) -> Model:
    """The bundled model, or another weights file, ready on a device.

    "auto" is CUDA where a real kernel runs on it, else the CPU in the way that was fastest when it
    was first asked (`kept_choice`); "cpu" and `exact` mean single precision, the same numbers on
    every computer. Raises ModelError where the weights are missing, changed or made for another
    network, or where CUDA was asked for and does not work.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    path = weights or resource("model/joint.safetensors")
    with path.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    if weights is None:
        _compare_with_card(sha256)
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["jrviewer"])
        net = JointNet(Config.from_values(about["config"]))
        tensors = load_file(path)  # half precision in the file, single in the network
        known = {name: tensors.pop(name) for name in [*tensors] if name.startswith(FAMILIAR)}
        net.load_state_dict(tensors)
        familiarity = Familiarity.from_arrays(  # copies: these arrays would keep the file mapped
            {name.removeprefix(FAMILIAR): known[name].float().numpy().copy() for name in known}
        )
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
        raise ModelError(
            "The model's weights cannot be used: the file is damaged or made for another version. "
            "Install JRViewer again."
        ) from error
    target, note = devices.choose(device)
    net.eval().requires_grad_(requires_grad=False)
    try:
        net = channels_last(net.to(target))
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceError(
            "The graphics processor's memory is too full for the model. "
            "Close other programs, or choose the CPU."
        ) from error
    half = None
    if device == "auto" and target.type == "cpu":
        way = cpu_tuning.settled(net, sha256)
        torch.set_num_threads(way.threads)
        half = None if exact else way.half
    return Model(
        name=f"{about['name']} {about['version']}",
        weights_sha256=sha256,
        device=f"{devices.name_of(target)} {'fp32' if half is None else 'bf16'}",
        net=net,
        sharpness=float(about.get("sharpness", 1.0)),
        sigma_factors=tuple((float(end), float(by)) for end, by in about.get("sigma_factors", ())),
        familiarity=familiarity,
        note=note,
        half=half,
    )


def predict(
    model: Model, image: Slice, report: Report = silent, *, run_anyway: bool = False
) -> Prediction:
    """Denoise a slice and infer its cloud.

    Raises InputRefusedError where the input check is red and nobody asked to run anyway, and
    DeviceMemoryError where the graphics processor's memory is full.
    """
    started = time.perf_counter()
    report(0.0, "Checking the slice")
    pixels = image.pixels
    mask = body_mask(pixels, image.unit, image.plane.spacing_mm)
    findings = check(image, mask)
    _refuse_red(findings, run_anyway=run_anyway)
    try:
        report(0.1, "Denoising")
        denoised = model.denoise(pixels, image.unit)
        report(0.6, "Inferring the cloud")
        cloud, sample_dense, no_cloud_reason, unfamiliar = _clouds(model, image, denoised)
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceMemoryError(
            "The graphics processor's memory is full. Close other programs, or choose the CPU."
        ) from error
    findings = (*findings, *unfamiliar)
    overridden = _refuse_red(findings, run_anyway=run_anyway)
    return Prediction(
        slice=image,
        denoised=denoised,
        cloud=cloud,
        sample_dense=sample_dense,
        check_residual=residual_check.judge,
        no_cloud_reason=no_cloud_reason,
        model=model.name,
        weights_sha256=model.weights_sha256,
        device=model.device,
        seconds=time.perf_counter() - started,
        findings=findings,
        overridden=overridden,
    )


def _refuse_red(findings: Sequence[Finding], *, run_anyway: bool) -> bool:
    """Whether a red input check was overridden; raises InputRefusedError where it was not."""
    reasons = [finding.sentence for finding in findings if finding.level == "red"]
    if reasons and not run_anyway:
        sentences = [finding.sentence for finding in findings]
        raise InputRefusedError("The model was not run. " + " ".join(reasons), sentences)
    return bool(reasons)


def crew(
    model: Model,
    *,
    run_anyway: bool = False,
    most: int = MOST_AT_ONCE,
    pixels: int = USUAL_PIXELS,
) -> Crew[Slice, Prediction | JRViewerError]:
    """What works on up to `most` slices of up to so many pixels at once, as many as the device has
    cores or memory for.

    Each by one thread: on the CPU, where their layers share nothing, a batch is slower than its
    slices (what a layer hands on no longer fits the cache); on a graphics processor most of the
    time is the CPU's, which checks slices and places points.
    """
    width = min(devices.slices_at_once(model.place, pixels), most)
    one_thread = partial(torch.set_num_threads, 1 if width > 1 else torch.get_num_threads())
    return Crew(partial(_predicted, model, run_anyway=run_anyway), width, one_thread)


def predict_series(
    model: Model, slices: Sequence[Slice], report: Report = silent, *, run_anyway: bool = False
) -> Generator[Prediction | JRViewerError]:
    """For every slice in turn its prediction, or what `predict` raised instead. A cancelled run
    ends with the step that its slices are at. Where a graphics processor's memory is too small,
    fewer are tried at once, down to one.
    """
    done, most = 0, MOST_AT_ONCE
    pixels = max((one.shape[0] * one.shape[1] for one in slices), default=USUAL_PIXELS)
    while done < len(slices):
        with crew(model, run_anyway=run_anyway, most=most, pixels=pixels) as at_work:
            for outcome in at_work.results(slices[done:]):
                if isinstance(outcome, DeviceMemoryError) and most > 1:
                    most //= 2
                    break
                done += 1
                yield outcome
                report(done / len(slices), f"Slice {done} of {len(slices)}")


def _predicted(
    model: Model, image: Slice, report: Report, *, run_anyway: bool
) -> Prediction | JRViewerError:
    try:
        return predict(model, image, report, run_anyway=run_anyway)
    except JRViewerError as error:
        return error


def channels_last(net: JointNet) -> JointNet:
    """Weights in the order that convolutions on a CPU are fastest in."""
    for parameter in net.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return net


def _clouds(
    model: Model, image: Slice, denoised: FloatArray
) -> tuple[Cloud | None, Callable[[], Cloud] | None, str, tuple[Finding, ...]]:
    """The cloud and what samples the dense one, or the reason why there is none; and what is
    unfamiliar.
    """
    if image.unit != "HU":
        reason = NO_CLOUD_FOR_MR if image.acquisition.modality == "MR" else NO_CLOUD_WITHOUT_HU
        return None, None, reason, ()
    mask = body_mask(denoised, image.unit, image.plane.spacing_mm)
    centre = body_centre(mask)
    if centre is None:
        return None, None, NO_CLOUD_WITHOUT_BODY, ()
    plane = (
        image.plane
        if image.spacing_source != "missing"
        else cloud_placement.nominal(image.plane, mask)
    )
    box = canonical_box(plane, centre)
    expected, features = model.look(canonical_image(denoised, plane, box))
    unfamiliar = tuple(model.familiarity.findings(features)) if model.familiarity else ()
    has_mm = image.spacing_source != "missing"
    if not has_mm:
        box = cloud_placement.box_of_pixels(image.plane, plane, centre)
    cloud = cloud_placement.place(expected, POINTS, box, has_mm=has_mm)
    sample_dense = partial(cloud_placement.place, expected, DENSE_POINTS, box, has_mm=has_mm)
    return cloud, sample_dense, "", unfamiliar


def _compare_with_card(sha256: str) -> None:
    card = json.loads(resource("model/card.json").read_text(encoding="utf-8"))
    if card["weights_sha256"] != sha256:
        raise ModelError(
            "The model's weights are not the ones that this version was tested with: "
            "the file was changed or damaged. Install JRViewer again."
        )
