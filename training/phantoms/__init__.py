"""Generated phantoms of chest, abdomen and head whose surfaces are known.

One parametric anatomy reaches from hips to crown; a region is a height in it. Sizes, proportions,
fat, contrast medium, bends and contents are drawn from a seed. Coordinates are millimetres, x to
the patient's left, y to the back, z to the head, z = 0 in the middle of the phantom.
"""

from training.phantoms.phantom import REGIONS, Phantom, make_phantom

__all__ = ["REGIONS", "Phantom", "make_phantom"]
