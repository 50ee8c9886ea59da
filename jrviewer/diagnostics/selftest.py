"""Does this installation work on this computer: versions, codecs, OpenGL, and the bundled sample
through the bundled weights, compared with the numbers that the weights' card expects.

Whatever fails becomes a sentence among the faults, and the rest is still tried. Prints nothing.

The card, resources/model/card.json, says under "expected" → "sample" which numbers must come out:
{"file": "phantom.dcm", "denoised_mean": {"value": -412.3, "tolerance": 0.5}, …}, by the names that
`measure` gives them; a bare number has the tolerance 0.5, "file" lies in resources/sample.
"""

import importlib.metadata
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer import __version__
from jrviewer.core.errors import JRViewerError, ModelError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Cloud, Slice, Structure
from jrviewer.core.resources import resource
from jrviewer.diagnostics.selftest_drawing import SECONDS, try_drawing
from jrviewer.diagnostics.selftest_page import as_page
from jrviewer.export import provenance
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from jrviewer.imaging.windowing import default_window

__all__ = ["Findings", "as_lines", "as_page", "compare", "measure", "run"]

PACKAGES = (
    *("torch", "numpy", "scipy", "scikit-image", "pydicom", "python-gdcm", "pyvista"),
    "cvista-rendering",
    *("pyvistaqt", "PySide6-Essentials"),
)
TOLERANCE = 0.5  # HU or mm, where the card names none


@dataclass(slots=True)
class Findings:
    """What was found, as the JSON says it."""

    about: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    timings_s: dict[str, float] = field(default_factory=dict)
    prediction: Prediction | None = None  # of the sample, for what comes after it

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Measure a block's seconds; a JRViewerError in it becomes a fault."""
        started = time.perf_counter()
        try:
            yield
        except JRViewerError as error:
            self.faults.append(str(error))
        finally:
            self.timings_s[what] = round(time.perf_counter() - started, 3)


def run(report: Report = silent) -> dict[str, Any]:
    """Everything that is looked at, ready for JSON; "ok" where there are no faults."""
    found = Findings()
    found.about = {
        "jrviewer": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {package: _version(package) for package in PACKAGES},
    }
    steps: list[tuple[str, Callable[[Findings], None]]] = [
        ("codecs", _look_at_codecs),
        ("weights", _look_at_weights),
        ("sample", _try_sample),
        ("exports", _try_exports),
        ("opengl", _look_at_opengl),
    ]
    for number, (name, step) in enumerate(steps):
        report(number / len(steps), name)
        with found.timed(name):
            step(found)
    ok = not found.faults
    return {"ok": ok, **found.about, "timings_s": found.timings_s, "faults": found.faults}


def as_lines(found: dict[str, Any]) -> list[str]:
    """The same for people, a line a fact."""
    lines = [f"JRViewer self-test: {'all is well' if found['ok'] else 'something is wrong'}"]
    for key, value in found.items():
        if isinstance(value, dict):
            lines += [f"{key}: {name} {_plain(fact)}" for name, fact in value.items()]
        elif key not in {"ok", "faults"}:
            lines.append(f"{key}: {value}")
    return lines


def measure(prediction: Prediction) -> dict[str, float]:
    """Numbers that characterise a prediction, by name: in the slice's unit and the cloud's
    (box axes, so that they do not depend on where the patient lay).
    """
    taken = prediction.slice.pixels - prediction.denoised
    numbers = {
        "denoised_mean": float(prediction.denoised.mean(dtype=np.float64)),
        "denoised_sd": float(prediction.denoised.std(dtype=np.float64)),
        "removed_sd": float(taken.std(dtype=np.float64)),
    }
    if prediction.cloud is not None:
        numbers |= _measured_cloud(prediction.cloud)
    return numbers


def compare(expected: dict[str, Any], found: dict[str, float]) -> dict[str, dict[str, Any]]:
    """Every number that the card expects beside the one that came out, and whether it is near
    enough.
    """
    compared = {}
    for name, wanted in expected.items():
        if name == "file":
            continue
        value, tolerance = (
            (wanted["value"], wanted.get("tolerance", TOLERANCE))
            if isinstance(wanted, dict)
            else (wanted, TOLERANCE)
        )
        got = found.get(name)
        near = got is not None and abs(got - value) <= tolerance
        compared[name] = {"expected": value, "tolerance": tolerance, "found": got, "ok": near}
    return compared


def _measured_cloud(cloud: Cloud) -> dict[str, float]:
    points = (cloud.points - cloud.box.centre_mm) @ cloud.box.axes.T
    numbers = {"points": float(len(cloud)), "sigma_mean": float(cloud.sigma.mean())}
    for axis, name in enumerate("xyz"):
        numbers[f"cloud_{name}_mean"] = float(points[:, axis].mean())
        numbers[f"cloud_{name}_sd"] = float(points[:, axis].std())
    for structure in Structure:
        share = float(np.mean(cloud.labels == structure))
        numbers[f"share_{structure.name.lower()}_percent"] = 100 * share
    return numbers


