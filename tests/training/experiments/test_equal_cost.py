from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from jrviewer.core.progress import silent
from training.experiments.equal_cost import (
    MINUTES,
    STEPS,
    Batch,
    Course,
    Run,
    by_seed,
    of_budget,
    schedule,
)


class Line(nn.Module):
    """Learns y = a·x, and counts its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.randn(1))
        self.steps = 0

    def loss(self, x: Tensor, y: Tensor, random: torch.Generator) -> Tensor:
        self.steps += 1
        return (self.slope * x - y).abs().mean()


def draw(seed: int, step: int) -> Batch:
    x = torch.randn(16, generator=torch.Generator().manual_seed(1000 * seed + step))
    return x, 2 * x


def course(out: Path, seconds: str = '{"ours": 0.2, "slow": 0.8, "fast": 0.05}') -> Course:
    (out / "seconds.json").write_text(seconds, encoding="utf-8")
    return Course(
        make={"ours": Line, "slow": Line, "fast": Line},
        draw=draw,
        learning_rate=0.05,
        warm_up=4,
        out=out,
        report=silent,
    )


def test_all_take_ours_steps_and_then_as_many_as_fit_into_its_time(tmp_path: Path) -> None:
    runs = [(one.name, one.steps, one.budget) for one in course(tmp_path).runs(100, seed=1)]

    assert runs == [
        ("ours", 100, (STEPS, MINUTES)),
        ("slow", 100, (STEPS,)),
        ("slow", 25, (MINUTES,)),
        ("fast", 100, (STEPS,)),
        ("fast", 400, (MINUTES,)),
    ]


def test_a_run_learns(tmp_path: Path) -> None:
    net, minutes = course(tmp_path).trained(Run("ours", 1, 200, (STEPS,)))

    assert isinstance(net, Line)
    assert net.slope.item() == pytest.approx(2, abs=0.1)
    assert net.steps == 200
    assert minutes > 0


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    run = Run("ours", 1, 20, (STEPS,))
    first, minutes = course(tmp_path).trained(run)

    again, same = course(tmp_path).trained(run)

    assert isinstance(first, Line)
    assert isinstance(again, Line)
    assert again.steps == 0
    assert again.slope.item() == first.slope.item()
    assert same == minutes


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    run = Run("ours", 1, 20, (STEPS,))

    first = course(tmp_path).told(run, "value", lambda: {"v": 1})
    again = course(tmp_path).told(run, "value", lambda: {"v": 2})

    assert first == again == {"v": 1}
    assert course(tmp_path).told(run, "other", lambda: {"v": 3}) == {"v": 3}


def test_seconds_of_a_step_are_measured_where_they_are_not_known(tmp_path: Path) -> None:
    one = course(tmp_path)
    (tmp_path / "seconds.json").unlink()

    seconds = one.step_seconds()

    assert set(seconds) == {"ours", "slow", "fast"}
    assert all(0 < taken < 60 for taken in seconds.values())
    assert one.step_seconds() == seconds


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [schedule(step, 800, 100) for step in range(800)]

    assert max(rates) == pytest.approx(1, abs=0.05)
    assert rates[0] < 0.02
    assert rates[-1] == pytest.approx(0.02, abs=0.001)


def test_ours_stands_under_both_budgets() -> None:
    rows = [
        {"name": "ours", "budget": [STEPS, MINUTES], "x": 1.0},
        {"name": "slow", "budget": [STEPS], "x": 2.0},
        {"name": "slow", "budget": [MINUTES], "x": 3.0},
        {"name": "ours", "budget": [STEPS, MINUTES], "x": 2.0},
    ]

    told = [(budget, name, by_seed(own, "x", 1)) for budget, name, own in of_budget(rows)]

    assert told == [
        (STEPS, "ours", "1.5 ± 0.7"),
        (STEPS, "slow", "2.0"),
        (MINUTES, "ours", "1.5 ± 0.7"),
        (MINUTES, "slow", "3.0"),
    ]
