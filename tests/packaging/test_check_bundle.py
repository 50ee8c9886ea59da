"""The proof of a bundle, on a program that stands for one: this source, started by a script."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.slow,  # each starts a Python that loads torch
    pytest.mark.skipif(sys.platform != "linux", reason="bundles are proven on Linux"),
]


@pytest.fixture(scope="module")
def check_bundle() -> ModuleType:
    path = ROOT / "packaging" / "check_bundle.py"
    spec = importlib.util.spec_from_file_location("check_bundle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def program(folder: Path, setting: str = "") -> Path:
    """A folder with a program `JRViewer` that sets something before it starts."""
    folder.mkdir()
    script = folder / "JRViewer"
    start = f"PYTHONPATH={ROOT} {setting} exec {sys.executable} -m jrviewer"
    script.write_text(f'#!/bin/sh\n{start} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("setting", "fault"),
    [("", ""), ("OMP_WAIT_POLICY=ACTIVE", "OMP_WAIT_POLICY = 'PASSIVE'")],
)
def test_a_bundle_whose_threads_spin_while_they_wait_is_found_out(
    check_bundle: ModuleType, tmp_path: Path, setting: str, fault: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    bundle = check_bundle.Bundle(program(tmp_path / "built", setting), home, same_user=True)

    found = check_bundle.waits(bundle)

    assert (fault in found) if fault else (found == "")
