"""Makes and measures the weights that ship. Imports jrviewer, never the reverse."""
