"""Trains and measures the shipped weights. Imports jrviewer, never the reverse."""

import jrviewer  # noqa: F401 - before torch: how its threads wait
