"""What the bill of materials says of the bundle."""

import json
from pathlib import Path
from types import ModuleType

import pytest

import jrviewer
from tests.packaging.test_recipe import PINS, load


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    return load("sbom.py")


def test_it_names_what_the_app_needs_with_its_licence(sbom: ModuleType, tmp_path: Path) -> None:
    sbom.main(tmp_path / "a.cdx.json")

    told = json.loads((tmp_path / "a.cdx.json").read_text("utf-8"))
    parts = {part["name"]: part for part in told["components"]}
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["version"] == jrviewer.__version__
    assert {"torch", "numpy", "pydicom", "cvista-rendering", "pyinstaller"} - {*parts} <= {
        "pyinstaller"  # in the build's own environment alone
    }
    assert "pytest" not in parts
    assert all(part.get("licenses") for part in parts.values() if part["type"] == "library")
    card = json.loads((Path(sbom.ROOT) / "resources/model/card.json").read_text("utf-8"))
    (model,) = (part for part in parts.values() if part["type"] == "machine-learning-model")
    assert model["hashes"] == [{"alg": "SHA-256", "content": card["weights_sha256"]}]


def test_every_part_has_a_name_of_its_own_and_belongs_to_the_app(sbom: ModuleType) -> None:
    told = sbom.bill()

    names = [part["bom-ref"] for part in told["components"]]
    assert len({*names}) == len(names)
    assert told["dependencies"] == [{"ref": "jrviewer", "dependsOn": names}]


def test_it_has_the_locks_hashes(sbom: ModuleType) -> None:
    locked = sbom._locked()

    assert {*PINS} <= {*locked}
    assert all(locked[name] for name in PINS)


def test_vtks_licence_goes_with_what_was_built_of_it(tmp_path: Path) -> None:
    load("licences.py").main(tmp_path)

    assert "Ken Martin" in (tmp_path / "cvista" / "LICENSE.txt").read_text("utf-8")
