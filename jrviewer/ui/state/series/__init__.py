"""Which series are open, and what is known of their slices."""
