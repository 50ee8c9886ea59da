"""Outline, rib cage and spine from pelvis to crown, shared by all regions.

The anatomy's z is zero at the dome of the diaphragm of an adult of 1.72 m; the crown is at 485, the
hips at −340. All profiles leave out subcutaneous fat, which is added as a thickness.
"""

from dataclasses import dataclass

import numpy as np

from jrviewer.core.geometry import FloatArray
from training.phantoms.shapes import Bounds, Field, Tissue, Vector, ellipsoid, profile, tube

TOP_MM = 484.0
LEAN = profile(  # z, half-width, half-depth, centre y, exponent, share of the fat
    (-430, 165, 92, 0, 2.5, 1.0), (-340, 166, 97, 0, 2.5, 1.0), (-280, 156, 97, 0, 2.4, 1.0),
    (-220, 141, 94, 0, 2.4, 1.0), (-180, 133, 89, 0, 2.4, 1.0), (-120, 136, 94, 0, 2.4, 0.9),
    (-50, 143, 101, 0, 2.4, 0.8), (0, 147, 104, 0, 2.4, 0.7), (60, 156, 105, -2, 2.4, 0.7),
    (110, 174, 101, 0, 2.4, 0.7), (145, 196, 89, 4, 2.4, 0.6), (175, 199, 75, 8, 2.4, 0.6),
    (195, 182, 65, 9, 2.3, 0.6), (210, 138, 60, 9, 2.2, 0.5), (222, 99, 57, 8, 2.1, 0.5),
    (238, 68, 55, 7, 2.0, 0.4), (260, 56, 56, 6, 2.0, 0.4), (276, 55, 62, 1, 2.0, 0.35),
    (290, 56, 74, -7, 2.0, 0.35),
    (306, 60, 80, -8, 2.1, 0.3), (345, 68, 90, -3, 2.1, 0.25), (400, 74, 95, 0, 2.1, 0.2),
    (435, 70, 90, 0, 2.1, 0.2), (458, 57, 74, 2, 2.0, 0.2), (474, 36, 47, 2, 2.0, 0.2),
    (483, 8, 10, 2, 2.0, 0.2),
)  # fmt: skip
CAGE = profile(  # z, half-width, half-depth, centre y of the middle of the ribs
    (-140, 128, 82, 2), (-50, 134, 90, 0), (0, 137, 92, -3), (60, 134, 91, -4), (110, 122, 84, 0),
    (150, 100, 70, 5), (180, 76, 54, 10), (202, 50, 36, 15), (218, 26, 20, 20), (226, 4, 4, 22),
)  # fmt: skip
SPINE_Y = profile(  # z, centre of the vertebral bodies
    (-430, 66), (-330, 72), (-280, 56), (-235, 34), (-200, 25), (-150, 27), (-100, 34), (-50, 43),
    (0, 48), (60, 53), (120, 53), (170, 44), (210, 30), (250, 15), (300, 10), (340, 12),
)  # fmt: skip
VERTEBRA = profile(  # z, half-width and half-depth of the body, number counted along the spine
    (-235, 25, 17.5, 0.0), (-60, 22, 16, 5.0), (60, 16, 15, 10.0), (200, 13.5, 10, 17.0),
    (330, 10, 8, 24.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Build:
    """The build of one body, before scaling and bending."""

    fat_mm: float  # under the skin at the hips
    front_fat: float  # share of the fat in front
    wall_mm: float  # abdominal wall
    bone_hu: float  # cortex of large bones
    marrow_hu: float
    muscle_hu: float
    fat_hu: float
    contrast_hu: float  # added to blood by contrast medium
    rib_slope_mm: float  # fall of a rib from back to side
    dome_mm: float  # height of the right diaphragm
    marbling: float  # fat streaks in muscle, 0..1
    breast_mm: float  # their depth, 0 for none
    belly_mm: float  # how far fat hangs in front of the belly

    @property
    def blood_hu(self) -> float:
        """Blood in large vessels."""
        return 42 + self.contrast_hu


def cortex_and_marrow(
    field: Field,
    build: Build,
    cortex: float,
    *,
    rind_mm: float,
    blend_mm: float = 1.6,
    marrow_more_hu: float = 0,
) -> Field:
    """HU inside a bone: its cortex, a share of the HU of large bones, which passes into marrow
    over `blend_mm` from the depth `rind_mm` on.
    """

    def hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        deep = np.clip(-(field(x, y, z) + rind_mm) / blend_mm, 0, 1)
        return np.float32(build.bone_hu * cortex) + deep * np.float32(
            build.marrow_hu + marrow_more_hu - build.bone_hu * cortex
        )

    return hu


def lean_field(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Radial distance from the outline without fat, and the share of fat there."""
    a, b, centre, exponent, share = LEAN(z)
    dy = y - centre
    r = np.sqrt(x * x + dy * dy) + np.float32(1e-3)
    rho = (np.abs(x / a) ** exponent + np.abs(dy / b) ** exponent) ** (1 / exponent) + np.float32(
        1e-5
    )
    return np.maximum(r - r / rho, z - TOP_MM), share * (
        1 - np.float32(0.25) * np.clip(dy / b, -1, 1)
    )


def outline(build: Build, depth_mm: float) -> Field:
    """The body's surface moved inwards by a depth."""

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        distance, share = lean_field(x, y, z)
        return distance - share * build.fat_mm + depth_mm

    return field


def lean(build: Build) -> Field:
    """The surface of the muscles: fat lies outside it, thicker in front of the belly."""

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        distance, share = lean_field(x, y, z)
        belly = (
            np.float32(build.front_fat)
            * np.clip(-(y + 30) / 60, 0, 1)
            * np.clip(-(z + 60) / 80, 0, 1)
        )
        return distance + belly * build.fat_mm * share

    return field


def cage_radius(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Radial distance from the middle of the ribs, and the height (0 back, 1 front) around them."""
    a, b, centre = CAGE(z)
    dy = y - centre
    r = np.sqrt(x * x + dy * dy) + np.float32(1e-3)
    rho = np.sqrt((x / a) ** 2 + (dy / b) ** 2) + np.float32(1e-5)
    return np.maximum(r - r / rho, z - 224), 0.5 - 0.5 * (dy / b) / rho


def cage(depth_mm: float) -> Field:
    """The inside of the rib cage."""
    return lambda x, y, z: cage_radius(x, y, z)[0] + depth_mm


def inside_cage(build: Build) -> Tissue:
    """The fat that fills the rib cage between lungs and heart."""
    return Tissue(cage(6.0), build.fat_hu + 8, ((-150, 150), (-110, 110), (-30, 226)))


def ribs(build: Build) -> list[Tissue]:
    """Twelve pairs of arcs that fall from the spine to the front, with cartilage to the sternum."""
    spacing, slope = np.float32(22.5), np.float32(build.rib_slope_mm)

    def rib(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        distance, front = cage_radius(x, y, z)
        height = z + slope * np.sin(np.minimum(front, 0.8) * np.float32(1.9)) - 14
        number = np.round(height / spacing)
        off = height - np.clip(number, -6, 9) * spacing
        q = np.sqrt((distance / 4.2) ** 2 + (off / 6.8) ** 2)
        lowest = np.clip(-100 + 190 * (front - 0.35), -125, 0)
        return np.maximum((q - 1) * 4.2, lowest - height - 12), front

    def bone(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        field, front = rib(x, y, z)
        spine = 11 - np.abs(x)
        result: FloatArray = np.maximum(np.maximum(field, (front - 0.82) * 160), spine)
        return result

    def cartilage(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        field, front = rib(x, y, z)
        result: FloatArray = np.maximum(field, (0.8 - front) * 160)
        return result

    hu = cortex_and_marrow(bone, build, 0.8, rind_mm=1.6, marrow_more_hu=60)
    bounds: Bounds = ((-150, 150), (-110, 110), (-170, 226))
    return [Tissue(cartilage, 95.0, bounds), Tissue(bone, hu, bounds)]


def spine(build: Build) -> list[Tissue]:
    """Vertebrae with bodies, discs, canal, arches and processes from the sacrum to the skull."""

    def parts(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, ...]:
        a, b, number = VERTEBRA(z)
        dy = y - SPINE_Y(z)[0]
        phase = number - np.floor(number)  # 0 and 1 in the middle of a disc
        body = (
            np.sqrt((x / a) ** 2 + (dy / b) ** 2) - 1 + 0.10 * np.cos(2 * np.pi * phase) * -1
        ) * b
        disc = (0.13 - np.minimum(phase, 1 - phase)) * 24
        return a, b, dy, phase, body, disc

    def body(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        *_, field, disc = parts(x, y, z)
        return np.maximum(field, disc)

    body_hu = cortex_and_marrow(body, build, 0.6, rind_mm=1.5, blend_mm=2)

    def cushion(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return parts(x, y, z)[4]

    def arch(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        a, b, dy, phase, *_ = parts(x, y, z)
        back = dy - b - 7.5
        around_canal = np.abs(np.sqrt((x / 1.25) ** 2 + back**2) - 10.5) - 2.4
        ring = np.maximum(around_canal, np.abs(phase - 0.55) * 26 - 8)
        processes = np.maximum(np.abs(back + 1 + np.abs(x) * -0.25) - 3.4, np.abs(x) - a - 15)
        processes = np.maximum(
            processes, np.maximum(12 - np.abs(x), np.abs(phase - 0.6) * 26 - 5.5)
        )
        spinous = np.maximum(
            np.abs(x) - 2.6, np.maximum(12 - back, back - 17 - 0.45 * a + phase * 8)
        )
        spinous = np.maximum(spinous, np.abs(phase - 0.35) * 26 - 8)
        result: FloatArray = np.minimum(
            np.minimum(ring, processes), np.maximum(spinous, -around_canal)
        )
        return result

    def canal(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        _, b, dy, *_ = parts(x, y, z)
        return np.sqrt((x / 1.25) ** 2 + (dy - b - 7.5) ** 2) - 8.2

    bounds: Bounds = ((-46, 46), (-10, 125), (-238, 334))
    return [
        Tissue(cushion, 85.0, bounds),
        Tissue(canal, 28.0, bounds),
        Tissue(body, body_hu, bounds),
        Tissue(arch, build.bone_hu * 0.75, bounds),
    ]


def table(build: Build) -> list[Tissue]:
    """The couch: a thin curved shell under foam."""
    back = 110 + build.fat_mm * 0.8

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        bow = y - back - 34 + (x / 210) ** 2 * 30
        result: FloatArray = np.maximum(np.abs(bow) - 3, np.abs(x) - 215)
        return result

    def foam(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        bow = y - back - 22 + (x / 210) ** 2 * 30
        result: FloatArray = np.maximum(np.abs(bow) - 9, np.abs(x) - 205)
        return result

    bounds: Bounds = ((-220, 220), (back - 20, back + 45), (-1e4, 1e4))
    return [Tissue(foam, -930.0, bounds), Tissue(field, -120.0, bounds)]


def skin(build: Build) -> list[Tissue]:
    """Skin, fat and muscles of the whole body."""
    bounds: Bounds = ((-260, 260), (-190, 190), (-1e4, 486))
    inside = lean(build)

    def between(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        chest_wall = np.maximum(
            inside(x, y, z) + 15 + 4 * np.sin(x / 23), 19 - cage_radius(x, y, z)[0]
        )
        result: FloatArray = np.maximum(
            np.maximum(chest_wall, y - 22 - 12 * np.sin(z / 30)), z - 166 - 8 * np.sin(x / 20)
        )
        return result

    def muscle_hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        # Thin planes where one wave crosses zero, broken up by another.
        wave = np.sin(x / 17 + 1.6 * np.sin(y / 23 + z / 60) + y / 31 + z / 45)
        gate = np.clip(3 * np.sin(y / 15 + 2 * np.sin(x / 29) - z / 38) - 0.6, 0, 1)
        streak = np.exp(-((wave / 0.11) ** 2)) * gate * np.float32(build.marbling)
        result: FloatArray = np.float32(build.muscle_hu) + streak * np.float32(
            build.fat_hu * 0.8 - build.muscle_hu
        )
        return result

    pads = _pads(build)
    return [
        *pads[0],
        Tissue(outline(build, 0.0), 5.0, bounds),
        *pads[1],
        Tissue(outline(build, 2.0), build.fat_hu, bounds),
        Tissue(inside, muscle_hu, bounds),
        Tissue(between, build.fat_hu, ((-190, 190), (-120, 60), (-40, 172))),
    ]


def _pads(build: Build) -> tuple[list[Tissue], list[Tissue]]:
    """Breasts and belly, as skin and as fat inside."""
    shapes: list[tuple[Vector, Vector]] = []
    front = -92 - build.fat_mm * 0.7
    if build.breast_mm:
        shapes += [((side * 78.0, front, 62.0), (56, build.breast_mm, 52)) for side in (1, -1)]
    if build.belly_mm:
        shapes.append(((0.0, -55.0, -150.0), (118, build.belly_mm - front - 55, 110)))
    skins = [ellipsoid(centre, radii, 5.0) for centre, radii in shapes]
    fats = [
        ellipsoid(centre, (radii[0] - 2, radii[1] - 2, radii[2] - 2), build.fat_hu, lumps=0.02)
        for centre, radii in shapes
    ]
    return skins, fats


def blood_vessel(path: FloatArray, radius: float, build: Build) -> list[Tissue]:
    """A large vessel with its blood."""
    return tube(path.tolist(), radius, build.blood_hu)
