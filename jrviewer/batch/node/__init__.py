"""A DICOM node: receives series, predicts them, and sends what was derived to where it is told.

The only package that opens a network connection. An extra of its own (`jrviewer[node]`), off unless
it is started, and never part of the window.
"""
