"""The command line: predict, inspect, self-test, bench, verify. No Qt.

Results go to stdout; progress goes to stderr and only where that is a terminal; every refused input
gets one line on stderr. Says neither names nor paths, except `inspect`, whose result is a list of
the paths it was given.
"""

import argparse
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jrviewer import NOTICE, __version__
from jrviewer.core.atomic_write import replace_file
from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report, silent

DONE, FELL_SHORT = 0, 1  # argparse itself ends with 2 where the usage is wrong
DICOMDIR_CLASS = "1.2.840.10008.1.3.10"


def is_command(arguments: Sequence[str]) -> bool:
    """Whether the arguments are for this module rather than for the window."""
    return bool(arguments) and (arguments[0] in COMMANDS or arguments[0].startswith("-"))


def main(arguments: Sequence[str]) -> int:
    """Run a sub-command; returns 0 when all was done, 1 when something was refused or fell short.

    Raises SystemExit(2) where the usage is wrong.
    """
    wish = _parser().parse_args(arguments)
    _survive_odd_letters()
    try:
        with _no_words_of_libraries():
            return COMMANDS[wish.command](wish)
    except JRViewerError as error:
        _say(str(error))
    except KeyboardInterrupt:
        _say("Stopped. What was finished is kept.")
    return FELL_SHORT


def predict(wish: argparse.Namespace) -> int:
    """Denoise and infer every slice; write the exports and report.json."""
    from jrviewer.batch import FACE, Batch, Wish

    batch_wish = Wish(
        out=wish.out,
        device=wish.device,
        points=wish.points,
        kinds=wish.only,
        index=wish.index,
        run_anyway=wish.run_anyway,
        with_skin=True if wish.with_skin else None,
        deidentify=wish.deidentify,
    )
    with _progress() as report:
        results = Batch(wish.paths, batch_wish, _refuse, report).run()["results"]
    if any(FACE in result["message"] for result in results):
        print(f"jrviewer: {FACE}", file=sys.stderr)
    done = sum(result["ok"] for result in results)
    print(f"{done} of {len(results)} done; the details are in report.json. {NOTICE}")
    return DONE if results and done == len(results) else FELL_SHORT


def inspect(wish: argparse.Namespace) -> int:
    """Say what the reader sees, a row a file."""
    from jrviewer import dicom

    with _progress() as report:
        rows = dicom.inspect(wish.paths, report)
    if wish.json:
        print(json.dumps([row.as_json() for row in rows], indent=1))
    else:
        for row in rows:
            size = f"{row.rows}×{row.columns}×{row.frames}" if row.rows else ""
            print("\t".join([row.path, row.status, row.modality, size, row.message]))
    # A DICOMDIR holds no image by nature: its members' rows tell whether it fell short.
    refused = [
        row for row in rows if row.status != "open" and not _is_directory(row.sop_class, row.path)
    ]
    for row in refused:
        _refuse(_argument_of_row(row.path, wish.paths), row.message)
    return FELL_SHORT if refused or not rows else DONE


def self_test(wish: argparse.Namespace) -> int:
    """Run the bundled sample through the bundled weights and look at this computer."""
    from jrviewer.diagnostics import selftest

    with _progress() as report:
        found = selftest.run(report)
    print(json.dumps(found, indent=1) if wish.json else "\n".join(selftest.as_lines(found)))
    if wish.html:
        replace_file(wish.html, selftest.as_page(found).encode())
    for sentence in found["faults"]:
        _say(sentence)
    return DONE if found["ok"] else FELL_SHORT


def bench(wish: argparse.Namespace) -> int:
    """Speed and memory of the shipped model on this computer."""
    from jrviewer.diagnostics import benchmark as measuring

    with _progress() as report:
        found = measuring.run(quick=wish.quick, report=report)
    print(json.dumps(found, indent=1) if wish.json else "\n".join(measuring.as_lines(found)))
    return DONE


