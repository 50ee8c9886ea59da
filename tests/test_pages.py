import os
import re
import tomllib
from pathlib import Path

import pytest

from jrviewer import NOTICE

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SOURCES = [
    path
    for room in ("jrviewer", "packaging", "tests", "training")
    for path in (ROOT / room).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
]


def declared() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    every = [*project["dependencies"], *(one for extra in extras for one in extra)]
    return [one for one in every if not one.startswith("jrviewer")]


def files_named_by(page: Path) -> list[Path]:
    """The files that a page links to, shows or names with their folder in the repository."""
    text = page.read_text("utf-8")
    linked = [page.parent / target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)]
    named = re.findall(r"`((?:jrviewer|packaging|tests|training|\.ci|\.github)/[\w./-]+)`", text)
    return [
        path for path in (*linked, *map(ROOT.joinpath, named)) if ":/" not in path.as_posix()[2:]
    ]


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


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 90


def test_the_readme_has_each_command_in_one_complete_line() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv .venv")]

    assert len(commands) == 2
    assert commands[0].endswith("&& .venv/bin/jrviewer")
    assert commands[1].endswith("&& .venv/bin/python -m pytest -n 2 --dist loadfile")


def test_the_readme_names_the_packages_that_continuous_integration_installs() -> None:
    line = re.search(r"^sudo apt-get install -y (.+)$", README, re.MULTILINE)
    assert line is not None

    assert line.group(1).split() == (ROOT / ".ci" / "apt.txt").read_text("utf-8").split()


@pytest.mark.parametrize(
    "page",
    [
        *ROOT.glob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
        *(ROOT / "resources").rglob("*.md"),
        *(path for path in SOURCES if path.suffix == ".md"),
    ],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_file_that_a_page_points_to_is_there(page: Path) -> None:
    assert [path for path in files_named_by(page) if not path.exists()] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no permission to execute")
@pytest.mark.parametrize("script", ["run", "bundle", "install"])
def test_continuous_integration_is_scripts_that_can_be_run(script: str) -> None:
    path = ROOT / ".ci" / script

    assert path.stat().st_mode & 0o111
    assert path.read_text("utf-8").startswith("#!/usr/bin/env bash\n")


def test_no_source_file_is_longer_than_300_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in SOURCES
        if path.suffix == ".py"
    }

    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}


def test_no_source_folder_holds_more_than_20_files() -> None:
    folders = [path.parent.relative_to(ROOT) for path in SOURCES]

    assert {str(name) for name in folders if folders.count(name) > 20} == set()
