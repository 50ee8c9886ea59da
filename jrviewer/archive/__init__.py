"""Folders that take days: planned series by series, recorded slice by slice, resumed any time."""
