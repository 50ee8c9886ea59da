"""Pools small enough to train on in a test, and a preset that does."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support.record_factory import body_image
from tests.support.small_network import SMALL
from training.data.pools import Pairs, Views
from training.preset import Cycle, Preset

TINY = Preset(
    name="tiny",
    model=SMALL,
    cycles=(Cycle(steps=4, crops=2, views=2, share={"chest": 1.0}),),
    crop_pixels=32,
    points=64,
    phantoms=1,
    phantom_pairs=2,
)

# Shares of one size for two processes. Without sigma: the cells that it looks at are drawn by each
# process for itself. At a rate of learning that shows within a few steps; then one part alone.
EVEN = replace(
    TINY,
    cycles=(
        replace(TINY.cycles[0], crops=4, views=4, steps=20),
        replace(TINY.cycles[0], crops=4, views=4, steps=4, learns=("cloud",)),
    ),
    sigma_weight=0.0,
)

NOW_AND_THEN = replace(EVEN, cycles=(replace(EVEN.cycles[0], steps=4, views_every=2),))


def of_steps(*steps: int, contrast_weight: float = 0.0) -> tuple[Cycle, ...]:
    """As many small cycles as numbers of steps."""
    cycle = replace(TINY.cycles[0], contrast_weight=contrast_weight)
    return tuple(replace(cycle, steps=count) for count in steps)


def write_pairs(folder: Path, count: int = 3, size: int = 64) -> Path:
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    clean = np.stack([body_image(size, size)] * count).astype(np.int16)
    noise = random.normal(0, 40, clean.shape).astype(np.float16)
    np.save(folder / f"clean_{size}.npy", clean)
    np.save(folder / f"noise_{size}.npy", noise)
    entries = [{"name": f"p{i}", "size": size, "row": i} for i in range(count)]
    (folder / "index.json").write_text(json.dumps(entries))
    return folder


def write_views(folder: Path, region: str = "chest", count: int = 2) -> Path:
    folder.mkdir(parents=True)
    random = np.random.default_rng(1)
    np.save(folder / "v.images.npy", np.stack([body_image()] * count).astype(np.int16))
    points = random.uniform(-0.25, 0.25, (count, 200, 3)).astype(np.float16)
    np.save(folder / "v.points.npy", points)
    np.save(folder / "v.labels.npy", random.integers(0, 3, (count, 200)).astype(np.uint8))
    np.save(folder / "v.z_range.npy", np.full((count, 2), (-0.25, 0.25), dtype=np.float32))
    row = {"name": "v", "patient": "v", "region": region, "indices": list(range(count))}
    (folder / "index.json").write_text(json.dumps({"volumes": [row]}))
    return folder


def tiny_pools(folder: Path) -> tuple[Pairs, Views]:
    pairs = Pairs(write_pairs(folder / "pairs"))
    return pairs, Views(write_views(folder / "views"))
