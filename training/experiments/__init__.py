"""Experiments beside the shipped weights: the paper's protocol, joint or sequential, dropout."""
