"""From a run's checkpoint to the weights that ship, with their card."""
