"""A phantom: one generated anatomy that gives slices, volumes and surface points."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, FloatArray
from jrviewer.core.records import Structure
from training.phantoms import abdomen, chest, head, pelvis, torso
from training.phantoms.level_sets import STEP_MM, Triangles, sample_surfaces, triangles
from training.phantoms.shapes import Samples, Tissue, paint

Region = Literal["chest", "abdomen", "head"]
REGIONS: tuple[Region, ...] = ("chest", "abdomen", "head")
HEIGHTS_MM: dict[Region, tuple[float, float]] = {  # of the phantom's middle in the anatomy
    "chest": (0, 185),
    "abdomen": (-320, -15),
    "head": (215, 440),
}
VOLUME_HALF_MM = BOX_HALF_DEPTH_MM + 32
VOLUME_WIDTH_MM = 456.0
AIR_HU = -1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """One body. `height_mm` is where z = 0 lies in the anatomy."""

    seed: int
    region: Region
    height_mm: float
    scale: tuple[float, float, float]
    bends: FloatArray  # (8,) of turn, sideways and fore-and-aft waves
    texture: FloatArray  # (4, 7) frequencies (1/mm), phases and amplitudes (HU)
    tissues: tuple[Tissue, ...]
    bounds: FloatArray  # (T, 3, 2) of the tissues

    def render(self, z_mm: float, size: int = 256, pixel_mm: float = 1.75) -> FloatArray:
        """HU float32 (size, size) of a slice, rows along y, its centre at x = y = 0."""
        axis = _axis(size, pixel_mm)
        result: FloatArray = self.grid(axis, axis, np.array([z_mm]))[0]
        return result

    def volume(
        self, step_mm: float = 3.0, half_depth_mm: float = VOLUME_HALF_MM
    ) -> tuple[npt.NDArray[np.int16], tuple[float, float, float]]:
        """HU int16 [z, y, x] centred on the origin, and the spacing (z, y, x) in mm."""
        axis = _axis(round(VOLUME_WIDTH_MM / step_mm), step_mm)
        depth = _axis(2 * round(half_depth_mm / step_mm) + 1, step_mm)
        hu = self.grid(axis, axis, depth)
        return np.rint(hu).astype(np.int16), (step_mm, step_mm, step_mm)

    def grid(self, x_mm: FloatArray, y_mm: FloatArray, z_mm: FloatArray) -> FloatArray:
        """HU float32 [z, y, x] on three axes."""
        x, y, z = (np.asarray(v, dtype=np.float32) for v in (x_mm, y_mm, z_mm))
        samples = self._samples(x, y[:, None], z[:, None, None], (x, y, z))
        return self._finish(samples, z[:, None, None], y[:, None], x)

    def at(self, points_mm: FloatArray) -> FloatArray:
        """HU float32 (N,) at points (N, 3)."""
        points = np.asarray(points_mm, dtype=np.float32)
        order = np.argsort(points[:, 2])
        x, y, z = np.ascontiguousarray(points[order].T)
        hu = np.empty(len(points), dtype=np.float32)
        hu[order] = self._finish(self._samples(x, y, z, None), z, y, x)
        return hu

    def surface_points(
        self, count: int, seed: int, *, half_depth_mm: float = BOX_HALF_DEPTH_MM
    ) -> tuple[FloatArray, npt.NDArray[np.uint8]]:
        """Points (count, 3) in mm on the surfaces near z = 0 and their labels (count,).

        Half of them lie on skin, a third on bone, a sixth on air in the body; the share of an
        absent structure goes to the others. They lie on the rendered HU's own level sets (skin
        -300, bone 200, air -500), except for the few points that have no crossing near their
        triangle.
        """
        generator = np.random.default_rng([seed, self.seed])
        return sample_surfaces(_triangles_of(self, half_depth_mm), self.at, count, generator)

    def _finish(self, samples: Samples, z: FloatArray, y: FloatArray, x: FloatArray) -> FloatArray:
        hu = paint(samples, self.tissues, self.bounds, AIR_HU)
        grain = np.float32(0)
        for kx, ky, kz, px, py, pz, height in self.texture:
            grain = grain + height * np.sin(kx * x + px) * np.sin(ky * y + py) * np.sin(kz * z + pz)
        result: FloatArray = np.where(hu > -300, hu + grain, hu).astype(np.float32)
        return result

    def _samples(
        self,
        x: FloatArray,
        y: FloatArray,
        z: FloatArray,
        axes: tuple[FloatArray, FloatArray, FloatArray] | None,
    ) -> Samples:
        """Anatomical coordinates: a small rotation and bends, then the scale of the body."""
        turn, a, phase_a, long_a, b, phase_b, long_b, lean_ = (float(v) for v in self.bends)
        above = z + np.float32(self.height_mm * self.scale[2])
        dx = a * np.sin(y / 70 + above / long_a + phase_a) - turn * y
        dy = b * np.sin(x / 75 + above / long_b + phase_b) + turn * x + lean_ * z
        sx, sy, sz = self.scale
        bent_x, bent_y = (x + dx) / sx, (y + dy) / sy
        height = z / np.float32(sz) + np.float32(self.height_mm)
        if axes is None:
            return Samples(bent_x, bent_y, height, None, (0.0, 0.0))
        shape = np.broadcast_shapes(bent_x.shape, bent_y.shape)
        unbent = (axes[0] / sx, axes[1] / sy, axes[2] / sz + self.height_mm)
        return Samples(
            np.broadcast_to(bent_x, shape).astype(np.float32),
            np.broadcast_to(bent_y, shape).astype(np.float32),
            height,
            unbent,
            (float(np.abs(dx).max() / sx), float(np.abs(dy).max() / sy)),
        )


@lru_cache(maxsize=4)
def _triangles_of(phantom: Phantom, half_depth_mm: float) -> dict[Structure, Triangles]:
    """Cached for a few phantoms, since several samples are drawn from each."""
    return triangles(phantom.volume(STEP_MM, half_depth_mm)[0])


def make_phantom(seed: int, region: str | None = None) -> Phantom:
    """The phantom of a seed; without a region the seed chooses one."""
    generator = np.random.default_rng([seed, 2718])
    chosen = REGIONS[generator.integers(len(REGIONS))]
    if region is not None:
        if region not in REGIONS:
            raise ValueError(f"region must be one of {', '.join(REGIONS)}, got {region!r}")
        chosen = next(name for name in REGIONS if name == region)
    low, high = HEIGHTS_MM[chosen]
    size = generator.normal(1, 0.06)
    scale = np.clip(size * generator.normal(1, (0.05, 0.05, 0.04)), 0.8, 1.2)
    height = float(generator.uniform(low, high))
    tissues = tuple(_body(chosen, generator))
    return Phantom(
        seed,
        chosen,
        height,
        (float(scale[0]), float(scale[1]), float(scale[2])),
        _bends(generator),
        _texture(generator),
        tissues,
        np.array([tissue.bounds for tissue in tissues], dtype=np.float32),
    )


def _body(region: Region, generator: np.random.Generator) -> list[Tissue]:
    """All tissues in the order of painting."""
    build = _build(generator)
    # Heads are scanned with the arms at the side, trunks mostly with the arms raised.
    arms_up = bool(generator.random() < (0.15 if region == "head" else 0.8))
    with_arms = generator.random() < 0.85
    tissues = torso.table(build) if generator.random() < 0.8 else []
    if with_arms:
        for side in chest.SIDES:
            tissues += chest.arm(build, side, arms_up)
    tissues += torso.skin(build) + abdomen.cavity(build)
    tissues.append(torso.inside_cage(build))
    tissues += chest.lungs(build, generator)
    tissues += chest.mediastinum(build, generator)
    tissues += abdomen.cavity(build)
    tissues += abdomen.bowel(build, generator) + abdomen.upper_organs(build, generator)
    tissues += abdomen.kidneys(build, generator) + pelvis.organs(generator)
    tissues += head.neck(build, generator) + head.cranium(build, generator)
    tissues += head.face(build, generator) + head.jaws(build, generator)
    tissues += torso.ribs(build) + chest.breast_bone(build)
    for side in chest.SIDES:
        tissues += chest.shoulder(build, side, arms_up, generator)
        if with_arms:
            tissues += chest.arm_bones(build, side, arms_up)
    tissues += torso.spine(build) + pelvis.bones(build)
    return tissues + chest.airways(generator)


def _build(generator: np.random.Generator) -> torso.Build:
    fat = float(np.clip(generator.gamma(4, 4.5), 4, 45))
    return torso.Build(
        fat_mm=fat,
        front_fat=float(generator.uniform(0.0, 0.6)),
        wall_mm=float(generator.uniform(9, 17)),
        bone_hu=float(generator.uniform(650, 1150)),
        marrow_hu=float(generator.uniform(90, 260)),
        muscle_hu=float(generator.normal(55, 6)),
        fat_hu=float(generator.normal(-103, 5)),
        contrast_hu=float(generator.choice([0.0, 0.0, 90.0, 180.0]) * generator.uniform(0.6, 1.3)),
        rib_slope_mm=float(generator.uniform(60, 105)),
        dome_mm=float(generator.uniform(-12, 24)),
        marbling=float(generator.uniform(0.1, 1)),
        breast_mm=float((generator.random() < 0.5) * generator.uniform(12, 46)),
        belly_mm=float((fat > 16) * generator.uniform(5, 45)),
    )


def _bends(generator: np.random.Generator) -> FloatArray:
    return np.array(
        [
            generator.normal(0, 0.035),
            *(generator.normal(0, 2.5), generator.uniform(0, 6.3), generator.uniform(60, 200)),
            *(generator.normal(0, 2.5), generator.uniform(0, 6.3), generator.uniform(60, 200)),
            generator.normal(0, 0.03),
        ]
    )


def _texture(generator: np.random.Generator) -> FloatArray:
    rows = [
        [
            *generator.uniform(0.5, 1.2, 3) / scale_mm,
            *generator.uniform(0, 6.3, 3),
            generator.uniform(2, 5),
        ]
        for scale_mm in (12.0, 7.0, 4.0, 2.5)
    ]
    return np.array(rows, dtype=np.float32)


def _axis(count: int, step_mm: float) -> FloatArray:
    axis: FloatArray = (np.arange(count, dtype=np.float32) - (count - 1) / 2) * np.float32(step_mm)
    return axis
