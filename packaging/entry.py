"""What the frozen app starts: child processes first, so that a decoder never opens a window."""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from jrviewer.__main__ import main

    sys.exit(main())
