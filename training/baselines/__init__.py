"""The fitted clouds and trained denoisers that the model is compared with, and their files."""
