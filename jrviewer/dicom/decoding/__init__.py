"""Decoding: a data set's pixels to stored values, compressed ones in a child process."""
