"""From paths to series of slices, with a sentence for everything that is not shown."""
