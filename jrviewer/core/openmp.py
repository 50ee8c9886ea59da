"""How the threads of a network's layers wait for each other.

torch splits every layer among OpenMP threads, which meet at a barrier after it. By default they
spin there for long: where other programs use the processor, a spinning thread keeps the one that
it waits for from running, and each layer takes a scheduler's period of 16 to 32 ms. So they spin
for a moment only, and then sleep.

numpy and scipy bring threads of OpenBLAS besides, which spin for as long after any product of two
matrices. The app's are small: its own threads need the processors more.
"""

import os

# torch brings GNU's runtime on Linux (libgomp), Intel's on Windows (libiomp5md.dll) and LLVM's on
# macOS (libomp.dylib); the last two are one source. Their documentation: libgomp spins 300 000
# rounds where nothing is said and none where PASSIVE is, unless GOMP_SPINCOUNT says more; the
# others spin for 200 ms, or not at all where PASSIVE or KMP_BLOCKTIME=0 is set (LLVM D18577).
POLICY = {
    "OMP_WAIT_POLICY": "PASSIVE",  # all three
    "GOMP_SPINCOUNT": "1000",  # libgomp: rounds of spinning; 10 000 are too many beside others
    "KMP_BLOCKTIME": "0",  # Windows, macOS: milliseconds; also of a version that knows no policy
}
BLAS_THREADS = "OPENBLAS_NUM_THREADS"


def wait_passively() -> None:
    """Set the policy for this process and those that it starts, unless the user has chosen one.

    An OpenMP runtime reads it once, when torch loads it; OpenBLAS when numpy does.
    """
    if not POLICY.keys() & os.environ.keys():
        os.environ.update(POLICY)
    os.environ.setdefault(BLAS_THREADS, "1")
