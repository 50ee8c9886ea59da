"""Generic widgets and painting, without knowledge of slices."""