def verify(wish: argparse.Namespace) -> int:
    """Check an export's provenance."""
    from jrviewer.export import provenance

    verdict = provenance.verify(wish.export, wish.source)
    print("\n".join(verdict.sentences))
    return DONE if verdict.ok else FELL_SHORT


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "predict": predict,
    "inspect": inspect,
    "self-test": self_test,
    "bench": bench,
    "verify": verify,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jrviewer",
        description=f"Without a command: opens the window with the PATHs given. {NOTICE}",
    )
    parser.add_argument("--version", action="version", version=f"JRViewer {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_predict(commands.add_parser("predict", help="denoise, infer the cloud, export both"))
    looks = commands.add_parser("inspect", help="what the reader sees, a row a file")
    _add_paths(looks)
    looks.add_argument("--json", action="store_true", help="as JSON")
    tests = commands.add_parser("self-test", help="try the bundled sample on this computer")
    tests.add_argument("--json", action="store_true", help="as JSON")
    tests.add_argument("--html", type=Path, metavar="FILE", help="a page for the quality file, too")
    speed = commands.add_parser("bench", help="speed and memory on this computer")
    speed.add_argument("--json", action="store_true", help="as JSON")
    speed.add_argument("--quick", action="store_true", help="few rounds")
    checks = commands.add_parser("verify", help="is an export ours, unchanged, from this source")
    checks.add_argument(
        "export", type=Path, metavar="EXPORT", help="a PLY, PNG or DICOM of JRViewer's"
    )
    checks.add_argument(
        "source", type=Path, nargs="?", metavar="SOURCE", help="the DICOM file it should come from"
    )
    return parser


def _add_predict(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the exports")
    parser.add_argument(
        "--device",
        type=_device,
        default="auto",
        metavar="auto|cpu|cuda",
        help="where the model runs; cuda:1 is the second graphics processor",
    )
    parser.add_argument("--points", type=int, choices=(1000, 1024, 4096), default=1024)
    parser.add_argument(
        "--only", type=_kinds, default=_kinds("ply,png,dcm"), help="ply,png,dcm or some of them"
    )
    parser.add_argument(
        "--index", type=_index, metavar="N", help="only slice N of every series, counted from 0"
    )
    parser.add_argument(
        "--run-anyway", action="store_true", help="even where the input check is red"
    )
    parser.add_argument(
        "--with-skin", action="store_true", help="a head's skin too, which is a face"
    )
    parser.add_argument(
        "--deidentify", action="store_true", help="derived DICOM without the patient's identity"
    )


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="file, folder, ZIP or DICOMDIR"
    )


def _kinds(text: str) -> frozenset[str]:
    kinds = frozenset(part.strip() for part in text.split(","))
    if not kinds <= {"ply", "png", "dcm"}:
        raise argparse.ArgumentTypeError("choose from ply, png and dcm, separated by commas")
    return kinds


def _device(text: str) -> str:
    from jrviewer.model.devices import is_place

    if not is_place(text):
        raise argparse.ArgumentTypeError("one of auto, cpu, cuda and cuda:N")
    return text


def _index(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("a whole number, counted from 0")
    return int(text)


def _is_directory(sop_class: str, path: str) -> bool:
    return sop_class == DICOMDIR_CLASS or Path(path).name.upper() == "DICOMDIR"


def _argument_of_row(path: str, paths: Sequence[Path]) -> int:
    from jrviewer.batch import argument_number

    return argument_number(Path(path), paths)


def _refuse(argument: int, sentence: str) -> None:
    """By the argument's number: a path may be a patient's name."""
    _say(f"argument {argument}: {sentence}")


def _say(sentence: str) -> None:
    clear = "\r\x1b[K" if sys.stderr is not None and sys.stderr.isatty() else ""
    print(clear + " ".join(sentence.split()), file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Report]:
    """A report that keeps one line of the terminal up to date; silent where there is none."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield silent
        return

    def report(fraction: float, what: str) -> None:
        print(f"\r\x1b[K{fraction:4.0%} {what[:70]}", end="", file=sys.stderr, flush=True)

    try:
        yield report
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def _no_words_of_libraries() -> Iterator[None]:
    """Libraries warn with the odd value in full, which may be a patient's name."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _survive_odd_letters() -> None:
    """A terminal that lacks a letter shows a question mark instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
