from dataclasses import replace
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


def course(out: Path, rates: tuple[float, ...] = (0.05,)) -> Course:
    seconds = '{"ours": 0.2, "slow": 0.8, "fast": 0.05}'
    (out / "seconds.json").write_text(seconds, encoding="utf-8")
    return Course(
        make={"ours": Line, "slow": Line, "fast": Line},
        draw=draw,
        rates=rates,
        trial_steps=40,
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
    net, minutes = course(tmp_path).trained(Run("ours", 1, 200, (STEPS,), 0.05))

    assert isinstance(net, Line)
    assert net.slope.item() == pytest.approx(2, abs=0.1)
    assert net.steps == 200
    assert minutes > 0


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    run = Run("ours", 1, 20, (STEPS,), 0.05)
    first, minutes = course(tmp_path).trained(run)

    again, same = course(tmp_path).trained(run)

    assert isinstance(first, Line)
    assert isinstance(again, Line)
    assert again.steps == 0
    assert again.slope.item() == first.slope.item()
    assert same == minutes


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    run = Run("ours", 1, 20, (STEPS,), 0.05)

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


def test_each_is_trained_at_the_rate_that_is_best_for_it_in_a_short_run(tmp_path: Path) -> None:
    class Steep(Line):  # a thousandth of a step is enough, and a whole one goes past the aim
        def __init__(self) -> None:
            super().__init__()
            nn.init.zeros_(self.slope)

        def loss(self, x: Tensor, y: Tensor, random: torch.Generator) -> Tensor:
            return (1000 * self.slope * x - y).abs().mean()

    one = course(tmp_path, rates=(1e-4, 0.05))
    one = replace(one, make={"ours": Line, "steep": Steep})

    assert one.best_rates() == {"ours": 0.05, "steep": 1e-4}
    losses = one.trial_losses()
    assert losses["ours"]["0.05"] < losses["ours"]["0.0001"]
    assert losses["steep"]["0.0001"] < losses["steep"]["0.05"]


def test_rates_are_tried_once(tmp_path: Path) -> None:
    losses = course(tmp_path, rates=(0.01, 0.05)).trial_losses()

    class Untaught(Line):
        def loss(self, x: Tensor, y: Tensor, random: torch.Generator) -> Tensor:
            raise AssertionError("trained again")

    again = replace(
        course(tmp_path, rates=(0.01, 0.05)),
        make={"ours": Untaught, "slow": Untaught, "fast": Untaught},
    )

    assert again.trial_losses() == losses


def test_one_rate_alone_needs_no_trial(tmp_path: Path) -> None:
    one = course(tmp_path, rates=(0.05,))

    assert one.best_rates() == {"ours": 0.05, "slow": 0.05, "fast": 0.05}
    assert one.trial_losses() == {}
    assert not (tmp_path / "rates.json").exists()


def test_runs_at_another_rate_are_kept_apart() -> None:
    assert Run("ours", 1, 20, (STEPS,), 0.05).stem != Run("ours", 1, 20, (STEPS,), 0.01).stem


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
