"""The pictures of the model card: of a real slice, never of a head."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jrviewer.core.errors import JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.resources import resource
from tests.support.cloud_factory import make_cloud_prediction
from training.release.card import LIMITS
from training.release.card_page import as_markdown
from training.release.card_pictures import PART, draw


def chest(body_part: str = "CHEST") -> Prediction:
    """A prediction whose slice is larger than the part that is shown, 40 HU lighter before."""
    small = make_cloud_prediction(body_part=body_part)
    pixels = np.full((300, 320), -1000, np.float32)
    pixels[20:280, 20:300] = 40
    return replace(
        small,
        slice=replace(small.slice, pixels=pixels),
        fully_denoised=pixels - np.where(pixels > 0, np.float32(40), np.float32(0)),
    )


def test_the_parts_and_the_cloud_are_drawn_and_described(tmp_path: Path) -> None:
    pictures = draw(chest(), tmp_path / "new", "slice 3 of Archive A, CC0")

    parts, cloud = (np.asarray(Image.open(tmp_path / "new" / one["file"])) for one in pictures)
    assert parts.shape[1] > 3 * PART
    assert (
        parts[40:200, PART - 40] == 121
    ).all()  # (40 - 49.5) / 349 + 0.5 of 255: PS3.3 C.11.2.1.2
    assert (parts[40:200, -60] == 255).all()  # 40 HU were removed
    assert cloud.ndim == 2  # of few colours, so a small file
    assert "slice 3 of Archive A, CC0" in pictures[0]["words"]


def test_no_picture_is_made_of_a_head(tmp_path: Path) -> None:
    with pytest.raises(JRViewerError, match="no picture of a face"):
        draw(chest("HEAD"), tmp_path, "a head")

    assert not list(tmp_path.iterdir())


def test_the_bundled_card_shows_its_pictures_and_is_made_of_its_fields() -> None:
    card = json.loads(resource("model/card.json").read_text("utf-8"))

    assert resource("model/card.md").read_text("utf-8") == as_markdown(card)
    for one in card.get("pictures", []):
        Image.open(resource(f"model/{one['file']}")).verify()


def test_the_bundled_card_tells_every_limit() -> None:
    card = json.loads(resource("model/card.json").read_text("utf-8"))

    assert set(LIMITS) <= set(card["limits"])


def test_the_page_counts_volumes_closes_brackets_and_names_methods_in_words() -> None:
    card = json.loads(resource("model/card.json").read_text("utf-8"))
    card["data"] = [{"source": "A", "licence": "not stated (the collection is CC0", "volumes": 1}]

    page = as_markdown(card)

    assert "- A, 1 volume: not stated (the collection is CC0)" in page
    assert "| JRViewer, 1024 points | 6." in page
    assert "| MR as CT | 100 % |" in page
    assert "mean_shape" not in page
