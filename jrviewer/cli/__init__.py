"""The command line: predict, surface, watch, node, inspect, self-test, bench, verify. No Qt.

Results go to stdout; progress goes to stderr and only where that is a terminal; every refused input
gets one line on stderr. Says neither names nor paths, except `inspect`, whose result is a list of
the paths it was given.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jrviewer import NOTICE
from jrviewer.cli import output
from jrviewer.cli.jobs import Runner, job_of, refuse, say_what_to_know, sources
from jrviewer.cli.parser import make_parser
from jrviewer.core.atomic_write import create_under, numbered
from jrviewer.core.errors import JRViewerError

if TYPE_CHECKING:
    from jrviewer.dicom import Row

DONE, FELL_SHORT = 0, 1  # argparse itself ends with 2 where the usage is wrong
Outcome = tuple[str, int]  # what to print as the result, and the exit status
HEADER = "path", "status", "modality", "rows×columns×frames", "remarks"
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160)], "?")  # a name may hold line breaks
OWN_EXPORT = "This is an export of JRViewer: check it with “jrviewer verify”."
DICOMDIR_CLASS = "1.2.840.10008.1.3.10"


def is_command(arguments: Sequence[str]) -> bool:
    """Whether the arguments are for this module rather than for the window."""
    return bool(arguments) and (arguments[0] in COMMANDS or arguments[0].startswith("-"))


def main(arguments: Sequence[str]) -> int:
    """Run a sub-command; returns 0 when all was done, 1 when something was refused or fell short.

    Raises SystemExit(2) where the usage is wrong.
    """
    output.replace_unprintable_letters()
    try:
        _require_current_folder()
        parsed = _parsed(arguments)
        with output.libraries_silenced():
            text, status = COMMANDS[parsed.command](parsed)
            output.print_result(text)
    except JRViewerError as error:
        output.say(str(error))
    except KeyboardInterrupt:
        output.say("Stopped. What was finished is kept.")
    except OSError as error:  # its own words may hold a path, and that a patient's name
        output.say(f"The system refused: {error.strerror or 'no reason given'}.")
    else:
        return status
    return FELL_SHORT


def predict(arguments: argparse.Namespace) -> Outcome:
    """Denoise and infer every slice that is not done yet; write the exports and a report."""
    from jrviewer.batch.run import run

    runner = Runner(arguments)
    with output.progress() as report, sources(arguments, report) as paths:
        ended = run(paths, job_of(arguments), refuse, report, go=runner.go)
    say_what_to_know(ended, arguments.strength)
    status = DONE if ended.total and ended.done == ended.total else FELL_SHORT
    if arguments.json:
        return (arguments.out / ended.report).read_text("ascii").rstrip("\n"), status
    earlier = f", {ended.earlier} of them by an earlier run" if ended.earlier else ""
    stored = f" {runner.stored} derived objects were stored there." if arguments.store else ""
    text = (
        f"{ended.done} of {ended.total} done{earlier}; the details are in {ended.report}.{stored}"
        f" {NOTICE}"
    )
    return text, status


def surface(arguments: argparse.Namespace) -> Outcome:
    """Write the measured surface of every series, for printing and statistics."""
    from jrviewer.batch.surfaces import SurfaceJob, measure_series

    job = SurfaceJob(
        arguments.out,
        arguments.only,
        True if arguments.with_skin else None,
        arguments.device,
        arguments.run_anyway,
    )
    with output.progress() as report:
        found = list(measure_series(arguments.paths, job, refuse, report))
    if arguments.json:
        text = json.dumps([one.as_json() for one in found], indent=1)
    else:
        text = "\n".join([*(one.as_line() for one in found), NOTICE])
    return text, DONE if found and all(one.ok for one in found) else FELL_SHORT


def watch(arguments: argparse.Namespace) -> Outcome:
    """Predict whatever arrives in a folder."""
    from jrviewer.cli import service

    return service.watch(arguments)


def node(arguments: argparse.Namespace) -> Outcome:
    """Run, try or feed a DICOM node."""
    from jrviewer.cli import service

    return service.node(arguments)


def inspect(arguments: argparse.Namespace) -> Outcome:
    """Say what the reader sees, a row a file."""
    from jrviewer import dicom

    with output.progress() as report:
        rows = [_known(row) for row in dicom.inspect(arguments.paths, report)]
    # DICOMDIRs and exports hold no image by nature: they fall short only where nothing opens.
    any_open = any(row.status == "open" for row in rows)
    refused = [
        row for row in rows if row.status != "open" and not (any_open and _needs_no_image(row))
    ]
    for row in refused:
        refuse(_argument_of_row(row.path, arguments.paths), row.message)
    if arguments.json:
        text = json.dumps([row.as_json() for row in rows], indent=1)
    else:
        header = [_line(*HEADER)] if output.is_for_people() else []  # a program counts the rows
        lines = _lines_of_series(rows, arguments.paths)
        text = "\n".join([*header, *map(_as_line, rows), *lines])
    return text, FELL_SHORT if refused or not rows else DONE


def self_test(arguments: argparse.Namespace) -> Outcome:
    """Run the bundled sample through the bundled weights and look at this computer."""
    from jrviewer.diagnostics import selftest

    with output.progress() as report:
        found = selftest.run(report)
    faults = list(found["faults"])
    if arguments.html:
        try:
            page = selftest.as_page(found).encode()
            name = create_under(arguments.html.parent, numbered(arguments.html), lambda: page)
            if name != arguments.html.name:  # a file of that name was there, and stays
                output.say("The page's name was taken: it is in a numbered file beside it.")
        except JRViewerError as error:  # the result is printed all the same
            faults.append(str(error))
    for sentence in faults:
        output.say(sentence)
    text = json.dumps(found, indent=1) if arguments.json else "\n".join(selftest.as_lines(found))
    return text, FELL_SHORT if faults or not found["ok"] else DONE


def bench(arguments: argparse.Namespace) -> Outcome:
    """Speed and memory of the shipped model on this computer."""
    if arguments.choose_again:
        return _choose_again(as_json=arguments.json)
    from jrviewer.diagnostics import benchmark

    with output.progress() as report:
        found = benchmark.run(
            quick=arguments.quick,
            beside_load=arguments.beside_load,
            precision=arguments.precision,
            report=report,
        )
    text = json.dumps(found, indent=1) if arguments.json else "\n".join(benchmark.as_lines(found))
    return text, DONE


def _choose_again(*, as_json: bool) -> Outcome:
    from jrviewer.model import kept_choice
    from jrviewer.model.load import load_model

    kept_choice.forget()
    device = load_model("auto").device
    return json.dumps({"device": device}) if as_json else f"The model runs on {device}.", DONE


def verify(arguments: argparse.Namespace) -> Outcome:
    """Check an export's provenance."""
    from jrviewer.export import provenance

    if arguments.recompute and arguments.source is None:
        raise JRViewerError("To recompute, name the source too: verify EXPORT SOURCE --recompute.")
    verdict = provenance.verify(arguments.export, arguments.source)
    sentences, is_fine = verdict.sentences, verdict.ok
    if arguments.recompute and is_fine:  # what is not its source's says nothing of the computer
        from jrviewer.diagnostics.recompute import recompute

        with output.progress() as report:
            compared = recompute(arguments.export, verdict.stated, arguments.source, report)
        sentences, is_fine = (*sentences, compared.sentence), compared.ok
    return "\n".join(sentences), DONE if is_fine else FELL_SHORT


