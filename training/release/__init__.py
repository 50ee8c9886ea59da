"""From a run's checkpoint to the shipped weights and their model card."""
