"""Proves a Linux bundle away from home: `python packaging/check_bundle.py dist/JRViewer`.

As another user with an empty environment, from another folder, with an empty PATH: the self-test,
a compressed file (which the decoding child process reads) through `inspect`, the sample through
`predict` and `verify`, equal to the source run within 0.5 HU; its threads must sleep while they
wait, and a changed weights file must be found out. Needs root for the other user; `--same-user`
does without.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

USER = "nobody"
TOLERANCE_HU = 0.5
ROUNDING_HU = 0.5  # the derived object holds whole HU


class Bundle:
    """The program in a folder that the other user may read, and a folder that is theirs."""

    def __init__(self, source: Path, home: Path, *, same_user: bool) -> None:
        self.home, self.same_user = home, same_user
        home.chmod(0o755)
        self.folder = home / "JRViewer"
        # Hard links: nothing is copied, and the changed weights replace the link alone.
        shutil.copytree(source, self.folder, symlinks=True, copy_function=_link)
        self.work = home / "work"
        self.work.mkdir()
        if not same_user:
            shutil.chown(self.work, USER)

    def run(self, *arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        """The program's answer, with nothing but these settings in its environment."""
        return subprocess.run(
            [str(self.folder / "JRViewer"), *(str(one) for one in arguments)],
            cwd=self.work,
            env={"HOME": str(self.work), "PATH": ""} | settings,
            user=None if self.same_user else USER,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def main() -> int:
    """Print a line per check; the exit code says whether all are good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--same-user", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundle = Bundle(arguments.bundle, Path(folder), same_user=arguments.same_user)
        checks = {
            "self-test": _self_test(bundle),
            "compressed file in a child process": _compressed(bundle),
            "predict and verify": _predict(bundle),
            "threads sleep while they wait": waits(bundle),
            "changed weights are found out": _tampered(bundle),
        }
    for name, fault in checks.items():
        sys.stdout.write(f"{'ok  ' if not fault else 'FAIL'}  {name}{fault and ': '}{fault}\n")
    return int(any(checks.values()))


def _self_test(bundle: Bundle) -> str:
    report = bundle.work / "report.html"
    done = bundle.run("self-test", "--json", "--html", report)
    if done.returncode:
        return f"exit {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
    found = json.loads(done.stdout)
    sys.stdout.write(f"      {found['timings_s']}\n")
    return "" if report.is_file() and "JRViewer" in report.read_text("utf-8") else "no report"


def _compressed(bundle: Bundle) -> str:
    from pydicom import examples
    from pydicom.pixels.utils import set_pixel_data
    from pydicom.uid import RLELossless

    dataset = examples.ct
    pixels = dataset.pixel_array
    set_pixel_data(dataset, pixels, "MONOCHROME2", int(dataset.BitsStored))
    dataset.compress(RLELossless)
    path = bundle.work / "compressed.dcm"
    dataset.save_as(path)
    done = bundle.run("inspect", "--json", path)
    rows = json.loads(done.stdout) if done.stdout else []
    opened = [row["status"] for row in rows] == ["open"]
    return "" if opened else f"exit {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"


def _predict(bundle: Bundle) -> str:
    import numpy as np

    from jrviewer import dicom
    from jrviewer.core.resources import resource
    from jrviewer.model.load import load_model
    from jrviewer.model.predict import predict

    sample, out = resource("sample/phantom.dcm"), bundle.work / "out"
    done = bundle.run("predict", sample, "--out", out, "--device", "cpu")
    if done.returncode:
        return f"exit {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
    (written,) = out.glob("*.denoised.dcm")
    theirs = dicom.read([written]).series[0][0].pixels
    here = predict(load_model("cpu"), dicom.read([sample]).series[0][0]).denoised
    # The derived object cannot hold less than its source's least stored value, that of air.
    apart = float(np.abs(theirs - np.maximum(here, theirs.min())).max())
    worst = max(apart - ROUNDING_HU, 0.0)
    sys.stdout.write(f"      difference to the source run beyond rounding: {worst:.3f} HU\n")
    if worst > TOLERANCE_HU:
        return f"differs by {worst:.2f} HU from the source run"
    verified = [bundle.run("verify", file, sample).returncode for file in out.glob("*.p??")]
    return "" if verified and not any(verified) else f"verify said {verified}"


def waits(bundle: Bundle) -> str:
    """What is wrong with how the program's threads wait: libgomp tells when torch loads it."""
    done = bundle.run("bench", "--choose-again", OMP_DISPLAY_ENV="VERBOSE")
    said = done.stderr
    wanted = ("OMP_WAIT_POLICY = 'PASSIVE'", "GOMP_SPINCOUNT = '1000'")
    missing = [one for one in wanted if one not in said]
    return f"not in force: {', '.join(missing)}; it said {said[-500:]}" if missing else ""


def _tampered(bundle: Bundle) -> str:
    (weights,) = bundle.folder.rglob("joint.safetensors")
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.unlink()  # the link, not the bundle's file
    weights.write_bytes(data)
    weights.chmod(0o644)
    done = bundle.run("self-test", "--json")
    return "" if done.returncode == 1 else f"the self-test said {done.returncode}"


def _link(source: str, target: str, *, follow_symlinks: bool = True) -> None:
    try:
        os.link(source, target, follow_symlinks=follow_symlinks)
    except OSError:  # on another disk
        shutil.copy2(source, target, follow_symlinks=follow_symlinks)


if __name__ == "__main__":
    sys.exit(main())
