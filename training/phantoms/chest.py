"""Lungs, mediastinum, shoulders and arms."""

import numpy as np

from jrviewer.core.geometry import FloatArray
from training.phantoms.shapes import Bounds, Tissue, ellipsoid, mirrored, profile, smooth_path, tube
from training.phantoms.torso import Build, blood_vessel, cage, cage_radius, cortex_and_marrow

SIDES = (1, -1)  # left, right
IN_LUNG = (-1100.0, -450.0)
MEDIASTINUM = profile(
    (-60, 46), (0, 46), (60, 43), (110, 40), (150, 35), (190, 29), (224, 26)
)  # z, half-width


def diaphragm(x: FloatArray, y: FloatArray, build: Build) -> FloatArray:
    """Height of the diaphragm: two domes, the right one higher."""
    right = build.dome_mm - 34 * (((x + 70) / 66) ** 2 + ((y + 18) / 80) ** 2)
    left = build.dome_mm - 13 - 34 * (((x - 78) / 66) ** 2 + ((y + 18) / 80) ** 2)
    return np.maximum(right, left)


def lungs(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Both lungs with their vessels, nodules and sometimes an effusion."""
    air = np.float32(generator.normal(-850, 35))
    gradient = np.float32(generator.uniform(0.2, 1.2))
    fluid_y = generator.uniform(35, 65) if generator.random() < 0.15 else 1e4
    inner = cage(6.5)

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        width = MEDIASTINUM(z)[0] * (0.32 + 0.68 * np.exp(-(((y - 2) / 42) ** 2)))
        apart = np.maximum(width - np.abs(x), (diaphragm(x, y, build) - z) * np.float32(0.75))
        return np.maximum(inner(x, y, z), apart)

    def hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        lung = air + gradient * y + 12 * np.sin(x / 9 + y / 13) * np.sin(y / 7 + z / 11)
        wet = np.clip((y - fluid_y) / 1.5 + 0.5, 0, 1) * (x > 0)
        result: FloatArray = lung + wet * (12 - lung)
        return result

    bounds: Bounds = ((-150, 150), (-105, 105), (-140, 224))
    tissues = [Tissue(field, hu, bounds)]
    for side in SIDES:
        for _ in range(4):
            start = np.array([side * 34.0, generator.uniform(0, 25), generator.uniform(70, 105)])
            way = np.array([side * 0.8, generator.uniform(-0.9, 0.9), generator.uniform(-1.2, 1.0)])
            tissues += _tree(start, way, generator.uniform(5.0, 7.5), 24, 6, build, generator)
    for _ in range(generator.integers(0, 4)):
        centre = (
            generator.choice(SIDES) * generator.uniform(50, 105),
            generator.uniform(-50, 60),
            generator.uniform(0, 170),
        )
        r = float(generator.uniform(2.5, 12))
        nodule_hu = float(generator.choice([35, 45, -600, 300], p=[0.4, 0.35, 0.15, 0.1]))
        tissues.append(
            ellipsoid(
                centre, (r, r * generator.uniform(0.7, 1.2), r), nodule_hu, lumps=0.15, over=IN_LUNG
            )
        )
    return tissues


def _tree(
    start: FloatArray,
    way: FloatArray,
    radius: float,
    length: float,
    depth: int,
    build: Build,
    generator: np.random.Generator,
) -> list[Tissue]:
    """Vessels that divide in two until they are too thin to see; painted only in the lung."""
    way = way / np.linalg.norm(way)
    end = start + way * length * generator.uniform(0.7, 1.2)
    tissues = tube([start, end], [radius, radius * 0.8], 30 + 0.7 * build.contrast_hu, over=IN_LUNG)
    if depth == 0 or abs(end[0]) > 135 or radius < 0.7:
        return tissues
    swing = generator.normal(0, 0.55, 3)
    for sign in (1, -1):
        tissues += _tree(
            end,
            way + sign * swing,
            radius * generator.uniform(0.68, 0.8),
            length * 0.87,
            depth - 1,
            build,
            generator,
        )
    return tissues


def mediastinum(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Heart, great vessels, oesophagus; the heart's point to the left."""
    turn, tilt = generator.uniform(-0.8, -0.4), generator.uniform(-0.45, -0.15)
    size = generator.uniform(0.88, 1.18)
    muscle = 45 + 0.35 * build.contrast_hu
    blood = build.blood_hu

    def part(x: float, y: float, z: float, a: float, b: float, c: float, hu: float) -> Tissue:
        return ellipsoid(
            (x, y, z), (a * size, b * size, c * size), hu, turn=turn, tilt=tilt, lumps=0.04
        )

    heart = [
        part(22, -32, 34, 63, 47, 46, -85.0),  # pericardial fat
        part(22, -30, 36, 58, 42, 41, muscle),
        part(-26, -20, 46, 24, 30, 32, blood),  # right atrium
        part(8, -50, 34, 34, 15, 28, blood),  # right ventricle
        part(44, -22, 28, 30, 19, 23, blood),  # left ventricle
        part(8, 6, 60, 30, 19, 19, blood),  # left atrium
    ]
    vessels = [
        ([(-28, -8, 35), (-27, -18, 70), (-27, -14, 150)], 9.5),  # upper caval vein
        ([(8, -38, 62), (16, -20, 92), (16, -8, 100)], 13.5),  # pulmonary trunk
        ([(16, -8, 100), (-14, 0, 98), (-46, 10, 90)], 10.5),
        ([(16, -8, 100), (34, 10, 102), (50, 18, 92)], 10.5),
        ([(-12, -22, 140), (-14, -12, 170), (-26, -4, 225), (-28, -6, 300)], 4.5),
        ([(8, -10, 146), (16, -2, 185), (26, -4, 225), (28, -6, 300)], 4.5),
        ([(20, 10, 144), (34, 6, 180), (70, -6, 188), (120, -8, 175)], 4.5),
        ([(-26, -12, 150), (-30, -16, 185), (-75, -14, 188), (-120, -14, 175)], 5.0),
        ([(-26, -16, 148), (10, -28, 160), (34, -20, 185), (70, -16, 186)], 6.0),
    ]
    tissues = heart
    for path, radius in vessels:
        tissues += blood_vessel(smooth_path(path, 3), radius * generator.uniform(0.85, 1.15), build)
    tissues += _aorta(build, generator)
    gullet = smooth_path([(2, 8, 260), (4, 20, 200), (6, 26, 120), (10, 24, 40), (22, 5, -8)], 3)
    tissues += tube(gullet.tolist(), 7.5, 38.0)
    if generator.random() < 0.4:
        tissues += tube((gullet[3:6] + np.array([1.0, 0, 0])).tolist(), 2.5, -700.0)
    return tissues


def _aorta(build: Build, generator: np.random.Generator) -> list[Tissue]:
    path = smooth_path(
        [(6, -18, 62), (-10, -28, 95), (-10, -26, 124), (6, -8, 142), (22, 16, 138), (27, 32, 112),
         (26, 34, 60), (20, 29, 0), (11, 15, -60), (6, 7, -110), (4, 0, -190)], 3,
    )  # fmt: skip
    width = generator.uniform(0.85, 1.25)
    radii = np.interp(np.arange(len(path)), [0, 9, 15, 31], [16, 13.5, 12, 8.5]) * width
    tissues = tube(path.tolist(), radii.tolist(), build.blood_hu)
    if generator.random() < 0.5:  # calcified plaques
        for index in generator.integers(8, len(path), 5):
            side = generator.normal(0, 1, 3)
            spot = path[index] + side / np.linalg.norm(side) * radii[index]
            tissues.append(ellipsoid(tuple(spot), (2.5, 2.5, 4.0), 600.0))
    return tissues


def airways(generator: np.random.Generator) -> list[Tissue]:
    """Trachea, main bronchi and the throat up to the nose."""
    width = generator.uniform(0.85, 1.2)
    trunk = smooth_path(
        [(0, -18, 335), (0, -11, 318), (0, -9, 298), (0, -16, 278), (0, -20, 258), (0, -14, 230),
         (0, -4, 205), (-1, 8, 165), (-1, 14, 120)], 3,
    )  # fmt: skip
    right = smooth_path([(-1, 14, 120), (-28, 18, 98), (-48, 24, 78), (-60, 30, 50)], 3)
    left = smooth_path([(-1, 14, 120), (26, 18, 100), (50, 24, 86), (60, 32, 55)], 3)
    tissues: list[Tissue] = []
    for extra, hu in ((1.8, 30.0), (0.0, -985.0)):
        tissues += tube(trunk.tolist(), 8.0 * width + extra, hu)
        for path in (right, left):
            radii = np.linspace(7, 3, len(path)) * width + extra
            tissues += tube(path.tolist(), radii.tolist(), hu)
    return tissues


def breast_bone(build: Build) -> list[Tissue]:
    """Sternum on the front of the rib cage."""

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        distance, front = cage_radius(x, y, z)
        width = 13 + 8 * np.clip((z - 120) / 30, 0, 1) + 3 * np.sin(z / 9)
        plate = np.maximum(np.abs(distance - 1.5) - 5, np.abs(x) - width)
        result: FloatArray = np.maximum(plate, np.maximum(np.abs(z - 68) - 88, (0.6 - front) * 100))
        return result

    return [
        Tissue(
            field,
            cortex_and_marrow(field, build, 0.6, rind_mm=1.2),
            ((-30, 30), (-110, 0), (-25, 160)),
        )
    ]


def hollow(
    path: FloatArray, radius: float | list[float], build: Build, rind: float = 2.6
) -> list[Tissue]:
    """A bone of cortex and marrow along a path."""
    radii = [radius] * len(path) if isinstance(radius, int | float) else radius
    inner = [max(r - rind, 0.3) for r in radii]
    return tube(path.tolist(), radii, build.bone_hu) + tube(path.tolist(), inner, build.marrow_hu)


def shoulder(
    build: Build, side: int, arms_up: bool, generator: np.random.Generator
) -> list[Tissue]:
    """Clavicle, scapula and the head of the humerus."""
    lift = 14.0 if arms_up else 0.0
    collar = smooth_path(
        [(11, -58, 158), (55, -52, 170), (100, -22, 180 + lift), (152, 16, 188 + lift)], 4
    )
    ridge = smooth_path([(70, 84, 142), (115, 76, 162 + lift), (160, 34, 186 + lift)], 3)
    neck = np.array([(112, 52, 145 + lift / 2), (146, 20, 158 + lift)])
    tip = float(generator.uniform(20, 50))

    def blade(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        distance, front = cage_radius(x, y, z)
        reach = 0.12 + 0.32 * np.clip((z - tip) / (165 - tip), 0, 1)
        plate = np.abs(distance - 19) - (2.3 + 3 * np.exp(-(((front - reach) / 0.04) ** 2)))
        inner = np.maximum((front - reach) * 140, 58 - np.abs(x))
        result: FloatArray = np.maximum(np.maximum(plate, inner), np.maximum(tip - z, z - 172))
        return result

    low, high = sorted((side * 50.0, side * 175.0))
    tissues = [Tissue(blade, build.bone_hu * 0.85, ((low, high), (0, 125), (tip - 2, 175)))]
    tissues += hollow(mirrored(collar, side), 5.8, build) + hollow(
        mirrored(ridge, side), 5.0, build, 2.0
    )
    tissues += tube(mirrored(neck, side).tolist(), [5.0, 12.0], build.bone_hu * 0.7)
    return tissues


def arm(build: Build, side: int, arms_up: bool) -> list[Tissue]:
    """Flesh and bones of an arm, raised beside the head or at the side."""
    if arms_up:
        path = [(170, 12, 172), (186, 0, 240), (192, -22, 330), (168, -50, 430), (120, -70, 520)]
    else:
        path = [(172, 14, 162), (205, 16, 90), (218, 22, -40), (214, 0, -160), (200, -30, -290)]
    bone = mirrored(smooth_path(path, 4), side)
    thickness = np.interp(np.arange(len(bone)), [0, 5, 12, 17], [36, 43, 36, 24])
    fat = build.fat_mm * 0.25 + 1
    tissues: list[Tissue] = []
    for depth, hu in ((-fat, 10.0), (1.8 - fat, build.fat_hu), (0.0, build.muscle_hu)):
        tissues += tube(bone.tolist(), (thickness - depth).tolist(), hu)
    return tissues


def arm_bones(build: Build, side: int, arms_up: bool) -> list[Tissue]:
    """The humerus and one bone of the forearm."""
    path = (
        [(170, 12, 172), (186, 0, 240), (192, -22, 330), (168, -50, 430), (120, -70, 520)]
        if arms_up
        else [(172, 14, 162), (205, 16, 90), (218, 22, -40), (214, 0, -160), (200, -30, -290)]
    )
    bone = mirrored(smooth_path(path, 4), side)
    radii = np.interp(np.arange(len(bone)), [0, 1, 2, 10], [21, 15, 10.5, 9.5]).tolist()
    head = mirrored([path[0]], side)[0]
    ball = ellipsoid(tuple(head), (23, 23, 22), build.bone_hu * 0.6)
    marrow = ellipsoid(tuple(head), (20.5, 20.5, 19.5), build.marrow_hu)
    return [*hollow(bone, radii, build, 4.0), ball, marrow]
