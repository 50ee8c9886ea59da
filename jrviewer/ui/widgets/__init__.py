"""Plain widgets that know nothing of slices."""
