"""What a training run is made of, read from training/presets/NAME.toml."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jrviewer.errors import JRViewerError
from jrviewer.network import Config

FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True, slots=True)
class Preset:
    """The sizes and numbers of a run. Steps are counted, not minutes, so that two runs agree."""

    name: str
    model: Config
    steps: int
    restarts: tuple[int, ...] = ()  # steps before which the learning rate starts anew
    seed: int = 1
    precision: Literal["32-true", "bf16-mixed"] = "32-true"  # bf16 where the processor gains by it
    crops: int = 8
    crop_pixels: int = 128
    views: int = 8
    points: int = 6000
    learning_rate: float = 2e-3
    cloud_weight: float = 0.25
    sigma_weight: float = 0.1
    slow_pixels: float = 2.2  # of the Gaussian that the loss sees given back; see the README
    average: float = 0.999  # decay of the weights' running mean, which is what ships
    phantoms: int = 120  # whose views are drawn from
    phantom_pairs: int = 300
    pairs_256: int = 3000
    pairs_512: int = 400
    sharpness: float = 1.5  # of the cloud's sampling; kept with the weights, unused in training
    without: tuple[str, ...] = ()  # words; volumes and slices named with one take no part
    share: dict[str, float] = field(default_factory=dict)  # of the views, by region


def load_preset(name: str) -> Preset:
    """The preset of that name. Raises JRViewerError where there is none."""
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise JRViewerError(f"There is no preset “{name}”. The presets are: {known}.")
    content: dict[str, Any] = tomllib.loads(path.read_text())
    model = Config.from_values(content["model"])
    settings = content["fit"]
    for name_of_list in ("without", "restarts"):
        settings[name_of_list] = tuple(settings.get(name_of_list, ()))
    return Preset(name=name, model=model, share=content.get("share", {}), **settings)
