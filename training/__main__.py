"""`python -m training COMMAND`: fit, calibrate, export, evaluate and what goes with them."""

import argparse
import os
import sys
from pathlib import Path

from jrviewer.core import malloc
from jrviewer.core.errors import JRViewerError
from training.console import progress


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it is done, 1 when it could not be, 2 for wrong usage."""
    from training.baselines import command
    from training.evaluate import benchmark, evaluate, reliability
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

    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _fit_arguments(commands.add_parser("fit", help="train a model"))
    _export_arguments(commands.add_parser("export", help="make a run the bundled model"))
    curves.add_arguments(commands.add_parser("curves", help="draw a run's learning curves"))
    card_pictures.add_arguments(
        commands.add_parser("pictures", help="draw the pictures of the model card")
    )
    calibrate.add_arguments(
        commands.add_parser("calibrate", help="calibrate sigma and the input check")
    )
    command.add_arguments(
        commands.add_parser("baselines", help="fit what the model is compared with")
    )
    dropout_factor.add_arguments(
        commands.add_parser("dropout", help="fit sigma by Monte-Carlo dropout")
    )
    evaluate.add_arguments(
        commands.add_parser("evaluate", help="measure weights beside other methods")
    )
    ideal_observer.add_arguments(
        commands.add_parser("observer", help="limit for low-contrast discs")
    )
    reliability.add_arguments(commands.add_parser("reliability", help="draw the coverage of sigma"))
    benchmark.add_arguments(commands.add_parser("bench", help="speed beside other denoisers"))
    paper.add_arguments(commands.add_parser("paper", help="the paper's protocol on phantoms"))
    sequential.add_arguments(commands.add_parser("sequential", help="joint or sequential training"))
    denoisers.add_arguments(commands.add_parser("denoisers", help="denoisers of other kinds"))
    efficiency.add_arguments(
        commands.add_parser("efficiency", help="the joint network beside two in a row")
    )
    three_slices.add_arguments(
        commands.add_parser("three", help="whether neighbouring slices help to denoise one")
    )
    clouds.add_arguments(commands.add_parser("clouds", help="ways to a cloud other than ours"))
    lidc.add_arguments(commands.add_parser("lidc", help="the paper's intended data, LIDC-IDRI"))
    sparse_series.add_arguments(
        commands.add_parser("sparse", help="clouds from several slices of a sparse series")
    )
    phantom_sample.add_arguments(
        commands.add_parser("sample", help="make the bundled phantom slice")
    )
    args = parser.parse_args(arguments)
    run = {
        "fit": _fit,
        "export": _export,
        "curves": curves.run,
        "pictures": card_pictures.run,
        "calibrate": calibrate.run,
        "baselines": command.run,
        "dropout": dropout_factor.run,
        "evaluate": evaluate.run,
        "observer": ideal_observer.run,
        "reliability": reliability.run,
        "bench": benchmark.run,
        "paper": paper.run,
        "sequential": sequential.run,
        "denoisers": denoisers.run,
        "efficiency": efficiency.run,
        "three": three_slices.run,
        "clouds": clouds.run,
        "lidc": lidc.run,
        "sparse": sparse_series.run,
        "sample": phantom_sample.run,
    }
    malloc.configure()
    try:
        return run[args.command](args)
    except JRViewerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the last checkpoint is kept. Go on with --resume.", file=sys.stderr)
        return 1


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
    parser.add_argument("--out", type=Path, default=Path("resources/model"))


def _export(args: argparse.Namespace) -> int:
    from training.release.export import export

    print(export(args.run, args.out, args.data, args.evaluation))
    return 0


if __name__ == "__main__":
    sys.exit(main())
