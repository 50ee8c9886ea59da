"""What a training run is made of, read from training/presets/NAME.toml."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jrviewer.core.errors import JRViewerError
from jrviewer.model.network import Config

PARTS = ("encoder", "denoising", "cloud")  # of the network
TILTED = "tilted-"  # before the region, in the shares of a cycle
FOLDER = Path(__file__).parent / "presets"

Precision = Literal["32-true", "bf16-mixed"]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Steps over which the learning rate falls once, and what a batch of theirs holds."""

    steps: int
    crops: int = 8  # slices of the denoiser in a step
    views: int = 8  # canonical images of the cloud head in a step
    views_every: int = 1  # steps between two that hold views; 0: none does
    learning_rate: float = 2e-3
    contrast_weight: float = 0.0  # of what faint discs lose
    learns: tuple[str, ...] = PARTS  # the rest stays as it is
    share: dict[str, float] = field(default_factory=dict)  # of the views: "chest", "tilted-chest" …


@dataclass(frozen=True, slots=True)
class Preset:
    """The sizes and numbers of a run. Steps are counted, not minutes, so that two runs agree."""

    name: str
    model: Config
    cycles: tuple[Cycle, ...]
    seed: int = 1
    precision: Precision = "32-true"  # bf16-mixed becomes this where a CPU has no bfloat16
    crop_pixels: int = 128
    points: int = 6000  # true points of each view
    cloud_weight: float = 0.25
    sigma_weight: float = 0.1
    slow_pixels: float = 2.2  # of the Gaussian that the loss sees given back; see the README
    average: float = 0.999  # decay of the weights' running mean, which is what ships
    phantoms: int = 120  # whose views are drawn from
    phantom_pairs: int = 300
    pairs_256: int = 3000
    pairs_512: int = 400
    sharpness: float = 1.5  # of the cloud's sampling; kept with the weights, unused in training
    real_noise: bool = False  # crops of data.real_noise.real_pairs instead of simulated doses
    spread_hu: float = 10.0  # added to a sample's noise in the loss
    without: tuple[str, ...] = ()  # words; volumes and slices named with one take no part

    @property
    def steps(self) -> int:
        """Of all cycles."""
        return sum(cycle.steps for cycle in self.cycles)

    @property
    def leaves_parts(self) -> bool:
        """Whether any step leaves a part of the network without gradients: one that its cycle does
        not teach, or the cloud where a step holds no views.
        """
        return any(set(one.learns) < set(PARTS) or one.views_every != 1 for one in self.cycles)

    @property
    def draws_tilted(self) -> bool:
        """Whether any cycle draws views of tilted planes."""
        return any(name.startswith(TILTED) for cycle in self.cycles for name in cycle.share)

    def cycle_at(self, step: int) -> tuple[Cycle, int]:
        """The cycle that a step belongs to, and how many of its steps came before."""
        for cycle in self.cycles:
            if step < cycle.steps:
                return cycle, step
            step -= cycle.steps
        raise ValueError("the preset has fewer steps")


def load_preset(name: str) -> Preset:
    """The preset of that name. Raises JRViewerError where there is none."""
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise JRViewerError(f"There is no preset “{name}”. The presets are: {known}.")
    content: dict[str, Any] = tomllib.loads(path.read_text())
    model = Config.from_values(content["model"])
    settings = content["fit"]
    settings["without"] = tuple(settings.get("without", ()))
    cycles = tuple(_cycle(content) for content in content["cycle"])
    return Preset(name=name, model=model, cycles=cycles, **settings)


def _cycle(content: dict[str, Any]) -> Cycle:
    """From TOML values, where a tuple is a list."""
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    return Cycle(**plain)
