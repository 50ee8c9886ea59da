import os
from pathlib import Path

import pytest

from jrviewer.core.real_path import real_path


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to("there")

    assert real_path(tmp_path / "link") == str((tmp_path / "there").resolve())


def test_a_path_that_the_system_cannot_follow_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> str:
        raise OSError(22, "More data available")

    monkeypatch.setattr(os.path, "realpath", refuse)

    assert real_path(tmp_path / "a" / ".." / "b") == str(tmp_path / "b")
