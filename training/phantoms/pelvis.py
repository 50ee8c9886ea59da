"""Bones and organs of the pelvis."""

import numpy as np

from jrviewer.core.geometry import FloatArray
from training.phantoms.chest import SIDES, hollow
from training.phantoms.shapes import Bounds, Tissue, ellipsoid, mirrored, profile
from training.phantoms.torso import SPINE_Y, Build, cortex_and_marrow

ILIUM = profile(  # z, inner end x y, outer end x y
    (-345, 90, 26, 100, 4), (-325, 84, 34, 110, -12), (-290, 60, 50, 122, -30),
    (-250, 44, 56, 128, -36), (-215, 58, 42, 124, -14), (-198, 78, 24, 110, 4),
)  # fmt: skip
SACRUM = profile((-375, 8, 6), (-330, 26, 11), (-290, 44, 16), (-240, 50, 19))


def organs(generator: np.random.Generator) -> list[Tissue]:
    """Bladder and the organs behind it."""
    fill = generator.uniform(0.6, 1.2)
    return [
        ellipsoid((0, 12, -338), (26, 22, 24), 45.0, lumps=0.06),
        ellipsoid((0, -28, -335), (40 * fill, 30 * fill, 34 * fill), 42.0),
        ellipsoid(
            (0, -28, -335), (37 * fill, 27 * fill, 31 * fill), float(generator.uniform(2, 14))
        ),
    ]


def bones(build: Build) -> list[Tissue]:
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

    hu = cortex_and_marrow(field, build, 0.9, rind_mm=1.6, marrow_more_hu=40)
    low, high = sorted((side * 30.0, side * 150.0))
    return Tissue(field, hu, ((low, high), (-60, 85), (-347, -195)))


def _sacrum(build: Build) -> Tissue:
    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        a, b = SACRUM(z)
        dy = y - SPINE_Y(z)[0] + 4 * (1 - (x / a) ** 2)
        canal = 7 - np.sqrt((x / 1.6) ** 2 + (dy - 11) ** 2)
        holes = 4.5 - np.sqrt((np.abs(x) - 21) ** 2 + dy**2 + (np.mod(z + 240, 24) - 12) ** 2)
        shape = (np.sqrt((x / a) ** 2 + (dy / b) ** 2) - 1) * b
        result: FloatArray = np.maximum(np.maximum(shape, z + 236), np.maximum(canal, holes))
        return result

    bounds: Bounds = ((-56, 56), (5, 100), (-372, -234))
    return Tissue(field, cortex_and_marrow(field, build, 0.65, rind_mm=1.5), bounds)
