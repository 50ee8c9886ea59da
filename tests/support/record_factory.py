"""Records for tests, every argument with a value that a test may leave unsaid."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray, Plane, canonical_box
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import (
    Acquisition,
    Cloud,
    Finding,
    Series,
    Slice,
    Source,
    SpacingSource,
    Structure,
    Unit,
    Window,
)
from jrviewer.imaging import residual_check

Vector = tuple[float, float, float]


def make_plane(
    origin_mm: Vector = (0, 0, 0),
    along_row: Vector = (1, 0, 0),
    along_column: Vector = (0, 1, 0),
    spacing_mm: tuple[float, float] = (1.0, 1.0),
) -> Plane:
    return Plane(
        np.array(origin_mm, dtype=float),
        np.array(along_row, dtype=float),
        np.array(along_column, dtype=float),
        spacing_mm,
    )


def body_image(rows: int = 128, columns: int = 128) -> FloatArray:
    """HU of an oval body with a lung and a vertebra in air: no anatomy, but every structure."""
    row, column = np.mgrid[:rows, :columns]
    y, x = (row + 0.5) / rows * 2 - 1, (column + 0.5) / columns * 2 - 1
    image = np.full((rows, columns), -1000.0, dtype=np.float32)
    image[(x / 0.8) ** 2 + (y / 0.6) ** 2 < 1] = 40.0
    image[((x + 0.4) / 0.25) ** 2 + (y / 0.35) ** 2 < 1] = -850.0
    image[(x / 0.12) ** 2 + ((y - 0.35) / 0.12) ** 2 < 1] = 600.0
    return image


def make_slice(
    pixels: FloatArray | None = None,
    plane: Plane | None = None,
    unit: Unit = "HU",
    modality: str = "CT",
    spacing_source: SpacingSource = "pixel",
    windows: Sequence[Window] = (Window(40, 400),),
    sha: str = "0" * 64,
) -> Slice:
    return Slice(
        pixels=body_image() if pixels is None else np.array(pixels, dtype=np.float32),
        unit=unit,
        plane=plane or make_plane(spacing_mm=(3.0, 3.0)),
        spacing_source=spacing_source,
        has_position=True,
        source=Source(Path("slice.dcm"), sop_instance_uid="1.2.3", pixels_sha256=sha),
        acquisition=Acquisition(
            modality=modality,
            photometric="MONOCHROME2",
            image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
        ),
        windows=tuple(windows),
    )


def slice_named(name: str, *identifiers: str, member: str = "") -> Slice:
    source = Source(Path("folder") / name, member=member, identifiers=frozenset(identifiers))
    return replace(make_slice(), source=source)


def make_series(count: int = 3, step_mm: float = 5.0) -> Series:
    planes = [
        make_plane(origin_mm=(0, 0, step_mm * i), spacing_mm=(3.0, 3.0)) for i in range(count)
    ]
    slices = [make_slice(plane=plane, sha=f"{i:064d}") for i, plane in enumerate(planes)]
    return Series(tuple(slices), title="1 · CT · test")


def make_cloud(plane: Plane, count: int = 1024, seed: int = 0) -> Cloud:
    """Points of all three structures scattered in the box, each with its own sigma."""
    random = np.random.default_rng(seed)
    box = canonical_box(plane, (64.0, 64.0))
    in_box = random.uniform(-1, 1, (count, 3)) * (0.7, 0.5, 0.28)
    sigma = random.uniform(1, 9, count)
    directions = random.normal(size=(count, 3))
    return Cloud(
        points=box.to_patient(in_box).astype(np.float32),
        labels=(np.arange(count) % len(Structure)).astype(np.uint8),
        sigma=sigma.astype(np.float32),
        unit="mm",
        box=box,
        normals=(directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32),
    )


def make_normalized_cloud(plane: Plane, count: int = 1024) -> Cloud:
    """The cloud of a slice without a spacing."""
    cloud = make_cloud(plane, count)
    return Cloud(
        points=cloud.box.to_box(cloud.points).astype(np.float32),
        labels=cloud.labels,
        sigma=cloud.sigma / np.float32(BOX_HALF_WIDTH_MM),
        unit="normalized",
        box=cloud.box,
        normals=(cloud.normals @ cloud.box.axes.T).astype(np.float32),
    )


def make_prediction(
    slice_: Slice | None = None,
    cloud: Cloud | None = None,
    findings: Sequence[Finding] = (),
    overridden: bool = False,
    weights_sha256: str = "ab" * 32,
) -> Prediction:
    """A denoised slice and clouds of 1024 and 4096 points that no network has made."""
    slice_ = slice_ or make_slice()
    return Prediction(
        slice=slice_,
        fully_denoised=(slice_.pixels * np.float32(0.5)).astype(np.float32),
        cloud=cloud or make_cloud(slice_.plane),
        check_residual=residual_check.check_removed,
        sample_dense=partial(make_cloud, slice_.plane, 4096, seed=1),
        no_cloud_reason="",
        model="JointNet 0.0",
        weights_sha256=weights_sha256,
        device="CPU fp32",
        seconds=0.25,
        findings=tuple(findings),
        overridden=overridden,
    )


ERASED_AT = (64, 52)  # row, column


def make_erased(
    slice_: Slice | None = None,
    places: Sequence[tuple[int, int]] = (ERASED_AT,),
    weights_sha256: str = "ab" * 32,
) -> Prediction:
    """What a doctored denoiser makes of a noisy slice (rows and columns 3 mm apart by default): it
    takes the noise, and at each place a bright ball of 15 mm with it.
    """
    slice_ = slice_ or make_slice()
    clean, noise = slice_.pixels, np.random.default_rng(1).normal(0, 12, slice_.shape)
    rows, columns = np.ogrid[: slice_.shape[0], : slice_.shape[1]]
    steps = slice_.plane.spacing_mm
    lost = np.zeros(slice_.shape, np.float32)
    for row, column in places:
        across = np.hypot((rows - row) * steps[0], (columns - column) * steps[1])
        lost += 120 * np.clip(7.5 - across, 0, 1)
    noisy = replace(slice_, pixels=(clean + noise + lost).astype(np.float32))
    made = make_prediction(noisy, weights_sha256=weights_sha256)
    return replace(made, fully_denoised=clean.copy())
