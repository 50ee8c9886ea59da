"""`python -m tests.tour.pages FOLDER`: the tour's pictures in FOLDER become the user guide's.

Only those that show the phantom; cut to what the guide speaks of, small and of few colours.
"""

import sys
from pathlib import Path

from PIL import Image

HELP = Path(__file__).resolve().parents[2] / "resources" / "help"
WINDOW = (0, 4, 1502, 930)  # on the tour's screen: with its title bar
PANES = (136, 90, 996, 866)  # beside the list of series
CLOUD = (999, 90, 1502, 866)
COLOURS = 256
WIDTH_PX = 1000  # of a whole window

PICTURES = {  # the guide's name: the tour's, what is cut out, how wide it becomes
    "window": ("first-run", WINDOW, WIDTH_PX),
    "drop": ("drag-over-3d", WINDOW, 700),
    "running": ("running", WINDOW, 700),
    "swipe": ("swipe", PANES, 700),
    "removed": ("removed", PANES, 700),
    "measuring": ("measuring", PANES, 800),
    "uncertainty": ("3d-uncertainty", CLOUD, 420),
    "measured": ("3d-measured", CLOUD, 420),
    "ruler": ("3d-ruler", CLOUD, 420),
    "by-keys": ("measuring-held", WINDOW, 800),
    "amber": ("input-check-amber-why", WINDOW, 800),
    "export": ("export", (478, 211, 1020, 682), 542),
}


def main(folder: Path) -> None:
    """Write all of them."""
    for name, (source, part, width) in PICTURES.items():
        with Image.open(folder / f"{source}.png") as screen:
            cut = screen.convert("RGB").crop(part)
        small = cut.resize((width, round(width * cut.height / cut.width)), Image.Resampling.LANCZOS)
        few = small.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(HELP / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
