"""`jrviewer predict` in a process of its own, with a small network, so that it can be killed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from jrviewer import cli
from jrviewer.model.joint_model import JointModel
from tests.support.small_network import small_net

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = "5c" * 32
NO_CLOUD = {"RescaleType": "US"}  # not HU: no cloud is made, which takes the longest

# The command line with random weights.
_SCRIPT = """
import sys
from jrviewer import cli
from jrviewer.model import load
from tests.batch.runs import small_model
load.load_model = lambda device="auto", **how: small_model()
if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[1:]))
"""


def small_model() -> JointModel:
    return JointModel("JointNet test", WEIGHTS, "CPU fp32", small_net(), 1.0)


def replace_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process use a small network with random weights."""
    monkeypatch.setattr("jrviewer.model.load.load_model", lambda device="auto": small_model())


def predict(out: Path, *arguments: object) -> int:
    given = [*map(str, arguments), "--out", str(out), "--only", "dcm", "--run-anyway"]
    return cli.main(["predict", *given])


class _Command(subprocess.Popen[str]):
    """A process that does not outlive a test that fails."""

    def __exit__(self, kind: type[BaseException] | None, *raised: Any) -> None:  # noqa: ANN401
        if kind is not None:
            self.kill()
        super().__exit__(kind, *raised)


def start(
    folder: Path, *arguments: object, within: Sequence[str] = (), first: str = ""
) -> "subprocess.Popen[str]":
    """The command line in another process; `within`: what it is started by; `first`: code that is
    run before it.
    """
    script = folder / "small.py"
    script.write_text(f"{first}\n{_SCRIPT}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return _Command(
        [*within, sys.executable, str(script), *map(str, arguments)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until(is_true: Callable[[], object], seconds: float = 60.0) -> None:
    """Look until something is true; fails where it never is."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def records(out: Path) -> list[dict[str, Any]]:
    """The slices of the manifest."""
    path = out / "manifest.jsonl"
    if not path.exists():
        return []
    lines = [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    found = [json.loads(line) for line in lines]
    return [one for one in found if one["outcome"] != "group"]


def derived(out: Path) -> list[Path]:
    return sorted(out.glob("*.denoised.dcm"))
