"""The arguments of every command."""

import argparse
import re
from typing import NoReturn

from jrviewer import NOTICE, __version__
from jrviewer.cli.values import (
    to_cluster,
    to_device,
    to_index,
    to_kinds,
    to_meshes,
    to_path,
    to_root,
    to_seconds,
    to_source,
    to_strength,
)
from jrviewer.core.strength import STANDARD

_TOO_MANY = "there are too many arguments: put a name that has spaces in quotation marks"
_VALUE = re.compile(
    r"""(invalid choice|invalid \w+ value|ignored explicit argument|ambiguous option):? """
    r"""(?:'.*?'|".*?"|\S+)"""
)


class _Parser(argparse.ArgumentParser):
    """Repeats no value that is wrong: it may be a path, and that a patient's name."""

    def error(self, message: str) -> NoReturn:
        """End with 2 after the usage and a message."""
        before, unknown, values = message.partition("unrecognized arguments: ")
        if unknown:
            options = [one.split("=")[0] for one in values.split() if one.startswith("-")]
            told = f"unknown options: {' '.join(options)}" if options else _TOO_MANY
            super().error(f"{before}{told}")
        super().error(_VALUE.sub(r"\1", message))


def make_parser() -> argparse.ArgumentParser:
    """The parser of `jrviewer COMMAND …`; its `command` is the command's name."""
    parser = _Parser(
        prog="jrviewer",
        description=f"Without a command: opens the window with the PATHs given. {NOTICE}",
    )
    parser.add_argument("--version", action="version", version=f"JRViewer {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_predict(commands.add_parser("predict", help="denoise, infer the cloud, export both"))
    _add_surface(commands.add_parser("surface", help="a series' measured surface as a mesh"))
    _add_watch(commands.add_parser("watch", help="predict whatever arrives in a folder"))
    _add_node(commands.add_parser("node", help="a DICOM node: receive, predict, send on"))
    _add_inspect(commands.add_parser("inspect", help="what the reader sees, a row a file"))
    _add_self_test(commands.add_parser("self-test", help="try the bundled sample on this computer"))
    _add_bench(commands.add_parser("bench", help="speed and memory on this computer"))
    _add_verify(
        commands.add_parser("verify", help="is an export ours, unchanged, from this source")
    )
    return parser


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        type=to_source,
        nargs="+",
        metavar="PATH",
        help="file, folder, ZIP or DICOMDIR, or https://HOST/ROOT/studies/UID… of DICOMweb",
    )
    add_job(parser)
    parser.add_argument(
        "--store",
        type=to_root,
        metavar="https://HOST/ROOT",
        help="send the derived DICOM there, too, by DICOMweb",
    )
    parser.add_argument(
        "--config",
        type=to_path,
        metavar="FILE",
        help="a node's configuration, for the certificates and credentials of DICOMweb addresses",
    )
    parser.add_argument(
        "--cluster",
        type=to_cluster,
        metavar="local:N|tcp://HOST:PORT|tls://HOST:PORT",
        help="on N workers here, or on a Dask scheduler; one beyond this computer by tls",
    )
    parser.add_argument(
        "--index", type=to_index, metavar="N", help="only slice N of every series, counted from 0"
    )
    _add_json(parser, "print the report that is written, as JSON")


def _add_surface(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    _add_place(parser)
    parser.add_argument(
        "--only",
        type=to_meshes,
        default=to_meshes("stl"),
        metavar="KINDS",
        help="formats, separated by commas: stl, obj, ply (stl)",
    )
    _add_consent(parser)
    _add_json(parser)


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=to_path, metavar="IN", help="the folder that fills")
    add_job(parser)
    parser.add_argument(
        "--quiet",
        type=to_seconds,
        default=10.0,
        metavar="SECONDS",
        help="a series is complete when nothing of it has come for so long (10)",
    )
    parser.add_argument("--once", action="store_true", help="end when all that is there is done")
    parser.set_defaults(index=None)


def _add_node(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("serve", "check", "fetch"),
        default="serve",
        help="listen (the default), try the configuration, or fetch series and do them",
    )
    parser.add_argument("--config", type=to_path, required=True, metavar="FILE", help="TOML")
    check = parser.add_argument_group("check")
    check.add_argument(
        "--no-phantom", action="store_true", help="send no phantom to the destination and back"
    )
    fetch = parser.add_argument_group("fetch")
    fetch.add_argument("--from", dest="peer", metavar="PEER", help="its name in the configuration")
    for name, of in (
        *(("study", "UID"), ("series", "UID"), ("accession", "NUMBER")),
        *(("patient", "ID"), ("modality", "CT|MR|…")),
    ):
        fetch.add_argument(f"--{name}", default="", metavar=of)


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    _add_json(parser)


def _add_self_test(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument(
        "--html", type=to_path, metavar="FILE", help="a page for the quality file, too"
    )


def _add_bench(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument(
        "--beside-load", action="store_true", help="also beside a process that keeps a core busy"
    )
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16", "int8"),
        help="time this one beside single precision, instead of the one chosen",
    )
    parser.add_argument(
        "--choose-again",
        action="store_true",
        help="time nothing else: choose this computer's precision anew, and say and keep it",
    )


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "export", type=to_path, metavar="EXPORT", help="any file that JRViewer exported"
    )
    parser.add_argument(
        "source",
        type=to_path,
        nargs="?",
        metavar="SOURCE",
        help="the DICOM file it should come from",
    )
    parser.add_argument(
        "--recompute",
        action="store_true",
        help="make the cloud anew of SOURCE, and say how many points are the same",
    )


def add_job(parser: argparse.ArgumentParser) -> None:
    """What is done with every slice, and where the exports go."""
    _add_place(parser)
    parser.add_argument(
        "--strength",
        type=to_strength,
        default=str(STANDARD),
        metavar="low|standard|high|PERCENT",
        help="how much of the noise goes: 30, 50, 75 or PERCENT of its standard deviation",
    )
    parser.add_argument(
        "--points", type=int, choices=(1000, 1024, 4096), default=1024, help="of a cloud (1024)"
    )
    parser.add_argument(
        "--only",
        type=to_kinds,
        default="ply,png,dcm",
        metavar="KINDS",
        help="what to export, separated by commas (ply,png,dcm); vtp and csv hold the cloud, too; "
        "sheet-pdf and sheet-png are evidence sheets",
    )
    _add_consent(parser)
    parser.add_argument(
        "--deidentify", action="store_true", help="derived DICOM without the patient's identity"
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    """Where the exports go, and where the model runs."""
    parser.add_argument("--out", type=to_path, required=True, metavar="DIR", help="for the exports")
    parser.add_argument(
        "--device",
        type=to_device,
        default="auto",
        metavar="auto|cpu|cuda",
        help="where the model runs; cuda:1 is the second graphics processor",
    )


def _add_consent(parser: argparse.ArgumentParser) -> None:
    """What is left out or refused unless it is asked for."""
    parser.add_argument(
        "--run-anyway", action="store_true", help="even where the input check is red"
    )
    parser.add_argument(
        "--with-skin", action="store_true", help="a head's skin too, which is a face"
    )


def _add_json(parser: argparse.ArgumentParser, words: str = "as JSON") -> None:
    parser.add_argument("--json", action="store_true", help=words)


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", type=to_path, nargs="+", metavar="PATH", help="file, folder, ZIP or DICOMDIR"
    )
