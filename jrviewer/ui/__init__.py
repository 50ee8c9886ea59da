"""The window. No other package imports Qt.

`state` holds what is open, shown and known; widgets show it and emit requests;
`window.connections` connects the two; `jobs.worker_thread` is the only module that knows threads.
"""
