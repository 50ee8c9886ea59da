"""Where the network runs: a graphics processor that really works, or the CPU."""

import os
import re

import torch

from jrviewer.core.errors import DeviceError

Device = str
"""auto, cpu, cuda (torch's first choice) or cuda:N; to `resolve` also a name out of `graphics`."""

BYTES_A_PIXEL = 400  # 290 in single precision on the CPU, and what cuDNN needs itself
SMALL = 20480  # values of an image that torch takes for too few for oneDNN
SHARE = 0.8  # of the free memory: other programs draw on it too

_TORCH_NAME = re.compile(r"auto|cpu|cuda(:[0-9]+)?")


def graphics() -> tuple[str, ...]:
    """The names of all CUDA graphics processors in torch's order. A second one of the same name has
    its number, so that each can be remembered however the others are plugged.
    """
    if not torch.cuda.is_available():
        return ()
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    counts = [names[: index + 1].count(name) for index, name in enumerate(names)]
    numbered = zip(names, counts, strict=True)
    return tuple(name if count == 1 else f"{name} #{count}" for name, count in numbered)


def is_device(wanted: Device) -> bool:
    """Whether a device is given as torch names it, not by the name of its product."""
    return bool(_TORCH_NAME.fullmatch(wanted))


def resolve(wanted: Device, names: tuple[str, ...]) -> tuple[Device, str]:
    """Torch's name of a device that may be given by its product's; a sentence where it is gone."""
    if is_device(wanted):
        return wanted, ""
    if wanted in names:
        return f"cuda:{names.index(wanted)}", ""
    gone = f"The graphics processor of the settings, {wanted}, is not there"
    return "auto", f"{gone}: the device is chosen automatically."


def name_of(device: torch.device) -> str:
    """What people know it by."""
    return "CPU" if device.type == "cpu" else graphics()[device.index or 0]


def multiplies_bfloat16() -> bool:
    """Whether the CPU does so itself. Where it is imitated, a slice takes more than seven times as
    long as in single precision, and a step of training fourteen times.
    """
    able = torch.cpu.get_capabilities()
    return any(able.get(name, False) for name in ("amx_bf16", "avx512_bf16", "bf16"))


def is_kept_from_onednn(image: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether torch would convolve this image (1, C, H, W) on the CPU by itself, as it does in
    single precision with small ones and, on one thread, pixel by pixel, though oneDNN is there and
    no gradient is wanted.
    """
    is_pixel_by_pixel = weight.shape[-2:] == (1, 1) and torch.get_num_threads() == 1
    return (
        image.device.type == "cpu"
        and image.dtype == torch.float32
        and (is_pixel_by_pixel or image.numel() <= SMALL)
        and not torch.is_grad_enabled()
        and torch.backends.mkldnn.is_available()
    )


def multiplies_int8() -> bool:
    """Whether the CPU adds up products of bytes itself (VNNI)."""
    able = torch.cpu.get_capabilities()
    return any(able.get(name, False) for name in ("avx512_vnni", "avx_vnni"))


def slices_at_once(device: torch.device, pixels: int) -> int:
    """How many slices of so many pixels a device is given at once, each by a thread of its own."""
    if device.type == "cpu":
        return os.cpu_count() or 1
    free, _ = torch.cuda.mem_get_info(device)
    idle = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return fitting(free + idle, pixels)


def use_threads(count: int) -> None:
    """Let a network's layers share so many threads, in this thread and those that it starts."""
    torch.set_num_threads(count)


def fitting(free_bytes: int, pixels: int) -> int:
    """How many slices of so many pixels a graphics processor with that much free memory has room
    for; one is always tried.
    """
    return max(1, int(SHARE * free_bytes) // (BYTES_A_PIXEL * pixels))


def choose(wanted: Device) -> tuple[torch.device, str]:
    """The device, and a sentence where "auto" had to pass over a graphics processor.

    Raises DeviceError where a graphics processor was asked for by torch's name and cannot be used.
    """
    if wanted == "cpu":
        return torch.device("cpu"), ""
    device = torch.device("cuda" if wanted == "auto" else wanted)
    if not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count():
        if wanted == "auto":
            return torch.device("cpu"), ""
        raise DeviceError(
            f"There is no usable CUDA graphics processor at “{wanted}”. Choose the CPU instead."
        )
    try:
        torch.nn.functional.conv2d(
            torch.ones(1, 1, 8, 8, device=device), torch.ones(1, 1, 3, 3, device=device)
        ).sum().item()
    except RuntimeError as error:
        sentence = "The graphics processor cannot run the model."
        if wanted != "auto":
            raise DeviceError(f"{sentence} Choose the CPU instead.") from error
        return torch.device("cpu"), f"{sentence} The CPU is used instead."
    return device, ""
