"""Points drawn as what is known of them: thin discs where they are certain, else mist.

Each point is an ellipsoid about its place: as wide as the chosen radius and its sigma say, and as
thick, along its normal, as its sigma. What one sees of it is a disc, turned as it is, and for a
doubtful point a large, soft, faint ball; a point's ink stays the same, so mist is pale. Bone is
opaque, skin a shell of which the rims show most, air hollow: one looks through its near wall.

Pure arithmetic on arrays, in the picture's millimetres; knows nothing of VTK.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.core.records import Cloud, Structure, UInt8Array
from jrviewer.rendering.look import BACKGROUND, Look, to_world

SOFTNESSES = 8  # steps from a hard edge to a soft one
USUAL_COUNT = 4096  # a cloud of fewer points has larger ones, so that its surfaces close
MOST_MM = 14.0  # radius of the most doubtful
MOST_SPARSE = 4.0  # times fewer points than usual are drawn wider, to close the surface; not more
CERTAIN_MM, DOUBTFUL_MM = 2.0, 9.0  # sigma from which on mist begins, and is all there is
FAINTEST = 0.03  # less is not drawn
LIGHT = np.array([-0.35, 0.5, 0.79], np.float32)  # from above left, behind the viewer
_CORNERS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)
# Where in the atlas the corners of a splat of each softness lie.
_SOFTNESS_AT = np.stack(
    [
        (_CORNERS + 1) / 2 * (1 / SOFTNESSES, 1) + (step / SOFTNESSES, 0)
        for step in range(SOFTNESSES)
    ]
).astype(np.float32)
_FOG_BEGINS, _FOG = 0.35, 0.6  # of the cloud's depth; how much of the colour the farthest lose


@dataclass(frozen=True, slots=True, eq=False)
class Splats:
    """Ellipsoids (N) in the world; `ink` is how opaque each is when it faces the viewer."""

    places: FloatArray  # (N, 3)
    normals: FloatArray  # (N, 3)
    radii: FloatArray
    thicknesses: FloatArray
    inks: FloatArray
    doubts: FloatArray  # 0 certain … 1 all mist
    colours: UInt8Array  # (N, 3)
    labels: UInt8Array
    is_plain: bool = False  # colours tell a value, so all structures are shown alike

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """From where a picture is drawn: its place (3,), and the ways right, up and to the viewer."""

    place: FloatArray
    axes: FloatArray  # (3, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Quads:
    """Squares that face the viewer, the farthest first: corners (4 N, 3), colours (4 N, RGBA) and
    places in the atlas of edges (4 N, 2).
    """

    corners: FloatArray
    colours: UInt8Array
    textures: FloatArray


def splats_of(
    cloud: Cloud, chosen: npt.NDArray[np.intp], colours: UInt8Array, look: Look
) -> Splats:
    """The splats of some points of a cloud, by index, in colours (N, 3) of their own."""
    unit = 1.0 if cloud.unit == "mm" else BOX_HALF_WIDTH_MM
    sigma = cloud.sigma[chosen] * np.float32(unit)
    certain = look.radius_mm * np.sqrt(np.clip(USUAL_COUNT / max(1, len(cloud)), 1.0, MOST_SPARSE))
    radii = np.minimum(0.8 * certain + 0.6 * np.maximum(sigma - CERTAIN_MM, 0), MOST_MM + certain)
    return Splats(
        places=to_world(cloud, cloud.points[chosen]).astype(np.float32),
        normals=cloud.normals[chosen],
        radii=radii.astype(np.float32),
        thicknesses=np.minimum(radii, 0.8 + 0.5 * sigma).astype(np.float32),
        inks=np.minimum(1.0, (0.85 * certain / radii) ** 2).astype(np.float32),
        doubts=((sigma - CERTAIN_MM) / (DOUBTFUL_MM - CERTAIN_MM)).clip(0, 1).astype(np.float32),
        colours=colours,
        labels=cloud.labels[chosen],
        is_plain=look.colouring != "structure",
    )


def quads_seen(
    splats: Splats, eye: Eye, share: float, *parts: npt.NDArray[np.bool_]
) -> tuple[Quads, ...]:
    """What is seen of each part (N,) of the splats, `share` of their ink being left."""
    away = -((splats.places - eye.place.astype(np.float32)) @ eye.axes[2].astype(np.float32))
    facing = splats.normals @ eye.axes.T.astype(np.float32)  # (N, right, up, towards the viewer)
    opacity = share * _opacity(splats, facing[:, 2])
    kept = np.flatnonzero((opacity >= FAINTEST) & (away > 0))
    order = kept[np.argsort(-away[kept], kind="stable")]
    rgba = np.empty((len(order), 4), dtype=np.uint8)
    rgba[:, :3] = _colours(splats, facing, _fog(away))[order]
    rgba[:, 3] = 255 * opacity[order]
    first, second = _axes(splats, facing, order)
    plane = eye.axes[:2].astype(np.float32)
    places = splats.places[order]
    corners = np.empty((len(order), 4, 3), np.float32)
    for number, (along, across) in enumerate(_CORNERS):
        corners[:, number] = places + (along * first + across * second) @ plane
    textures = _textures(splats, order)
    return tuple(
        Quads(
            corners[mine].reshape(-1, 3),
            rgba[mine].repeat(4, axis=0),
            textures[mine].reshape(-1, 2),
        )
        for mine in (part[order] for part in parts)
    )


def atlas(size: int = 32, *, is_hard: bool = False) -> UInt8Array:
    """A picture (size, SOFTNESSES · size, RGBA) of white discs, from a hard edge to a soft one, or
    all as hard as they get.
    """
    steps = (np.arange(size) + 0.5) / size * 2 - 1
    away = np.hypot(*np.meshgrid(steps, steps))
    hard = ((0.95 - away) / 0.3).clip(0, 1)
    least = np.exp(-3.5)
    soft = ((np.exp(-3.5 * away**2) - least) / (1 - least)).clip(0, 1)
    shares = np.linspace(0, 1, SOFTNESSES)
    discs = np.concatenate([(1 - share) * hard + share * soft for share in shares], axis=1)
    picture = np.full((*discs.shape, 4), 255, dtype=np.uint8)
    picture[..., 3] = 255 * (discs > 0.4) if is_hard else (255 * discs).round()
    return picture


def _axes(
    splats: Splats, facing: FloatArray, order: npt.NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Half axes (N, right and up) of the ellipses that the ellipsoids are seen as: those of a
    matrix of 2 × 2, the ellipsoid's own, cut down to the picture's plane.
    """
    square = splats.radii[order] ** 2
    flat = splats.thicknesses[order] ** 2 - square
    x, y, _ = facing[order].T
    across, both, upright = square + flat * x * x, flat * x * y, square + flat * y * y
    middle, apart = (across + upright) / 2, np.hypot((across - upright) / 2, both)
    turn = np.arctan2(2 * both, across - upright) / 2
    way = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    longer = np.sqrt(middle + apart)[:, None] * way
    shorter = np.sqrt(np.maximum(middle - apart, 1e-4))[:, None] * way[:, ::-1] * (-1, 1)
    return longer.astype(np.float32), shorter.astype(np.float32)


