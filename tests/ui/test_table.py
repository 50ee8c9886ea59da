import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SHOTS = re.compile(r"\"([a-z0-9-]+)\"")


def test_every_test_in_the_table_is_there() -> None:
    table = (TESTS / "ui" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", table))
    sources = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    written = set(re.findall(r"def (test_\w+)\(", sources))

    assert len(named) > 50
    assert named - written == set()


def test_every_picture_in_the_table_is_taken_by_the_tour() -> None:
    table = (TESTS / "ui" / "README.md").read_text(encoding="utf-8").split("## States")[1]
    rows = [line.split("|")[-2] for line in table.splitlines() if line.startswith("| ")][2:]
    named = {name.strip() for row in rows for name in row.split(",")} - {"–"}
    scenes = (TESTS / "tour" / "scenes.py").read_text(encoding="utf-8")

    assert named - set(SHOTS.findall(scenes)) == set()
