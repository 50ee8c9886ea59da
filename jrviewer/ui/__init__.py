"""The window: Qt lives here and nowhere else.

`session` holds what is open, shown and known; widgets show it and emit wishes; `main_window`
wires the two; `background` is the only file that knows threads.
"""
