import subprocess
import sys

import pytest

from jrviewer import memory

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="glibc alone keeps so much")

FREE_MUCH = """
from jrviewer import memory
from jrviewer.throughput import memory_mb

pieces = [bytearray(60_000) for _ in range(1000)]
kept = pieces[::50]  # what lies between them is free, but no end of the heap
del pieces
before = memory_mb()
memory.give_back()
print(before - memory_mb())
"""
EIGHT_THREADS = """
import ctypes, threading
from jrviewer import memory

memory.share_arenas()
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


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


@linux_only
def test_what_was_freed_between_what_is_used_goes_back_to_the_system() -> None:
    assert float(run(FREE_MUCH).stdout) > 40  # of 60 MB


@linux_only
def test_eight_threads_share_two_arenas() -> None:
    assert run(EIGHT_THREADS).stderr.count("Arena ") == memory.ARENAS == 2


def test_where_the_library_has_no_such_call_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    memory.share_arenas()
    memory.give_back()
