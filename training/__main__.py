"""`python -m training COMMAND`: fit, calibrate, export, evaluate and what goes with them."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jrviewer.core import malloc
from jrviewer.core.errors import JRViewerError
from training.console import progress


class Command(NamedTuple):
    """One word after `python -m training`."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it is done, 1 when it could not be, 2 for wrong usage."""
    commands = _commands()
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    words = parser.add_subparsers(dest="command", required=True)
    for word, command in commands.items():
        command.add_arguments(words.add_parser(word, help=command.help))
    args = parser.parse_args(arguments)
    malloc.configure()
    try:
        return commands[args.command].run(args)
    except JRViewerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the last checkpoint is kept. Go on with --resume.", file=sys.stderr)
        return 1


def _commands() -> dict[str, Command]:
    """All of them by their words, in the order of `--help`."""
    return {
        "fit": Command("train a model", _fit_arguments, _fit),
        "export": Command("make a run the bundled model", _export_arguments, _export),
        **_of_modules(),
    }


def _of_modules() -> dict[str, Command]:
    """Those that have a module of their own, with `add_arguments` and `run`."""
    from training.baselines import command as baselines
    from training.evaluate import benchmark, evaluate, reliability
    from training.evaluate.real_noise import twins
    from training.experiments import (
        dropout_factor,
        efficiency,
        ideal_observer,
        paper,
        sequential,
        three_slices,
    )
    from training.experiments.clouds import compare as clouds
    from training.experiments.denoisers import compare as denoisers
    from training.experiments.lidc import command as lidc
    from training.experiments.sparse_series import compare as sparse_series
    from training.fit import curves
    from training.release import calibrate, card_pictures, phantom_sample

    modules = (
        ("curves", curves, "draw a run's learning curves"),
        ("pictures", card_pictures, "draw the pictures of the model card"),
        ("calibrate", calibrate, "calibrate sigma and the input check"),
        ("baselines", baselines, "fit what the model is compared with"),
        ("dropout", dropout_factor, "fit sigma by Monte-Carlo dropout"),
        ("evaluate", evaluate, "measure weights beside other methods"),
        ("pairs", twins, "match a low-dose scan with its full-dose twin, for evaluate"),
        ("observer", ideal_observer, "limit for low-contrast discs"),
        ("reliability", reliability, "draw the coverage of sigma"),
        ("bench", benchmark, "speed beside other denoisers"),
        ("paper", paper, "the paper's protocol on phantoms"),
        ("sequential", sequential, "joint or sequential training"),
        ("denoisers", denoisers, "denoisers of other kinds"),
        ("efficiency", efficiency, "the joint network beside two in a row"),
        ("three", three_slices, "whether neighbouring slices help to denoise one"),
        ("clouds", clouds, "ways to a cloud other than ours"),
        ("lidc", lidc, "the paper's intended data, LIDC-IDRI"),
        ("sparse", sparse_series, "clouds from several slices of a sparse series"),
        ("sample", phantom_sample, "make the bundled phantom slice"),
    )
    return {word: Command(told, module.add_arguments, module.run) for word, module, told in modules}


def _fit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", default="shipped", help="a name in training/presets")
    parser.add_argument("--data", type=Path, help="volumes to train on beside the phantoms")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="an upper limit")
    parser.add_argument("--seed", type=int, help="instead of the preset's")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--start", type=Path, help="weights file that a new run begins with")
    parser.add_argument("--cleaner", type=Path, help="weights file that cleans references, too")
    parser.add_argument("--devices", type=int, default=1, help="processes or GPUs")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="for the pools")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")


def _fit(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from jrviewer.model.load import load_model
    from training.data.prepare import prepare
    from training.fit.fit import fit
    from training.preset import load_preset

    preset = load_preset(args.preset)
    if args.seed is not None:
        preset = replace(preset, seed=args.seed)
    cleaner = load_model("cpu", args.cleaner) if args.cleaner else None
    pairs, views = prepare(preset, args.data, args.cache, progress(), cleaner)
    path = fit(
        preset,
        pairs,
        views,
        args.out,
        minutes=args.minutes,
        resume=args.resume,
        devices=args.devices,
        start=args.start,
    )
    if os.environ.get("LOCAL_RANK", "0") == "0":  # the other processes say nothing
        print(path)
    return 0


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, help="the run's folder")
    parser.add_argument("--data", type=Path, help="what it was trained on, for the card")
    parser.add_argument("--evaluation", type=Path, help="JSON of evaluate, for the card")
    parser.add_argument(
        "--out", type=Path, default=Path("resources/model"), help="for weights and card"
    )


def _export(args: argparse.Namespace) -> int:
    from training.release.export import export

    print(export(args.run, args.out, args.data, args.evaluation))
    return 0


if __name__ == "__main__":
    sys.exit(main())
