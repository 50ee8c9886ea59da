"""What both the 3D pane and the exports must agree on: the structures' colours and names, and when
skin is a face.
"""

import re
from typing import Literal

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Slice, Structure, SurfaceMesh
from jrviewer.imaging.body_masks import BODY_HU

STRUCTURE_COLOURS: dict[Structure, tuple[int, int, int]] = {
    Structure.SKIN: (205, 146, 116),
    Structure.BONE: (244, 232, 203),
    Structure.AIR: (31, 119, 158),
}
"""Red, green, blue; distinct in hue and, for colour-blind readers, in lightness."""

_HEAD = re.compile(
    r"HEAD|BRAIN|SKULL|FACE|FACIAL|ORBIT|SINUS|JAW|MANDIB|MAXILL|TEETH|DENTAL|NOSE|CRANI"
    r"|TEMPORAL|PITUITARY|(^|[^A-Z])(EAR|IAC|EYE|TMJ)S?([^A-Z]|$)"
)
_LIMB = re.compile(
    r"LEG|THIGH|FEMUR|KNEE|PATELLA|CALF|TIBIA|FIBULA|ANKLE|FOOT|FEET|CALCANEUS|TOES?([^A-Z]|$)"
    r"|LOWER.?EXTREMITY|UPPER.?EXTREMITY|EXTREMIT|(^|[^A-Z])ARMS?([^A-Z]|$)|FOREARM|HUMERUS"
    r"|ELBOW|RADIUS|ULNA|WRIST|HAND|FINGER|THUMB"
)
_STRETCH = re.compile(r"(^|[^A-Z])TO([^A-Z]|$)|BODY|VERTEX|TRUNK")  # "vertex to thigh"
FaceReason = Literal["", "named", "outline", "no spacing", "series"]

HEAD_WIDTH_MM = (110.0, 190.0)
HEAD_LONGER_THAN_WIDE = 1.05  # heads are; chests and bellies, also children's, are wider than long
NEAR_SLICE_MM = 16.0
LAYER_MM = 3.0  # of a measured surface
LEAST_POINTS = 24  # of a layer's outline
APART_MM = 8.0  # an arm beside a head is another part
LEAST_HEAD_MM = 30.0  # so high are even the heads of infants
COARSE_MM = 3.0  # between the pixels in which the parts of a slice are found
LEAST_FILLED = 0.4  # of its width times its length a head's cut fills; an arch of a table does not


def why_face(prediction: Prediction) -> FaceReason:
    """Why the cloud's skin may be a face: the file names a head, or no limb and the outline has a
    head's size and shape, or it names nothing and no size is known; "" where it is none.

    A head may lie in series of the neck, the spine or the whole body, and in a series of the chest
    that was taken too high. Only a limb, which may have a head's outline, is believed.
    """
    named = prediction.slice.acquisition.body_part.upper().strip()
    if _HEAD.search(named):
        return "named"
    is_limb = _LIMB.search(named) and not _STRETCH.search(named)
    if prediction.cloud is None or is_limb:
        return ""
    if prediction.cloud.unit != "mm":
        return "" if named else "no spacing"  # better no skin than a face
    is_head = _has_outline_of_a_head(prediction.cloud) or _has_part_of_a_head(prediction.slice)
    return "outline" if is_head else ""


def shows_face(prediction: Prediction) -> bool:
    """Whether the cloud's skin may be a face."""
    return bool(why_face(prediction))


def may_show_face(prediction: Prediction) -> bool:
    """Whether the pixels of the series, put together, may show a face (PS3.15 E.3.2): as above, but
    where nothing is known they may.
    """
    if prediction.slice.acquisition.body_part.strip() or prediction.cloud is not None:
        return shows_face(prediction)
    return True


def _has_outline_of_a_head(cloud: Cloud) -> bool:
    own = (cloud.points - cloud.box.centre_mm) @ cloud.box.axes.T
    skin = own[(cloud.labels == Structure.SKIN) & (np.abs(own[:, 2]) < NEAR_SLICE_MM)]
    if len(skin) == 0:
        return False
    low, high = np.percentile(skin[:, :2], (2, 98), axis=0)
    return _is_as_long_as_a_head(*(high - low))


def _has_part_of_a_head(image: Slice) -> bool:
    """Whether a part of the slice has: arms that lie beside a head make the outline of all skin as
    wide as a chest's.
    """
    from scipy import ndimage

    rows, columns = (max(1, round(COARSE_MM / mm)) for mm in image.plane.spacing_mm)
    row_mm, column_mm = rows * image.plane.spacing_mm[0], columns * image.plane.spacing_mm[1]
    found = image.pixels[::rows, ::columns] > BODY_HU
    labels, _ = ndimage.label(ndimage.binary_fill_holes(ndimage.binary_opening(found)))
    for number, (high, wide) in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[high, wide] == number
        length, width = part.shape[0] * row_mm, part.shape[1] * column_mm
        if _is_as_long_as_a_head(width, length) and part.mean() > LEAST_FILLED:
            return True
    return False


def surface_shows_head(measured: SurfaceMesh) -> bool:
    """Whether the skin of a measured surface has a head's size and shape somewhere, whatever the
    slice shows that an export is made from. Of 21 head-and-neck volumes that were looked at all do,
    of 20 chests and abdomens none.
    """
    is_skin = np.zeros(len(measured.corners_mm), bool)
    is_skin[measured.faces[measured.labels == Structure.SKIN]] = True
    places = measured.corners_mm[is_skin]
    places = places[np.argsort(places[:, 2], kind="stable")]
    layers = np.floor(places[:, 2] / LAYER_MM)
    cuts = np.flatnonzero(np.diff(layers)) + 1
    found = sum(_is_cut_of_a_head(layer[:, :2]) for layer in np.split(places, cuts))
    return found * LAYER_MM >= LEAST_HEAD_MM


def _is_cut_of_a_head(outline: FloatArray) -> bool:
    """Whether the widest part of points (N, xy) in one layer is."""
    if len(outline) < LEAST_POINTS:
        return False
    by_x = outline[np.argsort(outline[:, 0])]
    parts = np.split(by_x, np.flatnonzero(np.diff(by_x[:, 0]) > APART_MM) + 1)
    widest = max(parts, key=lambda part: float(np.ptp(part[:, 0])))
    return len(widest) >= LEAST_POINTS and _is_as_long_as_a_head(*np.ptp(widest, axis=0))


def _is_as_long_as_a_head(width: float, length: float) -> bool:
    return bool(
        HEAD_WIDTH_MM[0] < width < HEAD_WIDTH_MM[1] and length > HEAD_LONGER_THAN_WIDE * width
    )
