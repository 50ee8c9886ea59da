"""The input check before the model speaks: green, amber or red, each reason a plain sentence.

Red means that the model does not run unless it is asked to run anyway; amber, that its result is
shown with the reason beside it. Knows the slice and its body mask, no network and no window.
"""

from collections.abc import Iterator

import numpy as np

from jrviewer.core.geometry import FloatArray, is_axial
from jrviewer.core.padding import without_padding
from jrviewer.core.records import Finding, Slice
from jrviewer.imaging.body_masks import BONE_HU, BoolArray, body_mask
from jrviewer.imaging.field_of_view import (
    cut_share,
    depth,
    differs_from_back_to_front,
    likeness_of_sides,
)

MODALITIES = ("CT", "MR")
HU_LIMITS = (-1100.0, 4096.0)  # beyond: no Hounsfield units, or metal and extended scales
MAX_BEYOND_SHARE = 0.005  # of the body mask, on either side
SOFT_TISSUE_HU = (-200.0, 200.0)  # where most of any body lies
MIN_TISSUE_SHARE = 0.08  # of the body mask; a vertex of the skull has little more
LEAST_DEPTH, SHELLS_TISSUE_SHARE = 0.4, 0.6  # shoulders are as flat, but are soft tissue
DENSE_HU = 700.0
MAX_DENSE_SHARE = 0.05  # of the body mask where there is no air: a vertex may be a third bone
AIR_HU = -800.0
MIN_AIR_SHARE = 0.01  # of the image; only a crop inside the body has less
MIN_BODY_SHARE = 0.02  # of the image
MAX_CUT_SHARE = 0.18  # of the body's outline; shoulders and hips of a whole body may touch the edge
MAX_CUT_SHARE_ASKEW = 0.05  # where its sides differ: a slice along the body leaves the picture
LEAST_LIKENESS = 0.85  # of its two sides
BETWEEN_AIR_AND_BONE_HU = (-700.0, 200.0)
TISSUE_HU = (-130.0, 130.0)  # fat, water, muscle, organs: most of what is neither air nor bone
LEAST_TISSUE_SHARE = 0.65  # of it; the least of 664 slices of 173 CT volumes had 0.69
ALIKE_HU, MAX_ALIKE_SHARE = 30.0, 0.78  # of the median: water in a bottle
LEAST_FRONT_HU = 80.0  # a vertex differs by 40 to 80 HU from itself upside down, other slices more
LEAST_BONE_SHARE = 0.002  # every slice across a body has more
CANONICAL_MM = (3.5, 3.5)
MIN_SIDE_PIXELS = 50  # few training volumes have fewer
LEAST_SIDE_PIXELS = 16  # what has fewer is a strip, or an icon
MAX_PIXEL_MM = 6.0
FIELD_OF_VIEW_MM = (100.0, 1000.0)  # of the longer side
NARROWEST = 0.25  # the shorter side, as a share of the longer one


def check(image: Slice, body: BoolArray) -> tuple[Finding, ...]:
    """Everything that speaks against trusting the model on this slice; empty when nothing does.

    `body` is the slice's body mask (rows, columns).
    """
    return (*_kind(image), *_values(image, body), *_place(image), *_pixels(image))


def check_canonical(image: FloatArray) -> Iterator[Finding]:
    """What the denoised slice in its box (128, 128), in HU, tells of its unit: here noise does not
    blur what tells tissues apart.
    """
    inside = image[body_mask(image, "HU", CANONICAL_MM)]
    if not len(inside):
        return
    alike = np.mean(np.abs(inside - np.median(inside)) < ALIKE_HU)
    if alike > MAX_ALIKE_SHARE and np.mean(inside > BONE_HU) < LEAST_BONE_SHARE:
        yield Finding("amber", "The picture is as even as a phantom and shows no bone: no anatomy.")
    low, high = BETWEEN_AIR_AND_BONE_HU
    soft = inside[(inside > low) & (inside < high)]
    if not len(soft) or np.mean((soft > TISSUE_HU[0]) & (soft < TISSUE_HU[1])) < LEAST_TISSUE_SHARE:
        yield Finding(
            "amber",
            "Fat, muscle and organs do not have their usual Hounsfield units: the values may be of "
            "another unit, or of MR.",
        )


def has_front(image: FloatArray) -> bool:
    """Whether the denoised slice in its box (128, 128), in HU, shows which way it lies; near the
    vertex of a head, front and back are alike.
    """
    body = body_mask(image, "HU", CANONICAL_MM)
    return differs_from_back_to_front(image, body) > LEAST_FRONT_HU


