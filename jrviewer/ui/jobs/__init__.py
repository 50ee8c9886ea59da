"""The worker thread, jobs that the user waits for, and prefetching."""
