"""JRViewer: one medical slice in, its denoised twin and an inferred 3D point cloud out."""

__version__ = "0.1.0"

NOTICE = "Research preview. Not for diagnosis or treatment."
