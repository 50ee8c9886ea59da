"""Records for tests, every argument with a value that a test may leave unsaid."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jrviewer.geometry import FloatArray, Plane
from jrviewer.network import Config
from jrviewer.records import Acquisition, Series, Slice, Source, SpacingSource, Unit, Window

SMALL = Config(
    widths=(8, 8, 16), deep_blocks=1, context_width=16, context_blocks=1, cloud_widths=(16, 8, 8)
)  # a real network, small enough for tests

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


def make_series(count: int = 3, step_mm: float = 5.0) -> Series:
    planes = [
        make_plane(origin_mm=(0, 0, step_mm * i), spacing_mm=(3.0, 3.0)) for i in range(count)
    ]
    slices = [make_slice(plane=plane, sha=f"{i:064d}") for i, plane in enumerate(planes)]
    return Series(tuple(slices), title="1 · CT · test")
