import hashlib
import json
import signal
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from jrviewer.model.network import JointNet
from tests.training.support.pool_factory import TINY, of_steps, tiny_pools
from training.data.pools import Pairs, Views
from training.fit.fit import fit

pytestmark = pytest.mark.slow  # as a whole


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pairs, Views]:
    return tiny_pools(tmp_path_factory.mktemp("pools"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, pools: tuple[Pairs, Views]) -> Path:
    """The checkpoint of an uninterrupted run of the tiny preset."""
    return fit(TINY, *pools, tmp_path_factory.mktemp("plain") / "run", quiet=True)


def weights(path: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["net"]
    return state


def same(first: Path, second: Path) -> bool:
    one, other = weights(first), weights(second)
    return all(torch.equal(one[name], other[name]) for name in one)


def test_one_seed_gives_one_result(tmp_path: Path, pools: tuple[Pairs, Views], plain: Path) -> None:
    again = fit(TINY, *pools, tmp_path / "again", quiet=True)

    assert same(plain, again)


def test_another_seed_gives_another_result(
    tmp_path: Path, pools: tuple[Pairs, Views], plain: Path
) -> None:
    other = fit(replace(TINY, seed=2), *pools, tmp_path / "other", quiet=True)

    assert not same(plain, other)


@pytest.mark.parametrize("able", [True, False])
def test_bf16_is_used_where_the_processor_has_it(
    able: bool,
    tmp_path: Path,
    pools: tuple[Pairs, Views],
    plain: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where it is imitated, a step took fourteen times as long."""
    monkeypatch.setattr("training.fit.fit.multiplies_bfloat16", lambda: able)
    mixed = fit(replace(TINY, precision="bf16-mixed"), *pools, tmp_path / "run", quiet=True)

    assert same(plain, mixed) is not able


def test_the_loss_sees_what_the_preset_gives_back(
    tmp_path: Path, pools: tuple[Pairs, Views], plain: Path
) -> None:
    other = fit(replace(TINY, slow_pixels=4.0), *pools, tmp_path / "run", quiet=True)

    assert not same(plain, other)


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, pools: tuple[Pairs, Views], plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        fit(TINY, *pools, tmp_path / "parts", quiet=True)
    monkeypatch.undo()

    parts = fit(TINY, *pools, tmp_path / "parts", resume=True, quiet=True)

    assert same(plain, parts)


def test_a_run_continued_after_a_cycle_equals_one_planned_with_two(
    tmp_path: Path, pools: tuple[Pairs, Views]
) -> None:
    two_cycles = replace(TINY, cycles=of_steps(TINY.steps, TINY.steps))
    planned = fit(two_cycles, *pools, tmp_path / "planned", quiet=True)

    fit(TINY, *pools, tmp_path / "run", quiet=True)
    gone_on = fit(two_cycles, *pools, tmp_path / "run", resume=True, quiet=True)

    assert same(planned, gone_on)


def test_a_cycle_with_a_contrast_term_gives_other_weights_and_logs_it(
    tmp_path: Path, pools: tuple[Pairs, Views]
) -> None:
    preset = replace(TINY, cycles=of_steps(20, contrast_weight=1.0))
    plain = fit(replace(TINY, cycles=of_steps(20)), *pools, tmp_path / "plain", quiet=True)

    weighted = fit(preset, *pools, tmp_path / "weighted", quiet=True)

    assert not same(plain, weighted)
    assert logged(tmp_path / "weighted") == {"contrast", "denoising", "sigma", "surface"}
    assert logged(tmp_path / "plain") == {"denoising", "sigma", "surface"}


def test_what_a_cycle_does_not_train_stays_as_it_was(
    tmp_path: Path, pools: tuple[Pairs, Views]
) -> None:
    (cycle,) = of_steps(20)
    alone = replace(TINY, cycles=(replace(cycle, learns=("denoising",)),))
    start = fit(alone, *pools, tmp_path / "start", minutes=0.0, quiet=True)

    end = fit(alone, *pools, tmp_path / "end", quiet=True)

    before, after = (torch.load(path, weights_only=True)["net"] for path in (start, end))
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"denoising"}


def test_a_run_tells_which_weights_it_began_with_also_after_it_was_resumed(
    tmp_path: Path, pools: tuple[Pairs, Views]
) -> None:
    about = {"jrviewer": json.dumps({"config": asdict(TINY.model)})}
    save_file(JointNet(TINY.model).state_dict(), tmp_path / "start", metadata=about)
    fit(TINY, *pools, tmp_path / "run", minutes=0.0, quiet=True, start=tmp_path / "start")

    path = fit(TINY, *pools, tmp_path / "run", quiet=True, resume=True)

    state = torch.load(path, weights_only=True)
    expected = hashlib.sha256((tmp_path / "start").read_bytes()).hexdigest()
    assert (state["began_with"], state["step"]) == (expected, TINY.steps)


def test_ctrl_c_ends_its_step_and_keeps_the_checkpoint(
    tmp_path: Path, pools: tuple[Pairs, Views], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(3, monkeypatch)

    with pytest.raises(KeyboardInterrupt):
        fit(TINY, *pools, tmp_path / "run", quiet=True)

    assert torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)["step"] == 3
    assert not list((tmp_path / "run").glob("*.part"))


def test_minutes_stop_a_run_before_its_last_step(
    tmp_path: Path, pools: tuple[Pairs, Views]
) -> None:
    path = fit(TINY, *pools, tmp_path / "run", minutes=0.0, quiet=True)

    assert torch.load(path, weights_only=True)["step"] == 0


def logged(run: Path) -> set[str]:
    """The names of the terms in a run's log."""
    events = EventAccumulator(str(run / "log"))
    events.Reload()
    return {tag.removeprefix("loss/") for tag in events.Tags()["scalars"]}


def interrupt_at(draw: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise a real interrupt when the trainer asks for its nth batch."""
    asked = iter(range(1, 1000))
    original = Pairs.draw

    def draw_or_stop(self: Pairs, *arguments: object) -> object:
        if next(asked) == draw:
            signal.raise_signal(signal.SIGINT)
        return original(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Pairs, "draw", draw_or_stop)
