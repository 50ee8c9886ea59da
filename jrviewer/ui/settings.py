"""What the user may set, as one frozen record, and how it is remembered."""

from dataclasses import asdict, dataclass, fields
from typing import Literal, cast

from jrviewer.ui.store import Store

Theme = Literal["dark", "light", "system"]
Device = Literal["auto", "cpu", "cuda"]

THEMES: tuple[Theme, ...] = ("dark", "light", "system")
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default."""

    theme: Theme = "dark"
    smooth: bool = True  # interpolate between pixels
    opens_sample: bool = True  # at start, when nothing else is asked for
    device: Device = "auto"
    looks_ahead: bool = True  # predict the neighbours of a slice
    patient_text: bool = True  # shown at start
    keeps_recent: bool = False  # paths are patient data on a shared computer


def load(store: Store) -> Settings:
    """The settings that are remembered; a value that is none of the offered ones is the default."""
    default = Settings()
    values = {
        field.name: store.get(f"settings/{field.name}", getattr(default, field.name))
        for field in fields(Settings)
    }
    if values["theme"] not in THEMES:
        values["theme"] = default.theme
    if values["device"] not in DEVICES:
        values["device"] = default.device
    return Settings(**values)


def save(store: Store, settings: Settings) -> None:
    """Remember settings."""
    for name, value in cast("dict[str, object]", asdict(settings)).items():
        store.put(f"settings/{name}", value)
