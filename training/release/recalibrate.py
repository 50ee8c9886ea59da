"""Another calibration into finished weights, without the run that made them: the network's own
numbers stay as they are, bit by bit.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from jrviewer.core.geometry import FloatArray
from jrviewer.model.load import FAMILIAR
from training.release.card import expected_numbers, figures
from training.release.card_page import as_markdown
from training.release.checkpoint import WEIGHTS

CARD = "card.json"
PAGE = "card.md"


def recalibrate(
    folder: Path,
    calibration: Mapping[str, Any],
    familiarity: Mapping[str, FloatArray],
    evaluation: Mapping[str, Any] | None = None,
) -> None:
    """Put factors of sigma and statistics of the input check into a folder's weights, and what
    follows of them into its card, with the figures of an evaluation if there is one.
    """
    path = folder / WEIGHTS
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["jrviewer"])
    about["sigma_factors"] = calibration["sigma_factors"]
    tensors = {k: v for k, v in load_file(path).items() if not k.startswith(FAMILIAR)}
    tensors |= {FAMILIAR + name: torch.from_numpy(one) for name, one in familiarity.items()}
    unfinished = path.with_suffix(".part")
    save_file(tensors, unfinished, metadata={"jrviewer": json.dumps(about)})
    unfinished.chmod(0o644)
    unfinished.replace(path)
    card = json.loads((folder / CARD).read_text("utf-8"))
    card["weights_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    card["calibration"] = calibration
    card["expected"] = expected_numbers(path)
    if evaluation is not None:
        card["figures"] = card.get("figures", {}) | figures(evaluation)
    write_card(folder, card)


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """The card as JSON, and as a page."""
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / PAGE).write_text(as_markdown(card), "utf-8")
