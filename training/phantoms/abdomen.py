"""Organs below the diaphragm, and the pelvis."""

import numpy as np

from jrviewer.geometry import FloatArray
from training.phantoms.chest import SIDES, diaphragm, hollow
from training.phantoms.shapes import (
    Bounds,
    Field,
    Tissue,
    ellipsoid,
    mirrored,
    profile,
    smooth_path,
    tube,
)  # fmt: skip
from training.phantoms.torso import SPINE_Y, Build, blood_vessel, cage, lean, outline

ILIUM = profile(  # z, inner end x y, outer end x y
    (-345, 90, 26, 100, 4), (-325, 84, 34, 110, -12), (-290, 60, 50, 122, -30),
    (-250, 44, 56, 128, -36), (-215, 58, 42, 124, -14), (-198, 78, 24, 110, 4),
)  # fmt: skip
SACRUM = profile((-375, 8, 6), (-330, 26, 11), (-290, 44, 16), (-240, 50, 19))


def cavity(build: Build) -> list[Tissue]:
    """The belly inside its muscles, filled with fat."""
    inside = lean(build)

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        wall = (
            build.wall_mm + 24 * np.clip((y - 20) / 40, 0, 1) + 40 * np.clip((-225 - z) / 60, 0, 1)
        )
        return np.maximum(inside(x, y, z) + wall, z - diaphragm(x, y, build) + 2)

    return [Tissue(field, build.fat_hu - 2, ((-170, 170), (-150, 110), (-400, 40)))]


def under_diaphragm(tissue: Tissue, build: Build, depth_mm: float = 3.0) -> Tissue:
    """An organ kept below the diaphragm and inside ribs and belly wall."""
    ribs, wall = cage(8.0), lean(build)

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        own = tissue.field(x, y, z)
        fence = np.maximum(
            wall(x, y, z) + build.wall_mm * 0.7, z - diaphragm(x, y, build) + depth_mm
        )
        within = np.where(z > -90, ribs(x, y, z), np.float32(-50))
        return np.maximum(own, np.maximum(fence, within))

    return Tissue(field, tissue.hu, tissue.bounds, tissue.over)


