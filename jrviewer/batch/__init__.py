"""Many files without a window: read, predicted and exported, for days if need be.

`bundle` does the slices of a few series, `run` plans a folder, records it slice by slice and takes
it up again any time; `watch` waits for files, `cluster` spreads them, `node` gets and sends them
over a network.
"""
