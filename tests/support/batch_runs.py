"""Inputs for `jrviewer predict`, and a run of it, where reader and network are replaced."""

import json
from pathlib import Path
from typing import Any

from jrviewer import cli


def write_inputs(folder: Path) -> Path:
    """A folder with a file of two slices, one of one, and an empty one."""
    folder.mkdir()
    (folder / "I10.dcm").write_text("Roe^Jane\nsecond")
    (folder / "Miller_J.dcm").write_text("Miller^John")
    (folder / "void.dcm").write_text("")
    return folder


def run_predict(out: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Its exit status and its report."""
    code = cli.main(["predict", *map(str, arguments), "--out", str(out)])
    return code, json.loads((out / "report.json").read_text())
