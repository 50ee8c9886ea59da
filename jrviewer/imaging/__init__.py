"""Arrays to arrays: windowing, masks, measured surfaces, measurements. No files, no network."""
