"""Clouds from several slices of a sparse series: `python -m training sparse`."""
