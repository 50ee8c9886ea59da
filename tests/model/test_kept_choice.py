"""The precision is chosen once for a computer and its weights."""

import json
from pathlib import Path

import pytest

from jrviewer.model import kept_choice

WEIGHTS, OTHERS = "ab" * 32, "cd" * 32


@pytest.fixture(autouse=True)
def kept_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings folder of the test's own."""
    file = tmp_path / "settings" / kept_choice.FILE
    monkeypatch.setattr(kept_choice, "path", lambda: file)
    return file


def test_a_choice_comes_back_as_it_was_kept() -> None:
    assert kept_choice.keep(WEIGHTS, "bf16")
    assert kept_choice.recall(WEIGHTS) == "bf16"


def test_other_weights_have_a_choice_of_their_own() -> None:
    kept_choice.keep(WEIGHTS, "bf16")
    assert kept_choice.recall(OTHERS) is None


def test_another_processor_has_a_choice_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_choice.keep(WEIGHTS, "bf16")
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"cpu_name": "another"})
    assert kept_choice.recall(WEIGHTS) is None


def test_what_is_forgotten_is_chosen_anew() -> None:
    kept_choice.keep(WEIGHTS, "fp32")
    kept_choice.forget()
    assert kept_choice.recall(WEIGHTS) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', "\xff"])
def test_a_damaged_file_is_as_good_as_none(kept_in: Path, content: str) -> None:
    kept_in.parent.mkdir()
    kept_in.write_text(content, encoding="latin-1")

    assert kept_choice.recall(WEIGHTS) is None
    assert kept_choice.keep(WEIGHTS, "fp32")
    assert kept_choice.recall(WEIGHTS) == "fp32"


@pytest.mark.parametrize("choice", [0, "yes", None, {}, {"precision": 16}, {"precision": "fp8"}])
def test_an_impossible_choice_is_as_good_as_none(kept_in: Path, choice: object) -> None:
    kept_choice.keep(WEIGHTS, "fp32")
    [key] = json.loads(kept_in.read_text())
    kept_in.write_text(json.dumps({key: choice}))

    assert kept_choice.recall(WEIGHTS) is None


def test_where_nothing_can_be_written_the_choice_is_not_kept(kept_in: Path) -> None:
    kept_in.parent.write_text("a file where the folder should be")
    assert not kept_choice.keep(WEIGHTS, "bf16")


def test_only_the_newest_choices_are_kept(kept_in: Path) -> None:
    for number in range(kept_choice.MOST_KEPT + 5):
        kept_choice.keep(f"{number:064d}", "int8")

    assert len(json.loads(kept_in.read_text())) == kept_choice.MOST_KEPT
    assert kept_choice.recall(f"{0:064d}") is None