def _look_at_codecs(found: Findings) -> None:
    from jrviewer import dicom

    found.about["codecs"] = dicom.decoders()
    missing = [name for name, version in found.about["codecs"].items() if version == "missing"]
    if missing:
        found.faults.append(
            f"Decoders are missing: {', '.join(missing)}. Some compressed files will not open. "
            "Install JRViewer again."
        )
    failing = dicom.failing_codecs()
    found.about["failing_codecs"] = failing
    if failing:
        found.faults.append(
            f"Test images do not decode as they should: {', '.join(failing)}. Do not trust files "
            "compressed this way. Install JRViewer again."
        )


def _look_at_opengl(found: Findings) -> None:
    drawn = try_drawing(found.prediction)
    found.about["opengl"] = {"ok": bool(drawn.renderer), "renderer": drawn.renderer}
    if drawn.is_late:
        found.faults.append(
            f"The 3D pane had not drawn its test pictures after {SECONDS:.0f} seconds. "
            "Close other programs, then run the self-test again."
        )
    elif not drawn.renderer:
        found.faults.append(
            "OpenGL does not work here: the 3D pane stays empty, 2D and exports still work. "
            "Update the graphics driver, or install the system packages that the README names."
        )
    elif drawn.missing:
        found.faults.append(
            f"The 3D pane cannot show: {', '.join(drawn.missing)}. "
            "Update the graphics driver, or install JRViewer again."
        )


def _look_at_weights(found: Findings) -> None:
    found.about["weights_sha256"] = provenance.installed_weights_sha256()
    named = _card().get("weights_sha256")
    if named != found.about["weights_sha256"]:
        found.faults.append(
            "The weights are not the ones that their card describes. Install JRViewer again."
        )


def _try_sample(found: Findings) -> None:
    from jrviewer.model.load import load_model
    from jrviewer.model.predict import predict

    expected = _card().get("expected", {}).get("sample", {})
    sample = _sample_slice(expected.get("file"))
    started = time.perf_counter()
    model = load_model("auto", exact=True)
    loaded = time.perf_counter()
    prediction = predict(model, sample)
    found.timings_s["load_model"] = round(loaded - started, 3)
    found.timings_s["predict"] = round(time.perf_counter() - loaded, 3)
    found.prediction = prediction
    found.about |= {"model": model.name, "device": model.device}
    compared = compare(expected, measure(prediction))
    found.about["sample"] = compared
    if not compared:
        found.faults.append("The weights' card expects no numbers: the sample proves nothing.")
    wrong = [name for name, numbers in compared.items() if not numbers["ok"]]
    if wrong:
        found.faults.append(
            f"The sample does not come out as its card expects: {', '.join(wrong)}. "
            "Do not rely on results of this installation."
        )


def _try_exports(found: Findings) -> None:
    """Every kind of export of the sample, and whether `verify` knows it again."""
    if found.prediction is None:
        return
    from jrviewer import dicom

    prediction = found.prediction
    with tempfile.TemporaryDirectory() as folder:
        ply, png, derived = (Path(folder) / f"sample.{kind}" for kind in ("ply", "png", "dcm"))
        write_ply(prediction, ply, points=1024)
        write_png(prediction, png, default_window(prediction.slice))
        lines = [*provenance.describe(prediction), provenance.unsealed()]
        marks = len(prediction.compute_removed().marks)
        dicom.write_derived(
            prediction, derived, lines=lines, seal=provenance.sealed, removed_marks=marks
        )
        verdicts = {path.suffix[1:]: provenance.verify(path) for path in (ply, png, derived)}
    found.about["exports"] = {kind: "ok" if one.ok else "changed" for kind, one in verdicts.items()}
    wrong = [kind for kind, one in verdicts.items() if not one.ok]
    if wrong:
        found.faults.append(
            f"Exports are not what was written: {', '.join(wrong)}. Do not use exports of this "
            "installation. Install JRViewer again."
        )


def _sample_slice(name: str | None) -> Slice:
    from jrviewer import dicom

    path = resource(f"sample/{name}") if name else resource("sample")
    opened = dicom.read([path])
    if not opened.series:
        raise JRViewerError("The bundled sample cannot be read. Install JRViewer again.")
    return opened.series[0][0]


def _card() -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads(resource("model/card.json").read_text("utf-8"))
    except ValueError as error:
        raise ModelError(
            "The weights' card cannot be read. Install JRViewer again; nothing was changed."
        ) from error
    return card


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"  # a frozen app leaves most packages' data behind


def _plain(fact: object) -> str:
    if isinstance(fact, dict):
        return ", ".join(f"{key} {value}" for key, value in fact.items())
    return str(fact)
