"""Skull, brain, jaws and neck. The outline is a smooth oval and resembles no person."""

import numpy as np

from jrviewer.core.geometry import FloatArray
from training.phantoms.chest import SIDES, hollow
from training.phantoms.shapes import Bounds, Tissue, ellipsoid, mirrored, smooth_path, tube
from training.phantoms.torso import Build, blood_vessel

VAULT = (0.0, 2.0, 402.0)


def skull_base(y: FloatArray) -> FloatArray:
    """Height of the skull base: three steps down from front to back."""
    return 353 - 12 / (1 + np.exp(-(y + 22) / 5)) - 16 / (1 + np.exp(-(y - 18) / 6))


def cranium(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """The vault with its spongy middle layer, and the brain."""
    thick = float(generator.uniform(5, 8))
    outer = ellipsoid(VAULT, (69, 89, 77), 0.0)
    inner = ellipsoid(VAULT, (69 - thick, 89 - thick, 77 - thick), 0.0)
    cortex, spongy = np.float32(build.bone_hu * 1.15), np.float32(build.bone_hu * 0.7)

    def bone(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return np.maximum(outer.field(x, y, z), skull_base(y) - 7 - z)

    def bone_hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        depth = outer.field(x, y, z) + thick * 0.5
        result: FloatArray = spongy + (cortex - spongy) * np.clip(
            np.abs(depth) / (thick * 0.3) - 0.2, 0, 1
        )
        return result

    def brain(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return np.maximum(inner.field(x, y, z), skull_base(y) - z)

    def brain_hu(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        depth = -brain(x, y, z)
        fold = 3 * np.sin(x / 4.5 + np.sin(z / 7) * 2) * np.sin(y / 5 + np.cos(x / 9 + z / 8) * 2)
        ribbon = 12 * np.exp(-(((depth - 7 + fold) / 4.5) ** 2))
        water = -22 * np.clip(1.3 - (depth + fold * 0.5) / 2.5, 0, 1)
        result: FloatArray = (28 + ribbon + water).astype(np.float32)
        return result

    def falx(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return np.maximum(np.maximum(np.abs(x) - 1.1, brain(x, y, z)), 405 - z)

    bounds: Bounds = ((-72, 72), (-90, 94), (315, 481))
    tissues = [
        Tissue(bone, bone_hu, bounds),
        Tissue(brain, brain_hu, bounds),
        Tissue(falx, 58.0, bounds),
    ]
    width = float(generator.uniform(4, 9))
    for side in SIDES:
        tissues.append(ellipsoid((side * 13, -18, 412), (width, 20, 9), 8.0, turn=side * 0.25))
        tissues.append(ellipsoid((side * 19, 28, 408), (width, 17, 10), 8.0, turn=side * -0.35))
        tissues.append(ellipsoid((side * 26, -6, 398), (8, 17, 11), 37.0, turn=side * 0.2))
    tissues.append(ellipsoid((0, 0, 398), (2.2, 14, 8), 8.0))
    tissues.append(ellipsoid((0, 32, 356), (34, 22, 17), 36.0, lumps=0.05))
    return tissues


def face(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Orbits, sinuses, nasal cavity, cheek bones, petrous bones."""
    bone = build.bone_hu
    tissues = [
        ellipsoid((0, -50, 342), (38, 32, 26), build.fat_hu + 90, lumps=0.1),
        ellipsoid((0, -4, 338), (16, 20, 13), bone * 0.6, lumps=0.1),  # sphenoid
        ellipsoid((0, -48, 318), (30, 32, 4.5), bone * 0.8),  # palate
    ]
    tissues += hollow(np.array([(0, 8, 338), (0, 14, 318)]), 8, build)
    for side in SIDES:
        tissues += [
            ellipsoid((side * 31, -50, 361), (20.5, 25, 19), bone * 0.8, turn=side * -0.25),
            ellipsoid((side * 31, -54, 361), (18, 24, 16.5), build.fat_hu, turn=side * -0.25),
            ellipsoid((side * 31, -62, 361), (12, 12, 12), 14.0),
            ellipsoid((side * 31, -71, 361), (4.5, 2.2, 4.5), 90.0),
        ]
        tissues += tube(mirrored([(28, -50, 361), (14, -24, 358)], side).tolist(), 2.4, 30.0)
        tissues += tube(mirrored([(41, -58, 361), (22, -26, 359)], side).tolist(), 2.0, 45.0)
        arc = smooth_path(mirrored([(38, -66, 338), (60, -42, 338), (65, -10, 342)], side), 3)
        tissues += hollow(arc, 4.5, build, 2.0)
        petrous = mirrored([(16, 2, 338), (40, 14, 343), (60, 26, 344)], side)
        tissues += tube(petrous.tolist(), [6, 10, 13], bone * 1.2)
        tissues.append(ellipsoid((side * 62.0, 30, 330), (9, 13, 17), bone * 0.9))
        tissues += tube(mirrored([(46, 10, 343), (72, 8, 342)], side).tolist(), 3.2, -950.0)
        for _ in range(12):
            spot = np.array([side * 58.0, 28, 338]) + generator.normal(0, 1, 3) * (3.5, 6, 7)
            r = float(generator.uniform(1.6, 3.4))
            tissues.append(ellipsoid(tuple(spot), (r, r, r), -800.0))
        size = generator.uniform(0.8, 1.15)
        maxilla = (side * 29.0, -46.0, 333.0)
        tissues.append(
            ellipsoid(maxilla, (16 * size + 2, 18 * size + 2, 16 * size + 2), bone * 0.7)
        )
        tissues.append(ellipsoid(maxilla, (16 * size, 18 * size, 16 * size), -960.0, lumps=0.06))
        tissues.append(ellipsoid((side * 6.5, -50, 333), (5.2, 30, 16), -960.0))
        tissues.append(ellipsoid((side * 9.5, -48, 326), (3, 22, 5), 45.0))
        for y in (-62, -50, -38):
            tissues.append(ellipsoid((side * 7.0, y, 357), (5, 5.2, 9), -940.0))
        tissues.append(ellipsoid((side * 9.0, -12, 342), (7.5, 9, 8), -960.0))
        tissues.append(ellipsoid((side * 11.0, -80, 377), (13, 4.5, 9), -940.0))
        tissues += tube(mirrored([(22, -28, 338), (20, -22, 318)], side).tolist(), 3.0, bone * 0.8)
    return tissues


def jaws(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Both jaws as arcs, with teeth, and the tongue between."""
    lower = [
        (46, 2, 334),
        (46, -6, 312),
        (43, -14, 296),
        (35, -42, 288),
        (20, -64, 285),
        (0, -71, 285),
    ]
    right = mirrored(smooth_path(lower, 4), -1)
    arc = np.concatenate([mirrored(smooth_path(lower, 4), 1), right[-2::-1]])
    radii = np.interp(
        np.abs(np.arange(len(arc)) - len(arc) // 2), [0, 12, 20], [8, 7.5, 5]
    ).tolist()
    tissues = [ellipsoid((0, -38, 302), (24, 30, 16), 55.0, lumps=0.05)]
    upper = [(27, -26, 308), (25, -48, 308), (14, -63, 308), (0, -67, 308)]
    top = np.concatenate(
        [mirrored(smooth_path(upper, 3), 1), mirrored(smooth_path(upper, 3), -1)[-2::-1]]
    )
    tissues += tube(top.tolist(), 7.0, build.bone_hu * 0.7)
    tissues += hollow(arc, radii, build, 2.4)
    filling = generator.random(28) < 0.06
    for row, height in ((0, 299.0), (1, 295.5)):
        for index in range(14):
            angle = np.pi * (index + 0.5) / 14
            x, y = 29 * np.cos(angle), -28 - 40 * np.sin(angle)
            hu = 2900.0 if filling[index + 14 * row] else 1900.0
            tissues.append(ellipsoid((x, y, height), (3.4, 3.6, 6.5), hu, turn=angle))
    return tissues


def neck(build: Build, generator: np.random.Generator) -> list[Tissue]:
    """Vessel sheaths, muscles, larynx and thyroid."""
    tissues: list[Tissue] = []
    fat = build.fat_hu + 15
    for side in SIDES:
        sheath = mirrored([(34, -12, 190), (34, -8, 240), (36, -4, 300)], side)
        tissues += tube(sheath.tolist(), [10, 11, 8], fat)
        rear = mirrored([(62, 18, 205), (44, 14, 250), (42, 16, 290)], side)
        tissues += tube(rear.tolist(), [9, 6, 3], fat)
        strap = mirrored([(18, -46, 170), (36, -26, 230), (48, 2, 290), (56, 26, 325)], side)
        tissues += tube(strap.tolist(), [8, 11, 11, 7], build.muscle_hu)
        for path, radius in (
            ([(24, -4, 200), (27, -8, 250), (29, -4, 330)], 3.6),
            ([(34, -8, 190), (36, -9, 250), (35, 0, 330)], 5.5),
        ):
            tissues += blood_vessel(
                mirrored(path, side), radius * generator.uniform(0.8, 1.2), build
            )
        size = generator.uniform(0.8, 1.3)
        tissues.append(
            ellipsoid(
                (side * 18.0, -14, 232), (9 * size, 11 * size, 21), 105 + 0.5 * build.contrast_hu
            )
        )
        wing = mirrored([(19, -12, 263), (13, -26, 263), (0, -35, 263)], side)
        tissues += tube(wing.tolist(), 2.8, float(generator.uniform(90, 420)), squash=0.28)
        horn = smooth_path(mirrored([(22, -20, 286), (17, -38, 284), (0, -46, 283)], side), 2)
        tissues += tube(horn.tolist(), 3.0, build.bone_hu * 0.7)
        tissues.append(ellipsoid((side * 47.0, -2, 312), (11, 14, 18), 20.0))  # parotid
    return tissues
