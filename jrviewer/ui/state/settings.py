"""What the user may set, as one frozen record, and how it is remembered."""

from dataclasses import asdict, dataclass, fields
from typing import Literal, cast

from jrviewer.imaging.windowing import PRESETS
from jrviewer.ui.state.preferences import Preferences

Theme = Literal["dark", "light", "system"]

THEMES: tuple[Theme, ...] = ("dark", "light", "system")
DEVICES = ("auto", "cpu")  # and each graphics processor by its name

Presets = tuple[tuple[float, float], ...]
"""Width and level in HU of each preset, in the order of their keys."""

FACTORY_PRESETS: Presets = tuple((window.width, window.centre) for window in PRESETS.values())


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default."""

    theme: Theme = "dark"
    smooth: bool = True  # interpolate between pixels
    opens_sample: bool = True  # at start, when nothing else is asked for
    device: str = "auto"  # one of DEVICES, or a graphics processor's name
    prefetches: bool = True  # predict the neighbours of a slice
    patient_text: bool = True  # shown at start
    presets: Presets = FACTORY_PRESETS
    keeps_recent: bool = False  # paths are patient data on a shared computer


def load(preferences: Preferences) -> Settings:
    """The settings that are remembered; a value that is none of the offered ones is the default."""
    default = Settings()
    values = {
        field.name: preferences.get(f"settings/{field.name}", getattr(default, field.name))
        for field in fields(Settings)
        if field.name != "presets"
    }
    values["presets"] = _presets(preferences.get("settings/presets", []))
    if values["theme"] not in THEMES:
        values["theme"] = default.theme
    if values["device"] in ("", "cuda"):  # "cuda" is of a version that offered no names
        values["device"] = default.device
    return Settings(**values)


def _presets(told: list[object]) -> Presets:
    """Those that are remembered, or as delivered where one of them is no window."""
    pairs = [one for one in told if isinstance(one, list) and len(one) == 2]
    numbers = [value for pair in pairs for value in pair if isinstance(value, int | float)]
    is_whole = len(pairs) == len(told) == len(FACTORY_PRESETS) and len(numbers) == 2 * len(pairs)
    if not is_whole or any(width < 1 for width in numbers[::2]):
        return FACTORY_PRESETS
    return tuple((float(width), float(level)) for width, level in pairs)


def save(preferences: Preferences, settings: Settings) -> None:
    """Remember settings."""
    for name, value in cast("dict[str, object]", asdict(settings)).items():
        preferences.put(f"settings/{name}", value)
