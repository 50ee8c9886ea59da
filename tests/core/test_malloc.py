import subprocess
import sys

import pytest

from jrviewer.core import malloc

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="glibc alone keeps so much")

FREE_MUCH = """
from jrviewer.core import malloc
from jrviewer.diagnostics.throughput import memory_mb

pieces = [bytearray(60_000) for _ in range(1000)]
kept = pieces[::50]  # what lies between them is free, but no end of the heap
del pieces
before = memory_mb()
malloc.trim()
print(before - memory_mb())
"""
EIGHT_THREADS = """
import ctypes, threading
from jrviewer.core import malloc

malloc.configure()
together = threading.Barrier(8)

def work():
    together.wait()
    bytearray(60_000)
    together.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for one in threads: one.start()
for one in threads: one.join()
ctypes.CDLL(None).malloc_stats()  # to stderr, "Arena 0:" and so on
"""

LAYERS = """
import resource, sys, threading
from jrviewer.core import malloc

if sys.argv[1] == "arranged":
    malloc.configure()

def work():
    for _ in range(3):
        layers()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    layers()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

def layers():
    return [bytearray(8_000_000) for _ in range(6)]

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@linux_only
def test_what_was_freed_between_what_is_used_goes_back_to_the_system() -> None:
    assert float(run(FREE_MUCH).stdout) > 40  # of 60 MB


@linux_only
def test_eight_threads_share_four_arenas() -> None:
    assert run(EIGHT_THREADS).stderr.count("Arena ") == malloc.ARENAS == 4


@linux_only
def test_a_layer_is_written_into_the_memory_of_the_one_before() -> None:
    """Fresh pages for every layer took an eighth of the time of a slice."""
    as_it_comes, arranged = (int(run(LAYERS, way).stdout) for way in ("as it comes", "arranged"))

    assert arranged < 50 < as_it_comes


def test_where_the_library_has_no_such_call_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    malloc.configure()
    malloc.trim()
