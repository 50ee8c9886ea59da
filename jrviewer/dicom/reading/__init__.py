"""Reading: paths to series of slices, with a sentence for every file that is not shown."""
