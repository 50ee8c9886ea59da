"""The list of the open series, and what the reader noticed about them."""
