"""The report of a run: a JSON file of what became of every slice, and of no patient."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jrviewer.core.atomic_write import create_under, numbered
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
        "vtp": None,
        "csv": None,
        "png": None,
        "dcm": None,
        "sheet-pdf": None,
        "sheet-png": None,
        "points": None,
        "seconds": None,
        "input_check": None,
        "reasons": [],
        "removed_marks": None,
        "strength": None,
        "strength_reached": None,
        "noise_before": None,
        "noise_after": None,
        "warnings": [],
    }


def noise_facts(prediction: Prediction) -> Result:
    """The strength and the noise's standard deviations, in the slice's unit; whether the strength
    was reached is None where the noise could not be measured.
    """
    unit, sds = prediction.slice.unit, (prediction.noise_before, prediction.noise_after)
    before, after = (None if sd is None else rounded(sd, unit) for sd in sds)
    return {
        "strength": str(prediction.strength),
        "strength_reached": not prediction.is_at_limit if prediction.is_noise_known else None,
        "noise_before": before,
        "noise_after": after,
    }


def input_check_facts(findings: Sequence[Finding]) -> Result:
    """The worst level and every reason."""
    levels = {finding.level for finding in findings}
    worst = next((level for level in ("red", "amber") if level in levels), "green")
    return {"input_check": worst, "reasons": [finding.sentence for finding in findings]}


def is_safe(record: Result, identifiers: frozenset[str]) -> bool:
    """Whether a record holds nothing that identifies a patient. Its sentences are our own, so short
    words in them that are also names identify nobody.
    """
    return not is_leaked("", json.dumps(record).encode("ascii"), identifiers)


def write_report(folder: Path, about: Result, results: Iterable[Result]) -> str:
    """Write the report, result by result, under a name that is new in the folder; returns it.
    `results` may be gone through more than once.
    """
    try:
        return create_under(folder, numbered(Path("report.json")), lambda: _parts(about, results))
    except ExportError as error:
        raise ExportError(f"The exports are written, but the report is not. {error}") from error


def _parts(about: Result, results: Iterable[Result]) -> Iterator[bytes]:
    """JSON as one piece would be written, without the results being in memory at once."""
    head = json.dumps(about, indent=1).removesuffix("\n}")
    yield f'{head},\n "results": ['.encode("ascii")
    comma = ""
    for result in results:
        encoded = json.dumps(result, indent=1).replace("\n", "\n  ")
        yield f"{comma}\n  {encoded}".encode("ascii")
        comma = ","
    yield b"\n ]\n}\n"
