"""Threads: the one worker, what the user waits for, what is predicted ahead."""
