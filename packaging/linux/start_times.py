"""How long the app takes from its start to the first window and to the first result.

`python packaging/linux/start_times.py COMMAND …`, e.g. dist/JRViewer/JRViewer, or
`python -m jrviewer`. Starts it five times with the files in the page cache, and five times without
(root), on a virtual screen whose pixels are read directly: the window counts once it has painted,
the result once the middle pane shows a picture. Needs xvfb.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

TIMES = 5
WIDTH, HEIGHT = 1600, 1000
PATIENCE_S = 60.0
CACHES = Path("/proc/sys/vm/drop_caches")

Screen = npt.NDArray[np.uint8]


def main(command: list[str]) -> int:
    """Print the medians in seconds, as JSON."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        screen = subprocess.Popen(
            ["Xvfb", ":96", "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", folder],
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(lambda: Path("/tmp/.X11-unix/X96").exists())
            pixels = _pixels(Path(folder) / "Xvfb_screen0")
            _once(command, pixels, Path(folder))  # warms the caches
            for name, prepare in _states():
                runs = []
                for _ in range(TIMES):
                    prepare()
                    runs.append(_once(command, pixels, Path(folder)))
                found[name] = {
                    key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]
                }
        finally:
            screen.terminate()
            screen.wait()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def _states() -> list[tuple[str, Callable[[], object]]]:
    states: list[tuple[str, Callable[[], object]]] = [("warm", lambda: None)]
    if os.access(CACHES, os.W_OK):
        states.append(("cold", _empty_caches))
    return states


def _empty_caches() -> None:
    subprocess.run(["sync"], check=True)
    CACHES.write_text("3")


def _once(command: list[str], pixels: Screen, folder: Path) -> dict[str, float]:
    """One start: seconds to the window and to the result."""
    home = folder / "home"
    environment = os.environ | {"DISPLAY": ":96", "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    begun = time.perf_counter()
    app = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        window = _wait(lambda: float(np.mean(pixels > 10)) > 0.2, begun)
        result = _wait(lambda: float(np.mean(_middle_pane(pixels) > 90)) > 0.1, begun)
    finally:
        app.kill()
        app.wait()
        _wait(lambda: not (pixels > 10).any())
    return {"window_s": window, "result_s": result}


def _wait(reached: Callable[[], bool], begun: float | None = None) -> float:
    start = time.perf_counter() if begun is None else begun
    while not reached():
        if time.perf_counter() - start > PATIENCE_S:
            raise SystemExit("Gave up waiting: did the app start, and does it open its sample?")
        time.sleep(0.01)
    return time.perf_counter() - start


def _pixels(path: Path) -> Screen:
    """The virtual screen's memory as grey values (HEIGHT, WIDTH), live."""
    header = int.from_bytes(path.read_bytes()[:4], "big")
    colours = int.from_bytes(path.read_bytes()[76:80], "big")
    memory = np.memmap(
        path,
        np.uint8,
        "r",
        offset=header + 12 * colours,
        shape=(HEIGHT, WIDTH, 4),
    )
    return memory[..., 1]


def _middle_pane(pixels: Screen) -> Screen:
    return pixels[HEIGHT // 3 : 2 * HEIGHT // 3, 11 * WIDTH // 30 : 18 * WIDTH // 30]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
