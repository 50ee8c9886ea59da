"""What can be said of the bundle without building it."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import jrviewer

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGING = ROOT / "packaging"
LOCK = (PACKAGING / "requirements.lock").read_text("utf-8")
PINS = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", LOCK, re.MULTILINE))


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, PACKAGING / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


recipe = load("recipe.py")


def test_training_and_tests_stay_out_of_the_bundle() -> None:
    assert {"training", "tests", "pytest", "lightning_fabric"} <= set(recipe.EXCLUDED)


def test_nothing_that_torch_or_pydicom_need_at_import_is_left_out() -> None:
    for needed in ("torch.testing", "torchgen", "torch.distributed", "pydicom.data"):
        assert needed not in recipe.EXCLUDED
    assert recipe.is_wanted("torch/bin/torch_shm_manager")
    assert recipe.is_wanted("pydicom/data/urls.json")


def test_leftovers_of_development_are_unwanted() -> None:
    assert not recipe.is_wanted("torch\\include\\ATen\\ATen.h")
    assert not recipe.is_wanted("torch/lib/libtorch.a")
    assert recipe.is_wanted("resources/model/joint.safetensors")


def test_every_requirement_of_the_app_is_pinned_with_hashes_but_torch() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
    wanted = set(re.findall(r'"([A-Za-z0-9_-]+)', block)) - {"torch"}

    assert wanted <= set(PINS)
    assert "torch" not in PINS
    assert LOCK.count("==") <= LOCK.count("--hash=sha256:")


def test_exact_pins_are_the_same_in_the_lock() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for name in ("pyside6-essentials", "shiboken6"):
        assert f'"{name}=={PINS[name]}"' in text


def test_the_lock_names_no_index() -> None:
    assert not re.search(r"https?:|--index|--find-links|file:", LOCK)


@pytest.mark.skipif(sys.platform != "linux", reason="a Debian package is made on Linux")
def test_the_debian_package_has_the_apps_version_and_the_readmes_libraries() -> None:
    deb = load("linux/deb.py")
    readme = (ROOT / "README.md").read_text("utf-8")

    if shutil.which("dpkg"):
        assert f"Version: {jrviewer.__version__}\n" in deb.control(1)
    assert deb.version() == jrviewer.__version__
    line = re.search(r"^sudo apt-get install -y (.+)$", readme, re.MULTILINE)
    assert line is not None
    libraries = {name for name in line.group(1).split() if name.startswith("lib")}
    assert libraries <= set(deb.DEPENDS)


def test_the_window_is_offered_for_dicom_files() -> None:
    entry = (PACKAGING / "linux/jrviewer.desktop").read_text("utf-8")
    assert "MimeType=application/dicom;" in entry
    assert "Exec=jrviewer %F" in entry
    if validate := shutil.which("desktop-file-validate"):
        subprocess.run([validate, str(PACKAGING / "linux/jrviewer.desktop")], check=True)


def test_macos_offers_it_for_dicom_files_too() -> None:
    information = recipe.mac_information("1.2.3")
    (kind,) = information["CFBundleDocumentTypes"]
    assert "org.nema.dicom" in kind["LSItemContentTypes"]
    assert information["CFBundleShortVersionString"] == "1.2.3"


def test_windows_shows_the_version_and_the_notice() -> None:
    text = load("version_info.py").text("1.2.3")
    assert "filevers=(1, 2, 3, 0)" in text
    assert jrviewer.NOTICE in text


def test_licences_are_looked_for_in_everything_that_the_app_needs() -> None:
    needed = load("licences.py").needed()
    assert {"torch", "vtk", "pydicom", "matplotlib", "numpy"} <= needed
    assert "pytest" not in needed
