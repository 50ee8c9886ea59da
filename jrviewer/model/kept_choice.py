"""The precision that the network runs in on this computer's CPU, kept from start to start.

Precision changes results by a fraction of a HU and moves points of the cloud, so it is chosen once
for a computer and its weights, and stays until somebody asks for a new choice: the same slice gives
the same numbers tomorrow. Holds nothing of any patient.
"""

import hashlib
import json
import platform
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs
import torch

from jrviewer.core.atomic_write import replace_file
from jrviewer.core.errors import ExportError

Precision = Literal["fp32", "bf16", "int8"]
FILE = "cpu-choice.json"
MOST_KEPT = 20  # choices of other weights and versions; the oldest goes


def path() -> Path:
    """The file in the user's own settings folder."""
    return platformdirs.user_config_path("jrviewer", appauthor=False) / FILE


def recall(weights_sha256: str) -> Precision | None:
    """What was chosen for these weights on this computer; None where nothing usable is kept."""
    kept = _read().get(_key(weights_sha256))
    choice = kept.get("precision") if isinstance(kept, dict) else None
    return next((one for one in get_args(Precision) if one == choice), None)


def keep(weights_sha256: str, precision: Precision) -> bool:
    """Keep a choice; whether that worked. Without a place to write, every start chooses anew."""
    kept = _read()
    kept.pop(_key(weights_sha256), None)
    kept[_key(weights_sha256)] = {"precision": precision}
    newest = dict(list(kept.items())[-MOST_KEPT:])
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        replace_file(path(), (json.dumps(newest, indent=1) + "\n").encode())
    except (OSError, ExportError):
        return False
    return True


def forget() -> None:
    """Let the next start choose anew, for all weights."""
    path().unlink(missing_ok=True)


def _key(weights_sha256: str) -> str:
    """What a choice depends on: weights, processor, torch."""
    parts = (weights_sha256, platform.machine(), torch.__version__, torch.cpu.get_capabilities())
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _read() -> dict[str, Any]:
    """Everything that is kept; nothing where the file is missing or not ours."""
    try:
        found = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
