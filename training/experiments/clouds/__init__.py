"""Ways to a cloud other than ours, at equal cost: `python -m training clouds`."""
