import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.tour.__main__ import TOOLS

ROOT = Path(__file__).resolve().parents[2]
STATES = ("empty", "drag-over", "loading", "series", "running", "drag-over-3d", "error")

ABSENT = [tool for tool in (*TOOLS, "xvfb-run") if shutil.which(tool) is None]


@pytest.mark.slow
@pytest.mark.vtk
@pytest.mark.skipif(bool(ABSENT), reason=f"the tour needs {', '.join(ABSENT)}")
def test_files_dragged_from_another_program_are_opened_run_and_refused(tmp_path: Path) -> None:
    """One scene of eight, on a display of its own; `python -m tests.tour` has them all."""
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
    tour = [sys.executable, "-m", "tests.tour", str(tmp_path), "opening"]

    ended = subprocess.run([*screen, *tour], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    pictures = [Image.open(tmp_path / f"{state}.png").convert("L") for state in STATES]
    for one, other in pairwise(pictures):
        assert ImageChops.difference(one, other).getbbox() is not None


@pytest.mark.slow
def test_without_its_tools_the_tour_says_what_is_missing(tmp_path: Path) -> None:
    tour = [sys.executable, "-m", "tests.tour", str(tmp_path)]

    ended = subprocess.run(
        tour, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    for tool in (*TOOLS, "a display"):
        assert tool in ended.stderr
