import json
from pathlib import Path

import pytest
import torch

from training.__main__ import main
from training.experiments.paper_network import (
    Denoiser,
    Joint,
    Reconstructor,
    Samples,
    chamfer,
    train,
)


def samples(count: int = 4) -> Samples:
    generator = torch.Generator().manual_seed(0)
    clean = torch.rand((count, 1, 128, 128), generator=generator)
    points = torch.rand((count, 1000, 3), generator=generator) * 2 - 1
    return Samples(clean + 0.3, clean, points)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a quick run of one seed left."""
    out = tmp_path_factory.mktemp("paper")
    assert main(["paper", "--quick", "--seeds", "1", "--json", str(out / "paper.json")]) == 0
    return out


@pytest.mark.slow
def test_the_table_stands_beside_the_papers_own_numbers(folder: Path) -> None:
    tables = json.loads((folder / "paper.json").read_text(encoding="utf-8"))

    assert tables["paper"]["joint"]["chamfer"] == {"mean": 0.0535, "std": 0.005}
    for method in ("joint", "sequential"):
        assert set(tables["ours"][method]) == {"psnr", "ssim", "chamfer_l1", "chamfer_squared"}
    assert "paper: joint | 10.00 ± 0.50 | 0.3370" in (folder / "paper.md").read_text("utf-8")


@pytest.mark.slow
def test_the_input_has_the_papers_ten_decibels(folder: Path) -> None:
    ours = json.loads((folder / "paper.json").read_text(encoding="utf-8"))["ours"]

    assert ours["input"]["psnr"]["mean"] == pytest.approx(9.9, abs=0.2)
    assert ours["black"]["psnr"]["mean"] > 8


@pytest.mark.slow
def test_two_draws_of_the_truth_are_closer_than_any_prediction(folder: Path) -> None:
    ours = json.loads((folder / "paper.json").read_text(encoding="utf-8"))["ours"]

    floor = ours["floor"]["chamfer_l1"]["mean"]
    assert all(floor < ours[m]["chamfer_l1"]["mean"] for m in ("joint", "sequential", "constant"))


@pytest.mark.slow
def test_three_figures_lie_beside_the_table(folder: Path) -> None:
    figures = json.loads((folder / "paper.json").read_text(encoding="utf-8"))["figures"]

    assert len(figures) == 3
    assert all((folder / name).read_bytes()[:4] == b"\x89PNG" for name in figures)


def test_both_definitions_of_the_chamfer_distance_are_right_by_hand() -> None:
    predicted = torch.tensor([[[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]]])
    true = torch.tensor([[[0.0, 0.0, 0.5]]])

    plain, squared = chamfer(predicted, true)

    assert plain.tolist() == [((0.5 + 1.5) / 2 + 0.5) / 2]
    assert squared.tolist() == [(0.25 + 2.25) / 2 + 0.25]


def test_four_samples_make_one_step_of_adam() -> None:
    network = Reconstructor()
    before = network.reconstruct.linear.bias.clone()

    train(network, samples(4), epochs=1, seed=0, after_epoch=lambda loss: None)

    moved = (network.reconstruct.linear.bias - before).abs().max().item()
    assert moved == pytest.approx(1e-5, rel=0.02)


def test_one_seed_trains_one_network() -> None:
    def trained() -> list[torch.Tensor]:
        torch.manual_seed(3)
        network = Denoiser()
        train(network, samples(2), epochs=1, seed=3, after_epoch=lambda loss: None)
        return list(network.parameters())

    assert all(torch.equal(a, b) for a, b in zip(trained(), trained(), strict=True))


def test_both_branches_of_the_joint_model_teach_the_shared_features() -> None:
    network, batch = Joint(), samples(1)
    first = next(network.features.parameters())

    def taught_by(term: str) -> float:
        network.zero_grad()
        network.terms(batch)[term].backward()
        assert first.grad is not None
        return float(first.grad.abs().sum())

    assert taught_by("mse") > 0
    assert taught_by("chamfer") > 0