def _kind(image: Slice) -> Iterator[Finding]:
    about = image.acquisition
    if image.colour is not None:
        yield Finding("red", "This is a colour image; the model knows CT and MR in grey.")
    elif about.modality not in MODALITIES:
        said = about.modality or "no modality"
        yield Finding("red", f"The file says {said}; the model knows CT and MR alone.")
    if "LOCALIZER" in about.image_type:
        yield Finding("red", "This is a localiser (scout view), not a slice through the body.")
    if "DERIVED" in about.image_type[:1]:
        yield Finding("amber", "The image is derived: it was processed before it came here.")
    if about.lossy:
        yield Finding("amber", "The image was compressed with loss, which changes its noise.")


def _values(image: Slice, body: BoolArray) -> Iterator[Finding]:
    if image.acquisition.modality == "CT" and image.unit != "HU":
        yield Finding("red", "This CT has no rescale to Hounsfield units, which the model needs.")
    if body.mean() < MIN_BODY_SHARE:
        yield Finding("red", "No body was found in this slice.")
        return
    if image.unit == "HU":
        yield from _hounsfield(image, body)


def _hounsfield(image: Slice, body: BoolArray) -> Iterator[Finding]:
    pixels = image.pixels
    inside = pixels[body]
    low, high = HU_LIMITS
    if max(np.mean(inside < low), np.mean(inside > high)) > MAX_BEYOND_SHARE:
        yield Finding("amber", "Some values lie outside the usual range of Hounsfield units.")
    tissue = np.mean((inside > SOFT_TISSUE_HU[0]) & (inside < SOFT_TISSUE_HU[1]))
    air = np.mean(pixels < AIR_HU)
    no_air = air < MIN_AIR_SHARE
    if tissue < MIN_TISSUE_SHARE or (no_air and np.mean(inside > DENSE_HU) > MAX_DENSE_SHARE):
        yield Finding(
            "red",
            "The values do not look like air, soft tissue and bone: these are no usual Hounsfield "
            "units, or the image is inverted.",
        )
        return
    if tissue < SHELLS_TISSUE_SHARE and depth(body) < LEAST_DEPTH:
        yield Finding(
            "amber",
            "What is shown is thin, with little soft tissue, as a skull without its contents is: "
            "a phantom or a specimen.",
        )
    if not air:
        yield Finding(
            "amber",
            "There is no air in the picture: it shows a detail inside the body, or its values are "
            "no Hounsfield units.",
        )
    else:
        yield from _whole(image, body)


def _whole(image: Slice, body: BoolArray) -> Iterator[Finding]:
    """Whether the picture shows the whole body, and its two sides."""
    share = cut_share(body, without_padding(image))
    along_rows = abs(image.plane.along_row[0]) >= abs(image.plane.along_column[0])
    if share > MAX_CUT_SHARE:
        yield Finding(
            "amber",
            "The picture cuts the body off: the cloud knows no skin there, and is less certain.",
        )
    elif share > MAX_CUT_SHARE_ASKEW and likeness_of_sides(body, int(along_rows)) < LEAST_LIKENESS:
        yield Finding(
            "amber",
            "The body leaves the picture and has no two like sides: a part is cut off, or this is "
            "no slice across the body.",
        )


def _place(image: Slice) -> Iterator[Finding]:
    if image.spacing_source == "missing":
        yield Finding(
            "amber", "The file states no pixel spacing: the cloud has no millimetres, only a shape."
        )
    elif image.spacing_source == "detector":
        yield Finding(
            "amber", "The spacing is the detector's, not the body's: lengths are too long."
        )
    elif not _has_size_of_a_body(image):
        yield Finding(
            "amber", "The pixel spacing gives no usual field of view; it may be in a wrong unit."
        )
    elif max(image.plane.spacing_mm) > MAX_PIXEL_MM:
        yield Finding("amber", "The pixels are coarser than any that the model has seen.")
    if not image.has_position:
        yield Finding(
            "amber", "The file does not say how the slice lies in the patient: axial is assumed."
        )
    elif not is_axial(image.plane):
        yield Finding("amber", "The slice is not axial; the model learnt from axial slices alone.")


def _pixels(image: Slice) -> Iterator[Finding]:
    if min(image.shape) < LEAST_SIDE_PIXELS:
        yield Finding("red", f"The image is {image.shape[0]} × {image.shape[1]} pixels: no slice.")
    elif min(image.shape) < MIN_SIDE_PIXELS:
        yield Finding("amber", "The image has fewer pixels than those that the model has seen.")


def _has_size_of_a_body(image: Slice) -> bool:
    """Whether the field of view is neither a centimetre nor a room wide."""
    low, high = sorted(n * mm for n, mm in zip(image.shape, image.plane.spacing_mm, strict=True))
    return FIELD_OF_VIEW_MM[0] <= high <= FIELD_OF_VIEW_MM[1] and low >= NARROWEST * high
