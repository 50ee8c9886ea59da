"""The user's settings, and how they are stored."""

from dataclasses import asdict, dataclass, fields
from typing import Literal, cast

from jrviewer.core.strength import STANDARD, parse_strength
from jrviewer.imaging.windowing import PRESETS
from jrviewer.ui.state.preferences import Preferences

Theme = Literal["dark", "light", "system"]

TEXT_SIZES = (100, 115, 130, 150)
THEMES: tuple[Theme, ...] = ("dark", "light", "system")
MOST_HU = 1e5  # of a preset's width or level
DEVICES = ("auto", "cpu")  # or the name of a graphics processor

Presets = tuple[tuple[float, float], ...]
"""Width and level in HU of each preset, in the order of their keys."""

FACTORY_PRESETS: Presets = tuple((window.width, window.centre) for window in PRESETS.values())


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default."""

    theme: Theme = "dark"
    text_size: int = 100  # per cent, one of TEXT_SIZES
    smooth: bool = True  # interpolate between pixels
    opens_sample: bool = True  # at start, if no files are given
    first_look: bool = True  # the swipe line and the cloud move once for what is opened first
    device: str = "auto"  # one of DEVICES, or a graphics processor's name
    strength: str = STANDARD.name  # at start, as `parse_strength` reads it
    prefetches: bool = True  # predict the neighbours of a slice
    patient_text: bool = True  # shown at start
    presets: Presets = FACTORY_PRESETS
    keeps_recent: bool = False  # paths are patient data on a shared computer


def load(preferences: Preferences) -> Settings:
    """Read the stored settings; invalid values are replaced by their defaults."""
    default = Settings()
    values = {
        field.name: preferences.get(f"settings/{field.name}", getattr(default, field.name))
        for field in fields(Settings)
        if field.name != "presets"
    }
    values["presets"] = _presets(preferences.get("settings/presets", []))
    if values["theme"] not in THEMES:
        values["theme"] = default.theme
    if values["text_size"] not in TEXT_SIZES:
        values["text_size"] = default.text_size
    if values["device"] in ("", "cuda"):  # "cuda": stored by versions that offered no names
        values["device"] = default.device
    try:
        parse_strength(values["strength"])
    except ValueError:  # edited by hand
        values["strength"] = default.strength
    return Settings(**values)


def _presets(stored: list[object]) -> Presets:
    """The stored presets, or the factory presets if one of them is invalid."""
    pairs = [one for one in stored if isinstance(one, list) and len(one) == 2]
    numbers = [value for pair in pairs for value in pair if _is_hu(value)]
    is_whole = len(pairs) == len(stored) == len(FACTORY_PRESETS) and len(numbers) == 2 * len(pairs)
    if not is_whole or any(width < 1 for width in numbers[::2]):
        return FACTORY_PRESETS
    return tuple((float(width), float(level)) for width, level in pairs)


def _is_hu(value: object) -> bool:
    """Whether a stored value is a number that a width or a level can be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= MOST_HU  # which NaN is not


def save(preferences: Preferences, settings: Settings) -> None:
    """Store settings."""
    for name, value in cast("dict[str, object]", asdict(settings)).items():
        preferences.put(f"settings/{name}", value)
