"""glibc malloc tuning: share arenas between threads, return freed memory after large jobs.

glibc, which Linux has, lets every thread free into an arena of its own, up to eight for each
processor, and keeps there what was freed: a series that several threads predict left more in them
than all its results take. What is larger it gives back too soon: every layer of the network wrote
into pages that had to be made anew, some ten thousand a slice, an eighth of denoising's time. Other
systems' libraries have other ways, and here nothing is done on them.
"""

import ctypes
import sys

ARENAS = 4  # for the window, for reading, and for two threads that predict: sharing one costs time
_HEAP_MB = 64  # an arena beside the first one consists of such
_NEVER = 1 << 30
# glibc's malloc.h
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8


def configure() -> None:
    """Let all threads that start from now on share few arenas, and these keep what was freed for
    the next layer or slice, until `trim`.
    """
    if (glibc := _glibc()) is not None:
        glibc.mallopt(_ARENA_MAX, ARENAS)
        glibc.mallopt(_TRIM_THRESHOLD, _NEVER)
        glibc.mallopt(_MMAP_THRESHOLD, _HEAP_MB // 2 << 20)  # the largest that glibc takes
        glibc.mallopt(_TOP_PAD, (_HEAP_MB + 1) << 20)  # no heap is dropped for being empty


def trim() -> None:
    """Give the system what was freed, but for the last heap of an arena: after work that needed
    much, before a pause.
    """
    if (glibc := _glibc()) is not None:
        glibc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library where it is glibc; musl's has neither call."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
