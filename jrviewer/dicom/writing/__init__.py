"""Derived and de-identified objects, and the checks that they pass before they are released."""