def upper_organs(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Liver on the right, stomach and spleen on the left, gall bladder, pancreas."""
    grow = generator.uniform(0.88, 1.12)
    liver_hu = generator.normal(58, 9) + 0.4 * build.contrast_hu
    spleen_hu = 48 + 0.5 * build.contrast_hu
    low = float(generator.uniform(-1, 1) * 15)
    liver = [
        ellipsoid((-66, -6, -48 + low / 2), (88 * grow, 82, 92 * grow), liver_hu, lumps=0.03),
        ellipsoid((2, -48, -30), (62 * grow, 42, 34), liver_hu, turn=0.1, tilt=0.25),
    ]
    tissues = _stomach(build, generator)
    tissues += [ellipsoid((112, 48, -42 + low), (32 * grow, 47 * grow, 48), spleen_hu, turn=-0.5)]
    tissues += liver
    tissues = [under_diaphragm(tissue, build) for tissue in tissues]
    over_liver = (liver_hu - 20, liver_hu + 20)
    for _ in range(12):
        start = np.array([-40, -10, -45.0])
        end = start + generator.normal(0, 1, 3) * (45, 40, 35)
        tissues += tube(
            [start, end], [4.5, 1.0], liver_hu + 4 + 0.35 * build.contrast_hu, over=over_liver
        )
    for _ in range(generator.integers(0, 4)):  # cysts and metastases
        centre = tuple(np.array([-70, 0, -50]) + generator.normal(0, 30, 3))
        r = float(generator.uniform(3, 14))
        tissues.append(
            ellipsoid(centre, (r, r, r), liver_hu - generator.uniform(15, 60), over=over_liver)
        )
    tissues.append(ellipsoid((-52, -52, -108 + low), (13, 17, 24), 8.0, turn=0.4))
    tissues += tube(
        [(-38, -20, -112), (-12, -24, -100), (28, -8, -84), (75, 25, -66)],
        [13, 10, 10, 7],
        40 + 0.3 * build.contrast_hu,
    )
    return tissues


def _stomach(build: Build, generator: np.random.Generator) -> list[Tissue]:
    path = smooth_path(
        [(55, 8, -12), (72, -8, -45), (58, -38, -80), (18, -50, -98), (-16, -42, -100)], 3
    )
    fill = generator.uniform(0.7, 1.15)
    radii = np.interp(np.arange(len(path)), [0, 4, 8, 12], [28, 36, 26, 12]) * fill
    level = generator.uniform(-45, -5)
    content = np.float32(generator.choice([15, 30, 150], p=[0.5, 0.4, 0.1]))
    wall = tube(path.tolist(), (radii + 3).tolist(), 42 + 0.3 * build.contrast_hu)
    return wall + tube(path.tolist(), radii.tolist(), _levelled(level, content))


def _levelled(level_y: float, below_hu: float) -> Field:
    """Gas over fluid: the patient lies on the back, so gas gathers in front."""

    def hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        gas = np.clip((level_y - y) / 1.5 + 0.5, 0, 1)
        return np.float32(below_hu) + gas * np.float32(-970 - below_hu)

    return hu


def kidneys(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Kidneys with their pelvis, psoas muscles and lumbar vessels."""
    tissues: list[Tissue] = []
    cortex = 32 + 0.9 * build.contrast_hu
    for side in SIDES:
        z = -105 - 12 * (side < 0) + generator.normal(0, 10)
        x, y = side * (62 + generator.normal(0, 3)), 40 + generator.normal(0, 3)
        size = generator.uniform(0.85, 1.12)
        turn = side * -0.6
        tissues.append(
            ellipsoid((x, y, z), (33 * size, 31 * size, 58 * size), build.fat_hu, turn=turn)
        )
        tissues.append(
            ellipsoid((x, y, z), (29 * size, 25 * size, 54 * size), cortex, turn=turn, lumps=0.04)
        )
        tissues.append(
            ellipsoid(
                (x, y, z),
                (20 * size, 16 * size, 42 * size),
                cortex - 0.25 * build.contrast_hu,
                turn=turn,
                lumps=0.1,
            )
        )
        tissues.append(
            ellipsoid(
                (x - side * 14, y - 7, z),
                (15 * size, 9 * size, 24 * size),
                build.fat_hu,
                turn=turn,
                lumps=0.15,
            )
        )
        psoas = mirrored(
            [(24, 34, -70), (34, 32, -140), (45, 28, -200), (62, 8, -280), (92, -14, -335)], side
        )
        tissues += tube(psoas.tolist(), [6, 14, 20, 17, 13], build.muscle_hu)
        back = mirrored(
            [(26, 88, 60), (30, 74, -60), (36, 66, -150), (34, 72, -210), (26, 84, -260)], side
        )
        tissues += tube(back.tolist(), [13, 20, 25, 22, 8], build.muscle_hu)
        iliac = smooth_path(
            mirrored(
                [(2, 0, -188), (26, 8, -225), (52, 2, -280), (84, -32, -345), (86, -34, -430)], side
            ),
            2,
        )
        tissues += blood_vessel(iliac, 5.5, build)
    vein = smooth_path(
        [(-16, 2, -192), (-18, 4, -120), (-22, 4, -60), (-25, -4, -5), (-26, -8, 30)], 3
    )
    return tissues + blood_vessel(vein, 10.5, build)


def bowel(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Small bowel loops and the colon with gas and stool."""
    tissues: list[Tissue] = []
    soft = (-200.0, 30.0)  # over fat only: not over organs
    wall_hu = 40 + 0.3 * build.contrast_hu
    content = float(generator.choice([12.0, 30.0, 220.0], p=[0.5, 0.35, 0.15]))
    for _ in range(generator.integers(26, 44)):
        centre = np.array(
            [generator.uniform(-75, 75), generator.uniform(-72, -8), generator.uniform(-300, -115)]
        )
        swing = generator.normal(0, 1, 3) * (22, 12, 16)
        radius = float(generator.uniform(8, 13))
        path = smooth_path(
            [centre - swing, centre + generator.normal(0, 8, 3), centre + swing], 2
        ).tolist()
        inner = (
            _levelled(centre[1] - radius * 0.3, content) if generator.random() < 0.12 else content
        )
        tissues += tube(path, radius, wall_hu, over=soft) + tube(path, radius - 2.5, inner)
    return [_in_belly(tissue, build) for tissue in tissues + _colon(build, generator)]


def _colon(build: Build, generator: np.random.Generator) -> list[Tissue]:
    sag = generator.uniform(0, 60)
    knots = np.array([
        (-88, -8, -235), (-96, 8, -170), (-92, -8, -118), (-40, -64, -118 - sag / 2),
        (8, -70, -122 - sag), (55, -62, -100 - sag / 2), (104, -2, -58), (110, 30, -120),
        (106, 26, -190), (88, 0, -250), (30, -10, -272), (20, 22, -296), (0, 46, -330), (0, 50, -395),
    ])  # fmt: skip
    path = smooth_path(knots + generator.normal(0, 5, knots.shape), 7)
    radii = (15 + 6 * np.abs(np.sin(np.arange(len(path)) * 1.35))) * generator.uniform(0.75, 1.15)
    radii[70:] *= 0.75
    tissues = tube(path.tolist(), (radii + 2).tolist(), 38 + 0.2 * build.contrast_hu)
    for first in range(0, len(path) - 1, 4):
        part = slice(first, first + 5)
        kind = generator.random()
        stool = float(generator.uniform(-150, 60))
        hu: float | Field = (
            stool if kind < 0.45 else _levelled(path[first][1] + generator.uniform(-8, 12), stool)
        )
        tissues += tube(path[part].tolist(), radii[part].tolist(), hu)
    return tissues


def _in_belly(tissue: Tissue, build: Build) -> Tissue:
    wall = lean(build)

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return np.maximum(tissue.field(x, y, z), wall(x, y, z) + build.wall_mm + 2)

    return Tissue(field, tissue.hu, tissue.bounds, tissue.over)


def pelvis_organs(generator: np.random.Generator) -> list[Tissue]:
    """Bladder and what lies behind it."""
    fill = generator.uniform(0.6, 1.2)
    return [
        ellipsoid((0, 12, -338), (26, 22, 24), 45.0, lumps=0.06),
        ellipsoid((0, -28, -335), (40 * fill, 30 * fill, 34 * fill), 42.0),
        ellipsoid(
            (0, -28, -335), (37 * fill, 27 * fill, 31 * fill), float(generator.uniform(2, 14))
        ),
    ]


def pelvis_bones(build: Build) -> list[Tissue]:
    """Ilium, sacrum, hip joints, pubis and ischium, the upper thighs."""
    tissues = [_sacrum(build)]
    for side in SIDES:
        tissues.append(_ilium(build, side))
        hip = (side * 92.0, 8.0, -338.0)
        tissues.append(_socket(hip, side, build))
        tissues.append(ellipsoid(hip, (27, 27, 27), 55.0))
        shaft = mirrored([(92, 8, -338), (132, 14, -362), (146, 12, -385), (140, 4, -520)], side)
        tissues += hollow(shaft, [19, 16, 18, 14], build, 4.0)
        tissues.append(ellipsoid(hip, (24, 24, 24), build.bone_hu * 0.7))
        tissues.append(ellipsoid(hip, (21.5, 21.5, 21.5), build.marrow_hu + 90))
        pubis = mirrored([(88, -18, -345), (45, -44, -352), (8, -50, -368)], side)
        ischium = mirrored([(80, 32, -345), (66, 44, -385), (50, 34, -415), (16, -40, -388)], side)
        tissues += hollow(pubis, [12, 8, 11], build) + hollow(ischium, [15, 15, 9, 7], build)
    return tissues


def _socket(hip: tuple[float, float, float], side: int, build: Build) -> Tissue:
    ball = ellipsoid(hip, (35, 35, 37), build.bone_hu * 0.6)

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        outer = x * side - 98 - 0.35 * (z + 338)
        return np.maximum(ball.field(x, y, z), outer)

    return Tissue(field, ball.hu, ball.bounds)


def _ilium(build: Build, side: int) -> Tissue:
    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        ax, ay, bx, by = ILIUM(z)
        px, py, dx, dy = x * side - ax, y - ay, bx - ax, by - ay
        along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0, 1)
        bow = 9 * np.sin(np.pi * along)
        px, py = px - along * dx - 0.75 * bow, py - along * dy - 0.6 * bow
        thick = 5.5 + 4.5 * np.abs(along * 2 - 1) ** 2
        distance = np.sqrt(px * px + py * py) - thick
        crest = -198 - 14 * (2 * along - 1) ** 2
        return np.maximum(distance, np.maximum(z - crest, -345 - z))

    def hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        deep = np.clip(-(field(x, y, z) + 1.6) / 1.6, 0, 1)
        return np.float32(build.bone_hu * 0.9) + deep * np.float32(
            build.marrow_hu + 40 - build.bone_hu * 0.9
        )

    low, high = sorted((side * 30.0, side * 150.0))
    return Tissue(field, hu, ((low, high), (-60, 85), (-347, -195)))


def _sacrum(build: Build) -> Tissue:
    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        a, b = SACRUM(z)
        dy = y - SPINE_Y(z)[0] + 4 * (1 - (x / a) ** 2)
        canal = 7 - np.sqrt((x / 1.6) ** 2 + (dy - 11) ** 2)
        holes = 4.5 - np.sqrt((np.abs(x) - 21) ** 2 + dy**2 + (np.mod(z + 240, 24) - 12) ** 2)
        shape = (np.sqrt((x / a) ** 2 + (dy / b) ** 2) - 1) * b
        return np.maximum(np.maximum(shape, z + 236), np.maximum(canal, holes))

    def hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        deep = np.clip(-(field(x, y, z) + 1.5) / 1.6, 0, 1)
        return np.float32(build.bone_hu * 0.65) + deep * np.float32(
            build.marrow_hu - build.bone_hu * 0.65
        )

    bounds: Bounds = ((-56, 56), (5, 100), (-372, -234))
    return Tissue(field, hu, bounds)


def skin(build: Build) -> list[Tissue]:
    """Skin, fat and muscles of the whole body."""
    everywhere: Bounds = ((-260, 260), (-190, 190), (-1e4, 486))
    return [
        Tissue(outline(build, 0.0), 5.0, everywhere),
        Tissue(outline(build, 2.0), build.fat_hu, everywhere),
        Tissue(lean(build), build.muscle_hu, everywhere),
    ]
