"""What can be said of the bundle without building it."""

import importlib.util
import os
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


def test_what_marching_cubes_imports_by_name_goes_in_with_the_stubs_that_name_it() -> None:
    code = "import sys; from skimage.measure import marching_cubes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith("skimage.measure._")}

    assert loaded
    assert loaded <= set(recipe.HIDDEN)
    assert recipe.is_wanted("skimage/measure/__init__.pyi")
    assert not recipe.is_wanted("torch/__init__.pyi")


def test_of_cvista_stays_what_loads_without_its_readers_and_writers() -> None:
    assert recipe.is_cvistas_own("cvista.vtkRenderingCore")
    assert not recipe.is_cvistas_own("cvista.vtkIOExport")
    assert not recipe.is_cvistas_own("cvista.vtkWebCore")


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
def test_the_debian_package_has_the_apps_version_and_the_libraries_of_a_run_from_source() -> None:
    deb = load("linux/deb.py")
    packages = (ROOT / ".ci" / "apt.txt").read_text("utf-8").split()

    if shutil.which("dpkg"):
        assert f"Version: {jrviewer.__version__}\n" in deb.control(1)
    assert deb.version() == jrviewer.__version__
    libraries = {name for name in packages if name.startswith("lib")}
    assert libraries
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


def test_a_library_stays_where_anything_that_stays_is_linked_with_it_step_by_step() -> None:
    slim = load("slim.py")
    module = Path("_internal/cvista/vtkA.cpython-311-x86_64-linux-gnu.so")
    first, second, lost = (Path(f"_internal/lib{name}.so.1") for name in "abc")
    needed = {module: {"liba.so.1"}, first: {"libb.so.1"}, second: set(), lost: {"liba.so.1"}}

    assert slim.reached([module], needed) == {module, first, second}


def test_programs_modules_and_plugins_stay_though_nothing_is_linked_with_them() -> None:
    slim = load("slim.py")
    for name in (
        "JRViewer",
        "_internal/libpython3.11.so.1.0",
        "_internal/PySide6/QtCore.abi3.so",
        "_internal/PySide6/Qt/plugins/platforms/libqxcb.so",
        "_internal/torch/lib/libtorch_global_deps.so",
        "_internal/torch/lib/libtorch_cuda_linalg.so",
        "_internal/nvidia/cudnn/lib/libcudnn_graph.so.9",
    ):
        assert not slim.is_library(Path(name))
    assert slim.is_library(Path("_internal/libgio-2.0.so.0"))


def test_a_compiled_module_is_known_by_its_place_in_the_bundle() -> None:
    path = Path("scipy/linalg/_flapack.cpython-311-x86_64-linux-gnu.so")
    assert load("slim.py").module_name(path) == "scipy.linalg._flapack"


def test_licences_are_looked_for_in_everything_that_the_app_needs() -> None:
    needed = load("licences.py").needed()
    assert {"torch", "cvista-rendering", "vtk", "pydicom", "matplotlib", "numpy"} <= needed
    assert "pytest" not in needed


def test_the_lock_brings_one_vtk_and_the_lock_s_maker_keeps_it_so() -> None:
    assert "cvista-rendering" in PINS
    assert "vtk" not in PINS
    assert "--no-emit-package vtk" in (PACKAGING / "lock.sh").read_text("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="what a signal does, Windows tells by its exit code")
def test_a_probe_that_opengl_ends_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, dying = load("probe.py"), tmp_path / "dying.py"
    dying.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "utf-8")
    monkeypatch.setattr(probe, "__file__", str(dying))

    with pytest.raises(SystemExit, match="no OpenGL"):
        probe.main()


def test_a_probe_that_fails_for_another_reason_keeps_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, failing = load("probe.py"), tmp_path / "failing.py"
    failing.write_text("raise SystemExit(3)", "utf-8")
    monkeypatch.setattr(probe, "__file__", str(failing))

    with pytest.raises(SystemExit) as ended:
        probe.main()

    assert ended.value.code == 3


@pytest.mark.parametrize(
    ("told", "is_fine"),
    [
        ("No broken requirements found.", True),
        ("pyvista 0.49.1 requires vtk, which is not installed.", True),
        ("pyvista 0.49.1 requires scooby, which is not installed.", False),
    ],
)
def test_the_build_s_environment_may_lack_vtk_alone(
    told: str, is_fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = load("build.py")
    done = subprocess.CompletedProcess([], int("requires" in told), f"{told}\n", "")
    monkeypatch.setattr(build.subprocess, "run", lambda *_, **__: done)

    if is_fine:
        build._check(Path("python"))
    else:
        with pytest.raises(SystemExit, match="scooby"):
            build._check(Path("python"))
