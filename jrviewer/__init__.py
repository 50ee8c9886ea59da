"""JRViewer: one medical slice in, its denoised twin and an inferred 3D point cloud out."""

from jrviewer.core.openmp import wait_passively

__version__ = "0.2.0"

NOTICE = "Research preview. Not for diagnosis or treatment."

wait_passively()  # whichever part of the app comes to load torch or numpy
