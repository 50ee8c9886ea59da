"""Dask's scheduler and its workers: an existing one, or some of this computer's."""

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from jrviewer.core.errors import JRViewerError

PATIENCE_S = 20.0  # for a scheduler's answer
NEEDED = (  # by a worker, which takes two seconds to import them
    "distributed",
    "jrviewer.batch.cluster",
    "jrviewer.dicom.reading.read",
    "jrviewer.dicom.writing.write",
    "jrviewer.export.png",
    "jrviewer.model.load",
    "jrviewer.model.predict",
    "jrviewer.model.spliced_cloud",
)


def prepare(where: str) -> None:
    """Let a process import what the workers on this computer need, while files are looked at: they
    are forked of it, and so is whoever takes a dead one's place. Windows has no such thing, and a
    cluster that is there is ready.
    """
    if not where.startswith("local:") or os.name == "nt" or _is_frozen():
        return
    if find_spec("distributed") is None:
        return  # which is said when the work begins
    from multiprocessing import forkserver

    import dask
    from distributed.utils import get_mp_context

    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    get_mp_context()  # type: ignore[no-untyped-call]  # which names modules of its own
    multiprocessing.get_context("forkserver").set_forkserver_preload([*NEEDED])
    with _environment(dask.config.get("distributed.nanny.pre-spawn-environ")):
        forkserver.ensure_running()


@contextmanager
def _environment(values: dict[str, Any]) -> Iterator[None]:
    """What workers would be started with, such as a thread for each."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update({name: str(value) for name, value in values.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


@contextmanager
def client_of(where: str) -> Iterator[tuple[Any, int]]:
    """A client and how many threads the cluster has. Raises JRViewerError."""
    if _is_frozen():
        raise JRViewerError("The installed app has no cluster: use the package, jrviewer[cluster].")
    if find_spec("distributed") is None:
        raise JRViewerError(
            "A cluster is an extra: pip install '.[cluster]' in JRViewer's source folder."
        )
    is_local = where.startswith("local:")
    opened = _of_workers(int(where.removeprefix("local:"))) if is_local else _of_scheduler(where)
    with opened as (client, threads):
        yield client, threads


@contextmanager
def _of_workers(count: int) -> Iterator[tuple[Any, int]]:
    """Of processes of one thread each, on this computer, for as long as they are needed."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=50,
            memory_limit=0,
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield client, count


@contextmanager
def _of_scheduler(where: str) -> Iterator[tuple[Any, int]]:
    """Of a scheduler that runs already: `tcp://` on this computer, `tls://` beyond it."""
    from distributed import Client

    parts = urlsplit(where)
    is_here = (parts.hostname or "") in ("127.0.0.1", "localhost", "::1")
    if parts.scheme == "tcp" and not is_here:
        raise JRViewerError(
            "A scheduler beyond this computer needs certificates: use tls://, and name them in "
            "Dask's own configuration (distributed.comm.tls)."
        )
    security = _encrypted() if parts.scheme == "tls" else None
    try:
        with Client(where, security=security, timeout=PATIENCE_S) as client:  # type: ignore[no-untyped-call]
            threads = sum(client.nthreads().values())
            if not threads:
                raise JRViewerError("The scheduler has no workers yet. Start some, then again.")
            yield client, threads
    except OSError as error:
        raise JRViewerError(
            "No scheduler answers there, or not with these certificates."
        ) from error


def _encrypted() -> Any:  # noqa: ANN401 - without types
    """The certificates that Dask's configuration names."""
    from distributed.security import Security

    return Security(require_encryption=True)  # type: ignore[no-untyped-call]
