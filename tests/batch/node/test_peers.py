"""Associations that the node asks for."""

import time

import pytest
from pynetdicom import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from jrviewer.batch.node import listener
from jrviewer.batch.node.peers import associated
from tests.batch.node.archives import archive


class _Slow(listener.Checkpoint):
    """Of an association's thread that is kept off the processor just when it goes on."""

    def is_set(self) -> bool:
        found = super().is_set()
        time.sleep(0.02)
        return found


def test_an_answer_reaches_whoever_waits_for_it_however_slow_the_other_thread_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jrviewer.batch.node.peers.TIMEOUT_S", 5.0)
    with archive() as destination:
        monkeypatch.setattr(listener, "Checkpoint", _Slow)
        with associated("JRVIEWER", destination.peer, [build_context(Verification)]) as association:
            statuses = [association.send_c_echo().get("Status") for _ in range(20)]

    assert statuses == [0x0000] * 20
