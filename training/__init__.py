"""Data, noise physics, losses and evaluation of the joint model.

Imports jrviewer, never the reverse; ships in neither wheel nor executable.
"""
