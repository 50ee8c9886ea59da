"""Files out: PLY, PNG, what they say of their making, and its check. No Qt, no pydicom."""
