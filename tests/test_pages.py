import re
import tomllib
from pathlib import Path

import pytest

from jrviewer import NOTICE

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def declared() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    every = [*project["dependencies"], *(one for extra in extras for one in extra)]
    return [one for one in every if not one.startswith("jrviewer")]


@pytest.mark.parametrize("requirement", declared())
def test_every_dependency_is_listed_with_its_version_and_licence(requirement: str) -> None:
    match = re.fullmatch(r"([\w-]+)(?:\[.*\])?(.*)", requirement)
    assert match is not None
    name, version = match.groups()

    listed = (ROOT / "THIRD_PARTY.md").read_text("utf-8")

    assert re.search(
        rf"^\| {re.escape(name)} \| `{re.escape(version)}` \| \w", listed, re.MULTILINE
    )


def test_the_readme_opens_with_the_notice() -> None:
    assert README.splitlines()[2] == f"**{NOTICE}**"


def test_the_readme_has_each_command_in_one_complete_line() -> None:
    lines = README.splitlines()

    assert sum(line.endswith(".venv/bin/jrviewer") for line in lines) == 1
    assert sum(line.endswith("-m pytest") for line in lines) == 1
    commands = [line for line in lines if line.startswith("python3 -m venv .venv && ")]
    assert len(commands) == 2


def test_every_file_that_the_readme_points_to_is_there() -> None:
    named = re.findall(r"`((?:jrviewer|training)/[\w./]*|[A-Z_]+(?:\.md)?)`", README)
    files = [name for name in named if "/" in name or name.endswith(".md") or name == "LICENSE"]

    assert [name for name in files if not (ROOT / name).exists()] == []


def test_continuous_integration_is_a_script_that_can_be_run() -> None:
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