def _opacity(splats: Splats, towards: FloatArray) -> FloatArray:
    """(N,) of splats whose normals have such a part towards the viewer."""
    rim = (1 - np.abs(towards)) ** 2
    if splats.is_plain:
        return np.asarray(splats.inks * (0.55 + 0.4 * rim))
    shell = 0.13 + 0.55 * rim
    hollow = np.where(towards > 0, 0.2 + 0.3 * rim, 0.85)
    is_skin, is_air = splats.labels == Structure.SKIN, splats.labels == Structure.AIR
    return np.asarray(splats.inks * np.where(is_skin, shell, np.where(is_air, hollow, 1.0)))


def _colours(splats: Splats, facing: FloatArray, fog: FloatArray) -> FloatArray:
    """(N, 3): lit as they are turned, the doubtful evenly; the far ones sink back."""
    light = facing @ LIGHT
    lit = np.where(splats.labels == Structure.BONE, np.maximum(light, 0.4 * np.abs(light)), light)
    shade = 0.5 + 0.72 * np.where(splats.labels == Structure.BONE, lit, np.abs(light))
    if splats.is_plain:
        shade = 0.75 + 0.25 * shade
    shade += 0.7 * splats.doubts * (0.85 - shade)
    colours = splats.colours * shade[:, None]
    colours += fog[:, None] * (np.array(BACKGROUND, np.float32) - colours)
    return colours.clip(0, 255)


def _fog(away: FloatArray) -> FloatArray:
    if not len(away):
        return away
    near, far = float(away.min()), float(away.max())
    share = (away - near) / max(far - near, 1e-6)
    return np.asarray(_FOG * ((share - _FOG_BEGINS) / (1 - _FOG_BEGINS)).clip(0, 1))


def _textures(splats: Splats, order: npt.NDArray[np.intp]) -> FloatArray:
    """(N, 4 corners, 2)."""
    step = np.rint(np.sqrt(splats.doubts[order]) * (SOFTNESSES - 1)).astype(np.intp)
    return _SOFTNESS_AT[step]
