"""The two slice panes: painting, mouse, keyboard, comparing, measuring."""
