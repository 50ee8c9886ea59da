"""What training draws from is prepared once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.support.pool_factory import TINY
from training.data import prepare
from training.data.pools import Pairs, Views

ALONE_S = 0.5  # for another run to come in, were it let in


def test_a_run_waits_for_another_that_prepares_in_the_same_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_inside, let_in_alone = threading.Barrier(2), []

    def views(*_: object) -> Views:
        try:
            both_inside.wait(ALONE_S)
        except threading.BrokenBarrierError:
            both_inside.reset()
            let_in_alone.append(True)
        return Views()

    monkeypatch.setattr(prepare, "_view_pools", views)
    monkeypatch.setattr(prepare, "_pair_pools", lambda *_: Pairs())
    preset = replace(TINY, phantoms=0)

    with ThreadPoolExecutor(2) as runs:
        ended = [runs.submit(prepare.prepare, preset, None, tmp_path / "cache") for _ in range(2)]

    assert all(one.result() for one in ended)
    assert let_in_alone == [True, True]
