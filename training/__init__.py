"""Makes and measures the weights that ship. Imports jrviewer, never the reverse."""

import jrviewer  # noqa: F401 - before torch: how its threads wait
