import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.__main__ import main
from training.evaluate.reliability import draw

HONEST = {"50%": 0.5, "68%": 0.68, "90%": 0.9}
DEPTHS = {"0-8": 0.9, "8-24": 0.88}


def blue(path: Path) -> np.ndarray:
    """Where the curve and the bars are drawn."""
    with Image.open(path) as picture:
        red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), dtype=int), -1, 0)
    return (blue > red + 80) & (blue > green + 20)


def test_an_overconfident_sigma_is_drawn_below_a_calibrated_one(tmp_path: Path) -> None:
    heights = []
    for name, factor in (("honest", 1.0), ("overconfident", 0.6)):
        shares = {promised: factor * seen for promised, seen in HONEST.items()}
        draw({"reliability": shares, "by_depth_mm": DEPTHS}, tmp_path / f"{name}.png")
        drawn = blue(tmp_path / f"{name}.png")
        heights.append(np.flatnonzero(drawn[:, : drawn.shape[1] // 2].any(axis=1)).max())

    assert heights[0] < heights[1]


def test_the_command_draws_what_evaluate_has_written(tmp_path: Path) -> None:
    scores = {"uncertainty": {"reliability": HONEST, "by_depth_mm": DEPTHS}}
    (tmp_path / "scores.json").write_text(json.dumps(scores))

    arguments = ["--json", str(tmp_path / "scores.json"), "--out", str(tmp_path / "picture.png")]
    assert main(["reliability", *arguments]) == 0

    assert blue(tmp_path / "picture.png").any()


def test_scores_without_a_sigma_are_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scores.json").write_text("{}")

    assert main(["reliability", "--json", str(tmp_path / "scores.json")]) == 1
    assert "scores no uncertainty" in capsys.readouterr().err
