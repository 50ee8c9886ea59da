"""The report of a run: a JSON file of what became of every slice, and of no patient."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jrviewer.core.atomic_write import create_file
from jrviewer.core.errors import ExportError
from jrviewer.core.identifier_search import is_leaked
from jrviewer.core.noise_words import rounded
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Finding

Result = dict[str, Any]


def empty_result(argument: int, source: str | None) -> Result:
    """A result in which nothing has come true yet."""
    return {
        "source": source,
        "argument": argument,
        "ok": False,
        "message": "",
        "ply": None,
        "png": None,
        "dcm": None,
        "points": None,
        "seconds": None,
        "input_check": None,
        "reasons": [],
        "removed_marks": None,
        "strength": None,
        "noise_before": None,
        "noise_after": None,
        "warnings": [],
    }


def noise_facts(prediction: Prediction) -> Result:
    """The strength and the noise's standard deviations, in the slice's unit."""
    unit, sds = prediction.slice.unit, (prediction.noise_before, prediction.noise_after)
    before, after = (None if sd is None else rounded(sd, unit) for sd in sds)
    return {"strength": str(prediction.strength), "noise_before": before, "noise_after": after}


def input_check_facts(findings: Sequence[Finding]) -> Result:
    """The worst level and every reason."""
    levels = {finding.level for finding in findings}
    worst = next((level for level in ("red", "amber") if level in levels), "green")
    return {"input_check": worst, "reasons": [finding.sentence for finding in findings]}


def write_report(folder: Path, content: dict[str, Any], identifiers: frozenset[str]) -> str:
    """Write the report under a name that is new in the folder; returns the name."""
    encoded = json.dumps(content, indent=1).encode("ascii") + b"\n"
    # Its sentences are our own, so short words in them that are also names identify no patient.
    if is_leaked("", encoded, identifiers):
        raise ExportError(
            "The exports are written, but the report is not: it would hold something that "
            "identifies a patient. Please report this."
        )
    names = itertools.chain(["report.json"], (f"report-{n:04d}.json" for n in itertools.count(2)))
    name = next(name for name in names if not (folder / name).exists())
    try:
        create_file(folder / name, encoded)
    except ExportError as error:
        raise ExportError(f"The exports are written, but the report is not. {error}") from error
    return name
