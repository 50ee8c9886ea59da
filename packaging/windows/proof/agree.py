"""Whether two systems made the same of a slice: `agree.py FOLDER FOLDER`, both from `predict`.

Asks for what the app promises: denoised pixels that are equal within one stored value, and clouds
of which 99 of 100 points have one of the same kind in the other within 0.1 mm, both ways.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import trimesh
from scipy.spatial import cKDTree

NEAR_MM = 0.1
LEAST_SHARE = 0.99
APART_MM = 1e4  # so far apart lie points of different kinds


def main(first: Path, second: Path) -> None:
    """Print both figures; end with a sentence where they are worse than promised."""
    pixels = [pydicom.dcmread(file).pixel_array.astype(int) for file in both(first, second, "dcm")]
    difference = int(np.abs(pixels[0] - pixels[1]).max())
    here, there = (points(file) for file in both(first, second, "ply"))
    share = min(share_near(here, there), share_near(there, here))
    sys.stdout.write(
        f"Denoised pixels differ by {difference} stored values at most; {share:.2%} of "
        f"{len(here)} points lie within {NEAR_MM} mm of the other system's.\n"
    )
    if difference > 1 or share < LEAST_SHARE:
        raise SystemExit("This is less than the app promises.")


def both(first: Path, second: Path, ending: str) -> list[Path]:
    """The file with this ending in either folder."""
    found = [sorted(folder.glob(f"*.{ending}")) for folder in (first, second)]
    if [len(files) for files in found] != [1, 1]:
        raise SystemExit(f"Both folders must hold one .{ending}.")
    return [files[0] for files in found]


def points(file: Path) -> npt.NDArray[np.float64]:
    """(N, 4): x, y, z in mm, and the colour of the kind as a distance."""
    cloud: Any = trimesh.load(file)
    colours = np.asarray(cloud.colors, np.float64)[:, :3] @ np.array((65536.0, 256.0, 1.0))
    return np.c_[np.asarray(cloud.vertices, np.float64), colours * APART_MM]


def share_near(of: npt.NDArray[np.float64], to: npt.NDArray[np.float64]) -> float:
    """The share of points that have one of the others within NEAR_MM."""
    return float(np.mean(cKDTree(to).query(of)[0] < NEAR_MM))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
