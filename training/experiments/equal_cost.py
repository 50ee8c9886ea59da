"""Networks of one task trained beside each other at equal cost: on the same batches for the same
number of steps, and for as many steps as fit into the minutes that ours takes for them; each at the
learning rate that suits it best.

Every finished run is kept with what was measured of it, so a command that was stopped goes on.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format

from jrviewer.core.progress import Report
from jrviewer.model.devices import multiplies_bfloat16

OURS = "ours"
TIMED_STEPS = 5
LEAST_RATE = 0.02
TRIAL_SEEDS = (1001, 1002)  # of no run
TRIAL_BATCHES = 12
STEPS, MINUTES = "equal steps", "equal minutes"

Batch = tuple[Tensor, ...]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A variant trained once; `budget` is STEPS or MINUTES, or both where they are the same."""

    name: str
    seed: int
    steps: int
    budget: tuple[str, ...]
    rate: float

    @property
    def stem(self) -> str:
        """Of the files that keep it."""
        return f"{self.name}-{self.seed}-{self.steps}-{self.rate:g}"


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What all variants are trained by. `draw` gives the batch of a seed and a step, the same for
    all; a network's `loss` takes it and a generator. Of the learning `rates` each variant is
    trained at the one that is best for it in runs of `trial_steps`.
    """

    make: Mapping[str, Callable[[], nn.Module]]
    draw: Callable[[int, int], Batch]
    rates: Sequence[float]
    trial_steps: int
    warm_up: int
    out: Path
    report: Report

    def runs(self, steps: int, seed: int) -> Iterator[Run]:
        """Every variant by steps, and by minutes where ours takes a step in another time."""
        seconds = self.step_seconds()
        for name, rate in self.best_rates().items():
            if name == OURS:
                yield Run(name, seed, steps, (STEPS, MINUTES), rate)
            else:
                in_time = round(steps * seconds[OURS] / seconds[name])
                yield Run(name, seed, steps, (STEPS,), rate)
                yield Run(name, seed, in_time, (MINUTES,), rate)

    def step_seconds(self) -> dict[str, float]:
        """Of one core, for a step of each variant, measured in turn once and kept."""
        path = self.out / "seconds.json"
        if not path.is_file():
            nets = {name: self._start(name, 0) for name in self.make}
            taken: dict[str, list[float]] = {name: [] for name in nets}
            for step in range(TIMED_STEPS + 1):
                for name, (net, optimizer) in nets.items():
                    started = time.process_time()
                    self._step(net, optimizer, self.draw(0, step), torch.Generator())
                    taken[name].append(time.process_time() - started)
            _write(path, {name: median(own[1:]) for name, own in taken.items()})
        found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def best_rates(self) -> dict[str, float]:
        """The learning rate of each variant."""
        if len(self.rates) == 1:
            return dict.fromkeys(self.make, self.rates[0])
        losses = self.trial_losses()
        return {name: float(min(own, key=own.__getitem__)) for name, own in losses.items()}

    def trial_losses(self) -> dict[str, dict[str, float]]:
        """Of each variant, by learning rate: the loss after a short run, on batches of the training
        data that none was trained on; the mean of two seeds, tried once and kept. Nothing where
        there is one rate alone.
        """
        if len(self.rates) == 1:
            return {}
        path = self.out / "rates.json"
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        losses: dict[str, dict[str, float]] = {name: kept.get(name, {}) for name in self.make}
        for name, own in losses.items():
            for rate in self.rates:
                if f"{rate:g}" not in own:
                    own[f"{rate:g}"] = fmean(self._tried(name, rate, one) for one in TRIAL_SEEDS)
                    _write(path, losses)
        return losses

    def _tried(self, name: str, rate: float, seed: int) -> float:
        net = self._learnt(Run(name, seed, self.trial_steps, (), rate))
        batches = (self.draw(0, step) for step in range(TRIAL_BATCHES))
        random = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            return fmean(float(net.loss(*batch, random)) for batch in batches)  # type: ignore[operator]

    def trained(self, run: Run) -> tuple[nn.Module, float]:
        """The network, and the minutes of one core that its training took; as kept, if it was."""
        path = self.out / f"{run.stem}.pt"
        if path.is_file():
            net, _ = self._start(run.name, run.seed)
            state = torch.load(path, weights_only=True)
            net.load_state_dict(state["net"])
            return _finished(net), float(state["minutes"])
        started = time.process_time()
        net = self._learnt(run)
        minutes = (time.process_time() - started) / 60
        unfinished = path.with_suffix(".part")
        torch.save({"net": net.state_dict(), "minutes": minutes}, unfinished)
        unfinished.replace(path)
        return _finished(net), minutes

    def _learnt(self, run: Run) -> nn.Module:
        net, optimizer = self._start(run.name, run.seed)
        generator = torch.Generator().manual_seed(run.seed)
        for step in range(run.steps):
            for group in optimizer.param_groups:
                group["lr"] = run.rate * schedule(step, run.steps, self.warm_up)
            loss = self._step(net, optimizer, self.draw(run.seed, step), generator)
            if step % 20 == 0:
                self.report(step / run.steps, f"{run.stem}: loss {loss:.3f}")
        return net

    def told(self, run: Run, what: str, measure: Callable[[], Row]) -> Row:
        """What `measure` found of a run; as kept under the name `what`, if it was."""
        path = self.out / f"{run.stem}-{what}.json"
        if not path.is_file():
            _write(path, measure())
        found: Row = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _start(self, name: str, seed: int) -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(seed)
        net = self.make[name]()
        convert_conv2d_weight_memory_format(net, torch.channels_last)
        return net, torch.optim.AdamW(net.parameters(), lr=0.0, betas=(0.9, 0.99), fused=True)

    @staticmethod
    def _step(
        net: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, random: torch.Generator
    ) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_bfloat16()):
            loss: Tensor = net.loss(*batch, random)  # type: ignore[operator]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.item()


def schedule(step: int, steps: int, warm_up: int) -> float:
    """Share of the learning rate: a short linear rise, then a cosine to a fiftieth."""
    fall = LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / warm_up) * fall


def batch_generator(seed: int, step: int) -> torch.Generator:
    """For the batch of a step, whoever is trained on it."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)


def by_seed(rows: Sequence[Row], key: str, digits: int = 2) -> str:
    """A number's mean over the seeds, and its spread where there are several."""
    values = [row[key] for row in rows]
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{spread}"


def of_budget(rows: Sequence[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """Budget, name, and the rows of all its seeds, in the order in which they were first met."""
    for budget in dict.fromkeys(budget for row in rows for budget in row["budget"]):
        for name in dict.fromkeys(row["name"] for row in rows):
            own = [row for row in rows if row["name"] == name and budget in row["budget"]]
            if own:
                yield budget, name, own


def _finished(net: nn.Module) -> nn.Module:
    return net.eval().requires_grad_(requires_grad=False)


def _write(path: Path, value: object) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(value) + "\n", encoding="utf-8")
    unfinished.replace(path)
