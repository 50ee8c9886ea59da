"""What the C library has of memory that nobody uses, and how the system gets it back.

glibc, which Linux has, lets every thread free into an arena of its own, up to eight for each
processor, and keeps there what was freed: a series that several threads predict left more in them
than all its results take. Other systems' libraries do not, and here nothing is done on them.
"""

import ctypes
import sys

ARENAS = 2  # one for the window's thread and one for those that work
_ARENA_MAX = -8  # glibc's malloc.h: M_ARENA_MAX


def share_arenas() -> None:
    """Let all threads that start from now on share few arenas."""
    if (glibc := _glibc()) is not None:
        glibc.mallopt(_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Give the system what was freed: after work that needed much, before a pause."""
    if (glibc := _glibc()) is not None:
        glibc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library where it is glibc; musl's has neither call."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
