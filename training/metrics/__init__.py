"""Scores of images, clouds and sigma against their references."""