COMMANDS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "predict": predict,
    "surface": surface,
    "watch": watch,
    "node": node,
    "inspect": inspect,
    "self-test": self_test,
    "bench": bench,
    "verify": verify,
}


def _as_line(row: "Row") -> str:
    size = f"{row.rows}×{row.columns}×{row.frames}" if row.rows else ""
    said = " ".join(one for one in (row.message, *row.warnings) if one)
    return _line(row.path, row.status, row.modality, size, said)


def _line(*columns: str) -> str:
    """A row with a tab between columns, none after the last, and no other in it."""
    return "\t".join(one.translate(_CONTROLS) for one in columns).rstrip("\t")


def _lines_of_series(rows: "Sequence[Row]", paths: Sequence[Path]) -> list[str]:
    """A line for every series of which something is to be known, such as gaps or copies."""
    from jrviewer.batch.series_remarks import series_remarks

    if sum(row.frames or 0 for row in rows if row.status == "open") < 2:
        return []
    with output.progress() as report:
        return [
            _line(one.first, "series", one.modality, f"{one.slices} slices", said)
            for one in series_remarks(paths, report)
            for said in [" ".join(one.warnings)]
        ]


def _needs_no_image(row: "Row") -> bool:
    if row.message == OWN_EXPORT:
        return True
    is_named_so = Path(row.path).name.upper() == "DICOMDIR"
    return row.status == "no_image" and (is_named_so or row.sop_class == DICOMDIR_CLASS)


def _known(row: "Row") -> "Row":
    """The row, which says so where the file is no DICOM but an export of this app."""
    from jrviewer.export.own_exports import is_export_file

    is_own = row.status == "not_dicom" and is_export_file(Path(row.path))
    return replace(row, message=OWN_EXPORT) if is_own else row


def _argument_of_row(path: str, paths: Sequence[Path]) -> int:
    from jrviewer.batch.argument_number import argument_number

    return argument_number(Path(path), paths)


def _require_current_folder() -> None:
    """Relative paths lead nowhere without it, and libraries end the program."""
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise JRViewerError(
            "The current folder is not there any more. Change to another one, and run it again."
        ) from error


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    try:
        return make_parser().parse_args(arguments)
    except SystemExit:  # after help, version or usage, which argparse has printed
        output.print_result("")
        raise
