"""What ours is measured against: fitted clouds and trained denoisers, and their files."""
