import torch
from torch import nn

from training.fit.weight_averaging import RunningMean


def net(value: float) -> nn.ModuleDict:
    parts = nn.ModuleDict({"taught": nn.Linear(2, 2), "left": nn.Linear(2, 2)})
    for weights in parts.parameters():
        nn.init.constant_(weights, value)
    return parts


def values(mean: RunningMean, part: str) -> set[float]:
    return {
        round(value, 6)
        for weights in mean.module.get_submodule(part).parameters()
        for value in weights.flatten().tolist()
    }


def test_the_first_weights_are_taken_as_they_are() -> None:
    mean = RunningMean(net(0.0), 0.9)

    mean.update(net(3.0), ("taught", "left"))

    assert values(mean, "taught") == values(mean, "left") == {3.0}


def test_the_mean_follows_at_once_in_the_beginning_and_slowly_in_the_end() -> None:
    mean = RunningMean(net(0.0), 0.9)
    mean.update(net(0.0), ("taught",))

    mean.update(net(11.0), ("taught",))
    assert values(mean, "taught") == {9.0}  # 2 / 11 of what was, as (1 + n) / (10 + n) with n = 1

    for _ in range(200):
        mean.update(net(0.0), ("taught",))
    mean.update(net(10.0), ("taught",))
    assert values(mean, "taught") == {1.0}


def test_what_is_not_trained_keeps_its_mean() -> None:
    mean = RunningMean(net(0.0), 0.9)
    mean.update(net(3.0), ("taught", "left"))

    mean.update(net(5.0), ("taught",))

    assert values(mean, "left") == {3.0}
    assert values(mean, "taught") != {3.0}


def test_a_mean_resumes_from_its_state() -> None:
    first, second = RunningMean(net(0.0), 0.9), RunningMean(net(7.0), 0.9)
    for value in (1.0, 2.0, 3.0):
        first.update(net(value), ("taught",))
    second.load(**first.state())  # type: ignore[arg-type]  # average and averaged, by name

    for mean in (first, second):
        mean.update(net(9.0), ("taught",))

    assert values(first, "taught") == values(second, "taught")


def test_the_mean_asks_for_no_gradients() -> None:
    mean = RunningMean(net(0.0), 0.9)
    mean.update(net(1.0), ("taught",))

    assert not any(weights.requires_grad for weights in mean.module.parameters())
    assert all(torch.isfinite(weights).all() for weights in mean.module.parameters())
