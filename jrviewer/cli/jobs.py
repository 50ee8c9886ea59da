"""From arguments to a job, to its inputs and to where it is done; and how refusals are said."""

import argparse
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jrviewer.batch.web_address import WebAddress
from jrviewer.cli import output
from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report
from jrviewer.core.strength import Strength

if TYPE_CHECKING:
    from jrviewer.batch.job import Job
    from jrviewer.batch.node.config import Peer
    from jrviewer.batch.run import Run, Summary


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


@contextmanager
def sources(arguments: argparse.Namespace, report: Report) -> Iterator[list[Path]]:
    """The paths, and what DICOMweb addresses name, received until the block ends."""
    if not any(isinstance(one, WebAddress) for one in arguments.paths):
        yield arguments.paths
        return
    peers = _peers(arguments)
    from jrviewer.batch.node.received import received

    with received(arguments.paths, arguments.out, peers, report) as paths:
        yield paths


class Runner:
    """Does what is planned, here or on a cluster, and sends to an archive what is derived."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self.stored = 0  # derived objects
        if arguments.cluster:
            from jrviewer.batch.cluster_client import prepare

            prepare(arguments.cluster)
        if arguments.store and "dcm" not in arguments.only:
            raise JRViewerError("--store sends derived DICOM: leave dcm in --only.")

    def go(self, run: "Run", job: "Job") -> None:
        """Do all that is missing."""
        if not self._arguments.store:
            self._do(run, job)
            return
        peers = _peers(self._arguments)
        from jrviewer.batch.node.received import peer_of
        from jrviewer.batch.node.sent import hand_on_derived, sending, sent_to
        from jrviewer.batch.node.web import store

        root = self._arguments.store
        send = partial(store, peer_of(root, peers, "--store"), sent_to(root, run.folder))
        with sending(send) as outbox:
            hand_on_derived(run, outbox)
            self._do(run, job)
        self.stored = outbox.sent

    def _do(self, run: "Run", job: "Job") -> None:
        if not self._arguments.cluster:
            run.go()
            return
        from jrviewer.batch.cluster import go_on_cluster

        go_on_cluster(run, job, self._arguments.cluster)


def _peers(arguments: argparse.Namespace) -> Mapping[str, "Peer"]:
    """What the configuration says of DICOMweb services. Raises JRViewerError."""
    if any(importlib.util.find_spec(one) is None for one in ("pynetdicom", "dicomweb_client")):
        raise JRViewerError(
            "DICOMweb is an extra: pip install '.[node]' in JRViewer's source folder."
        )
    from jrviewer.batch.node.config import read_peers

    return read_peers(arguments.config) if arguments.config else {}


def refuse(argument: int, sentence: str) -> None:
    """By the argument's number: a path may be a patient's name."""
    output.say(f"argument {argument}: {sentence}")


def say_what_to_know(ended: "Summary", strength: Strength) -> None:
    """What of a run's end nobody should miss."""
    from jrviewer.export.writer import FACE

    if short := ended.short_of_strength:
        of = "1 slice" if short == 1 else f"{short} slices"
        output.say(
            f"jrviewer: The strength, {strength.words}, was not reached in {of} of {ended.done}: "
            f"the model took as much noise as it can there. {ended.report} tells which "
            "(“strength_reached”)."
        )
    if ended.shows_face:
        output.say(f"jrviewer: {FACE}")
