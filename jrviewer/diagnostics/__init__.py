"""Does this installation work here, how fast is it, how near does the phantom come to its truth."""
