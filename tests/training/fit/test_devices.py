import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from tests.training.support.pool_factory import EVEN, NOW_AND_THEN, tiny_pools
from training.fit.fit import fit

pytestmark = pytest.mark.slow  # starts two processes

ROOT = Path(__file__).parents[3]
LOSSES = ("loss/denoising", "loss/surface")  # sigma's cells are drawn by each process for itself


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`even-1` of this process, `even-2` of two processes that talk through gloo."""
    out = tmp_path_factory.mktemp("devices")
    pools = tiny_pools(out)
    fit(EVEN, *pools, out / "even-1", quiet=True)
    fit_in_two_processes(out, "even")
    return out


def fit_in_two_processes(out: Path, preset: str) -> None:
    command = [sys.executable, "-m", "tests.training.support.two_processes", str(out), preset]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr


def flat(folder: Path, part: str) -> torch.Tensor:
    state = torch.load(folder / "last.ckpt", weights_only=True)[part]
    return torch.cat([state[name].double().flatten() for name in sorted(state)])


def losses(folder: Path) -> dict[str, float]:
    (path,) = (folder / "log").glob("events.*")
    values = [value for event in EventFileLoader(str(path)).Load() for value in event.summary.value]
    return {value.tag: value.tensor.float_val[0] for value in values if value.tag in LOSSES}


def test_two_processes_end_with_the_weights_of_one(folder: Path, tmp_path: Path) -> None:
    path = fit(EVEN, *tiny_pools(tmp_path), tmp_path / "start", minutes=0.0, quiet=True)
    start = flat(path.parent, "net")

    one, two = (flat(folder / name, "net") - start for name in ("even-1", "even-2"))

    assert one.norm() > 0.01
    assert (two - one).norm() < 1e-3 * one.norm()


def test_two_processes_average_the_weights_as_one_does(folder: Path) -> None:
    one, two = (flat(folder / name, "average") for name in ("even-1", "even-2"))

    assert torch.allclose(one, two, rtol=0, atol=1e-4)  # a twentieth of one step


def test_two_processes_log_the_losses_of_one_once(folder: Path) -> None:
    one, two = (losses(folder / name) for name in ("even-1", "even-2"))

    assert set(one) == set(LOSSES)
    assert two == pytest.approx(one, rel=1e-3)


def test_two_processes_go_on_where_a_step_holds_no_views(tmp_path: Path) -> None:
    tiny_pools(tmp_path)

    fit_in_two_processes(tmp_path, "now-and-then")

    path = tmp_path / "now-and-then-2" / "last.ckpt"
    assert torch.load(path, weights_only=True)["step"] == NOW_AND_THEN.steps
