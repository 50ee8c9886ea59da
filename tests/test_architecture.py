import subprocess
import sys
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]


def test_imports_only_go_down() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml")) == 0


def test_the_command_line_imports_no_qt() -> None:
    code = "import sys, jrviewer.cli; sys.exit(bool({'PySide6', 'qtpy'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_window_imports_nothing_of_node_or_cluster() -> None:
    code = (
        "import sys, jrviewer.__main__, jrviewer.ui.app\n"
        "network = {'pynetdicom', 'dicomweb_client', 'requests', 'distributed', 'dask'}\n"
        "ours = {'jrviewer.batch.node', 'jrviewer.batch.cluster'}\n"
        "sys.exit(bool((network | ours) & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_packaging_is_no_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
