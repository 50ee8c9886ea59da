"""Denoisers of other kinds beside ours, at equal cost: `python -m training denoisers`."""
