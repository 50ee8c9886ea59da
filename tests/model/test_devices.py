"""No test machine has graphics processors: what torch would tell of them is made up."""

import os

import pytest
import torch

from jrviewer import cli
from jrviewer.core.errors import DeviceError
from jrviewer.model import devices
from jrviewer.model.devices import choose, fitting, graphics, name_of, resolve, slices_at_once

THREE = ("NVIDIA A2", "NVIDIA L4", "NVIDIA A2")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer with three graphics processors, two of one kind."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(THREE))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: THREE[index])


def test_every_graphics_processor_has_a_name_of_its_own(three: None) -> None:
    assert graphics() == ("NVIDIA A2", "NVIDIA L4", "NVIDIA A2 #2")


def test_without_cuda_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert graphics() == ()
    assert choose("auto") == (torch.device("cpu"), "")


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        *(("auto", "auto"), ("cpu", "cpu"), ("cuda", "cuda"), ("cuda:1", "cuda:1")),
        *(("NVIDIA L4", "cuda:1"), ("NVIDIA A2 #2", "cuda:2")),
    ],
)
def test_a_device_is_found_by_its_name(three: None, wanted: str, place: str) -> None:
    assert resolve(wanted, graphics()) == (place, "")


def test_a_name_stays_with_its_processor_when_another_is_plugged_before_it() -> None:
    assert resolve("NVIDIA L4", ("NVIDIA L4",))[0] == "cuda:0"
    assert resolve("NVIDIA L4", ("NVIDIA A2", "NVIDIA L4"))[0] == "cuda:1"


def test_one_that_has_gone_is_named_and_the_choice_is_automatic(three: None) -> None:
    place, sentence = resolve("NVIDIA H100", graphics())

    assert place == "auto"
    assert "NVIDIA H100, is not there" in sentence
    assert "automatically" in sentence


def test_a_place_beyond_the_last_one_is_refused(three: None) -> None:
    with pytest.raises(DeviceError, match=r"cuda:3.*Choose the CPU"):
        choose("cuda:3")


def test_one_that_cannot_compute_is_passed_over_by_auto_and_refused_by_its_place(
    three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*shape: int, device: torch.device) -> torch.Tensor:
        assert device.type == "cuda"
        raise RuntimeError("CUDA error: no kernel image is available for execution")

    monkeypatch.setattr(torch, "ones", broken)

    device, sentence = choose("auto")
    assert device.type == "cpu"
    assert "The CPU is used instead" in sentence
    with pytest.raises(DeviceError, match="cannot run the model"):
        choose("cuda:1")


def test_one_that_computes_is_taken_and_known_by_its_name(
    three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ones = torch.ones
    tried = []

    def on_the_cpu(*shape: int, device: torch.device) -> torch.Tensor:
        tried.append(device)
        return ones(*shape)

    monkeypatch.setattr(torch, "ones", on_the_cpu)

    device, sentence = choose("cuda:2")
    assert (device, sentence) == (torch.device("cuda:2"), "")
    assert set(tried) == {device}
    assert name_of(device) == "NVIDIA A2 #2"
    assert devices.name_of(torch.device("cpu")) == "CPU"


@pytest.mark.parametrize("told", ["gpu", "cuda:", "cuda:x", "NVIDIA A2"])
def test_the_command_line_takes_places_alone(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["predict", "scan", "--out", "results", "--device", told])
    assert "cuda:N" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("free_mb", "side", "slices"),
    [
        (1000, 512, 7),  # 800 MB by 105 MB
        (1000, 1024, 1),  # by 419 MB
        (10, 512, 1),  # too little for one, which is tried nevertheless
        (8000, 512, 61),
    ],
)
def test_a_graphics_processor_is_given_what_its_free_memory_holds(
    free_mb: int, side: int, slices: int
) -> None:
    assert fitting(free_mb * 10**6, side * side) == slices


def test_memory_that_torch_keeps_for_later_counts_as_free(
    three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100 * 10**6, 4 * 10**9))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 500 * 10**6)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 100 * 10**6)

    assert slices_at_once(torch.device("cuda:1"), 512 * 512) == 3  # 0.8 of 500 MB by 105 MB


def test_the_cpu_is_given_a_slice_for_every_core() -> None:
    assert slices_at_once(torch.device("cpu"), 512 * 512) == os.cpu_count()


@pytest.mark.parametrize(
    ("told", "able"),
    [
        ({"avx2": True, "amx_bf16": False, "avx512_bf16": False}, False),
        ({"avx512_f": True, "avx512_bf16": True}, True),
        ({"amx_tile": True, "amx_bf16": True}, True),
        ({"architecture": "aarch64", "bf16": True}, True),
    ],
)
def test_bfloat16_is_told_by_what_the_processor_says(
    told: dict[str, bool | str], able: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told)

    assert devices.multiplies_bfloat16() is able
