"""Layers as a processor computes them soonest: weights packed in advance, or in eight bits."""
