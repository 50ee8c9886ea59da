"""Training data: volumes, views, simulated noise, phantom slices, and their pools on disk."""
