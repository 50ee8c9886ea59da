"""From arguments to a job, and how refusals are said."""

import argparse
from typing import TYPE_CHECKING

from jrviewer.cli import output

if TYPE_CHECKING:
    from jrviewer.batch.job import Job


def job_of(arguments: argparse.Namespace) -> "Job":
    """What is to be done with every slice."""
    from jrviewer.batch.bundle import BatchOptions
    from jrviewer.batch.job import Job
    from jrviewer.export.writer import ExportRequest

    request = ExportRequest(
        folder=arguments.out,
        kinds=arguments.only,
        points=arguments.points,
        with_skin=True if arguments.with_skin else None,
        deidentify=arguments.deidentify,
    )
    return Job(
        request,
        BatchOptions(arguments.device, arguments.index, arguments.run_anyway, arguments.strength),
    )


def refuse(argument: int, sentence: str) -> None:
    """By the argument's number: a path may be a patient's name."""
    output.say(f"argument {argument}: {sentence}")
