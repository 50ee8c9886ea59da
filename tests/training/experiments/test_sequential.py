import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jrviewer.core.errors import JRViewerError
from jrviewer.model.network import Config, JointNet
from tests.support.small_network import small_net
from tests.training.support.pool_factory import TINY, of_steps, write_pairs, write_views
from tests.training.support.tiny_run import write_data
from training.data.pools import Pairs, Views
from training.experiments import sequential, sequential_arms
from training.experiments.sequential_table import tables_of
from training.preset import load_preset

SHORT = replace(TINY, cycles=of_steps(2), sigma_weight=0.0)


@pytest.fixture
def pools(tmp_path: Path) -> tuple[Pairs, Views]:
    pairs = Pairs(write_pairs(tmp_path / "pairs", size=sequential_arms.NOISE_SIDE))
    return pairs, Views(write_views(tmp_path / "views"))


def test_the_pair_has_as_many_parameters_as_the_joint_network() -> None:
    joint = load_preset("sequential").model
    sizes = sequential_arms.parameters(JointNet(sequential_arms.narrowed(joint)))

    pair = sum(sizes.values()) + sizes["encoder"]
    assert pair == pytest.approx(
        sum(sequential_arms.parameters(JointNet(joint)).values()), rel=0.01
    )


def test_both_ways_multiply_as_often() -> None:
    macs = sequential._sizes(load_preset("sequential"))["macs"]

    assert macs["pair"] == pytest.approx(macs["joint"], rel=0.01)


def test_a_noisy_image_is_the_clean_one_and_means_of_the_noise() -> None:
    clean = torch.full((1, 1, 128, 128), 40.0)
    clean[..., :64] = -990.0
    noise = torch.randn(1, 1, 256, 256, generator=torch.Generator().manual_seed(0)) * 60

    noisy = sequential_arms.seen_images(clean, noise, "noisy", small_net())

    means = noise.reshape(1, 1, 128, 2, 128, 2).mean(dim=(3, 5))
    assert torch.allclose(noisy, (clean + means).clamp(min=-1000), atol=1e-3)
    assert noisy.min() == -1000  # as the app's own canonical image
    assert sequential_arms.seen_images(clean, noise, "clean", small_net()) is clean


def test_a_denoised_image_has_been_through_the_denoiser() -> None:
    clean = torch.full((1, 1, 128, 128), 40.0)
    noise = torch.randn(1, 1, 256, 256, generator=torch.Generator().manual_seed(0)) * 60
    says_nothing, says_something = small_net(), small_net()
    with torch.no_grad():
        says_something.denoising.out.weight.normal_(std=0.5)

    noisy = sequential_arms.seen_images(clean, noise, "noisy", says_nothing)
    untouched, changed = (
        sequential_arms.seen_images(clean, noise, "denoised", net)
        for net in (says_nothing, says_something)
    )

    assert torch.allclose(noisy, untouched, atol=1e-3)
    assert (noisy - changed).abs().mean() > 0.1


def test_an_arm_moves_the_half_that_it_trains_alone(
    tmp_path: Path, pools: tuple[Pairs, Views]
) -> None:
    nets = {
        name: sequential_arms.train(name, SHORT, *pools, tmp_path / "runs")
        for name in sequential_arms.ARMS
    }
    sizes = sequential_arms.narrowed(SHORT.model)
    torch.manual_seed(SHORT.seed)
    start = JointNet(sizes)

    assert same(nets["s1"].denoising, start.denoising)
    assert same(nets["denoiser"].cloud, start.cloud)
    assert not same(nets["s1"].cloud, start.cloud)
    assert not same(nets["denoiser"].denoising, start.denoising)
    assert not same(nets["s1"].cloud, nets["s3"].cloud)
    assert not same(nets["joint"].cloud, nets["joint_denoised"].cloud)


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_all_arms_of_a_seed_draw_the_same_views_and_crops(
    tmp_path: Path, pools: tuple[Pairs, Views], monkeypatch: pytest.MonkeyPatch
) -> None:
    crops, views = remembered(Pairs, monkeypatch), remembered(Views, monkeypatch)

    for name in ("denoiser", "s1", "joint"):
        sequential_arms.train(name, SHORT, *pools, tmp_path / "runs")

    assert len(crops) == len(views) == 2 * SHORT.steps
    assert crops[: SHORT.steps] == crops[SHORT.steps :]
    assert views[: SHORT.steps] == views[SHORT.steps :]
    assert len(set(views)) == SHORT.steps


def remembered(pool: type[Pairs | Views], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """One number of every batch that will be drawn from a kind of pool."""
    found: list[float] = []
    original = pool.draw

    def draw(self: object, *arguments: object) -> tuple[torch.Tensor, ...]:
        batch = original(self, *arguments)  # type: ignore[arg-type]
        found.append(float(batch[1].sum()))
        return batch

    monkeypatch.setattr(pool, "draw", draw)
    return found


def test_a_run_with_other_settings_is_refused(tmp_path: Path, pools: tuple[Pairs, Views]) -> None:
    sequential_arms.train("s3", SHORT, *pools, tmp_path)

    with pytest.raises(JRViewerError, match="--out"):
        sequential_arms.train("s3", replace(SHORT, sharpness=1.0), *pools, tmp_path)


def rows(route: str, values: dict[tuple[int, str], float]) -> list[dict[str, Any]]:
    return [
        {"seed": seed, "patient": patient, "region": "chest", "route": route, "L1_mm": value}
        for (seed, patient), value in values.items()
    ]


def test_seeds_have_a_spread_and_patients_are_compared_with_themselves() -> None:
    joint = {(1, "a"): 5.0, (1, "b"): 9.0, (2, "a"): 7.0, (2, "b"): 9.0}
    s2 = {(1, "a"): 6.0, (1, "b"): 10.0, (2, "a"): 8.0, (2, "b"): 12.0}

    tables = tables_of([*rows("joint", joint), *rows("s2", s2)], seed=0)

    assert tables["routes"]["joint"]["L1_mm"]["by_seed"] == [7.0, 8.0]
    assert tables["routes"]["joint"]["L1_mm"]["std"] == pytest.approx(np.sqrt(0.5))
    (difference,) = tables["differences"].values()
    assert difference["L1_mm"]["mean"] == pytest.approx(-1.5)  # a: −1 and −1, b: −1 and −3
    assert difference["L1_mm"]["by_seed"] == [-1.0, -2.0]
    assert difference["L1_mm"]["ci"] == pytest.approx([-2.0, -1.0])


@pytest.mark.slow
def test_the_command_resumes_where_it_stopped_and_gives_the_same_table(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    parser = argparse.ArgumentParser()
    sequential.add_arguments(parser)
    words = ["--data", str(data), "--seeds", "1", "--quick", "--json", str(tmp_path / "t.json")]
    words += ["--out", str(tmp_path / "runs"), "--cache", str(tmp_path / "cache")]
    args = parser.parse_args(words)

    assert sequential.run(args) == 0
    first = json.loads(args.json.read_text(encoding="utf-8"))
    assert sequential.run(args) == 0

    assert json.loads(args.json.read_text(encoding="utf-8")) == first
    assert set(first["routes"]) == {*sequential.ROUTES, "floor"}
    assert first["routes"]["s1"]["psnr"] != first["routes"]["joint"]["psnr"]
    assert Config.from_values(first["preset"]["model"]) == load_preset("sequential").model
