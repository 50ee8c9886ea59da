"""The two 2D panes: drawing, mouse, keys, comparing, measuring."""
