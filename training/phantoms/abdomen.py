"""Organs below the diaphragm, down to the bowel in the pelvis."""

import numpy as np

from jrviewer.core.geometry import FloatArray
from training.phantoms.chest import SIDES, diaphragm
from training.phantoms.shapes import (
    Field,
    Tissue,
    ellipsoid,
    mirrored,
    smooth_path,
    tube,
)
from training.phantoms.torso import Build, blood_vessel, cage, lean


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
        result: FloatArray = np.maximum(own, np.maximum(fence, within))
        return result

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
    content = float(generator.choice([15, 30, 150], p=[0.5, 0.4, 0.1]))
    wall = tube(path.tolist(), (radii + 3).tolist(), 42 + 0.3 * build.contrast_hu)
    return wall + tube(path.tolist(), radii.tolist(), _levelled(level, content))


def _levelled(level_y: float, below_hu: float) -> Field:
    """Gas over fluid: the patient lies on the back, so gas gathers in front."""

    def hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        gas = np.clip((level_y - y) / 1.5 + 0.5, 0, 1)
        result: FloatArray = np.float32(below_hu) + gas * np.float32(-970 - below_hu)
        return result

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
    for _ in range(generator.integers(34, 60)):
        centre = np.array(
            [generator.uniform(-75, 75), generator.uniform(-78, 5), generator.uniform(-315, -110)]
        )
        swing = generator.normal(0, 1, 3) * (22, 12, 16)
        radius = float(generator.uniform(8, 15))
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
        (106, 26, -190), (88, 0, -250), (30, -10, -272), (20, 22, -296), (0, 46, -330),
        (0, 50, -395),
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
        result: FloatArray = np.maximum(tissue.field(x, y, z), wall(x, y, z) + build.wall_mm + 2)
        return result

    return Tissue(field, tissue.hu, tissue.bounds, tissue.over)
