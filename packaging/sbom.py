"""Says in CycloneDX 1.6 what a bundle is made of: `sbom.py FILE`, run by the build's own Python.

The app, every package that goes in with its version, licence and the sha256 of the files that may
have been installed, as the lock has them, Python itself, and the model by its weights.
"""

import hashlib
import importlib.metadata
import json
import platform
import re
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))
import licences

import jrviewer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

Part = dict[str, Any]


def main(file: Path) -> None:
    """Write it."""
    text = json.dumps(bill(), indent=1, ensure_ascii=False) + "\n"
    file.write_text(text, "utf-8")


def bill() -> Part:
    """All of it, as JSON's values."""
    app = _app()
    parts = [*_packages(), _python(), _model()]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "lifecycles": [{"phase": "build"}],
            "component": app,
            "properties": [
                {"name": "jrviewer:system", "value": f"{platform.system()} {platform.machine()}"}
            ],
        },
        "components": parts,
        "dependencies": [{"ref": app["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def _app() -> Part:
    return {
        "type": "application",
        "bom-ref": "jrviewer",
        "name": "JRViewer",
        "version": jrviewer.__version__,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }


def _packages() -> list[Part]:
    """What the app needs, step by step, as far as it is installed."""
    locked, found = _locked(), []
    for name in sorted(licences.needed() | {"pyinstaller"}):
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        url = f"pkg:pypi/{name}@{package.version}"
        part: Part = {
            "type": "library",
            "bom-ref": url,
            "name": name,
            "version": package.version,
            "purl": url,
        }
        if licence := _licence(package):
            part["licenses"] = [licence]
        if hashes := locked.get(name):  # any of them may have been installed
            part["properties"] = [
                {"name": "jrviewer:locked:sha256", "value": one} for one in hashes
            ]
        found.append(part)
    return found


def _licence(package: importlib.metadata.Distribution) -> Part | None:
    """As its metadata state it; a whole text is cut to its first line."""
    about = package.metadata
    if expression := licences.first_of(about, "License-Expression"):
        return {"expression": expression}
    stated = licences.first_of(about, "License").strip().partition("\n")[0]
    kinds = [one for one in about.get_all("Classifier", []) if one.startswith("License")]
    name = stated or (kinds[0].rpartition(" :: ")[2] if kinds else "")
    return {"license": {"name": name}} if name else None


def _locked() -> dict[str, list[str]]:
    """The hashes that requirements.lock allows of each package."""
    text = (HERE / "requirements.lock").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for block in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE):
        name = block.partition("==")[0]  # some come twice, for two versions of Python
        found.setdefault(name, []).extend(re.findall(r"sha256:([0-9a-f]{64})", block))
    return found


def _python() -> Part:
    version = platform.python_version()
    return {
        "type": "platform",
        "bom-ref": "python",
        "name": "CPython",
        "version": version,
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }


def _model() -> Part:
    folder = ROOT / "resources" / "model"
    card = json.loads((folder / "card.json").read_text("utf-8"))
    sha256 = hashlib.sha256((folder / "joint.safetensors").read_bytes()).hexdigest()
    return {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": str(card.get("name", "joint model")),
        "version": str(card.get("version", "")),
        "hashes": [{"alg": "SHA-256", "content": sha256}],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
