"""Desktops that ask for less motion are heard."""

from pathlib import Path

import pytest

from jrviewer.ui.widgets.motion import wants_less_motion


@pytest.mark.parametrize(("factor", "less"), [("0", True), ("1.0", False), ("", False)])
def test_plasma_s_animation_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: str, less: bool
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    (tmp_path / "kdeglobals").write_text(f"[KDE]\nAnimationDurationFactor={factor}\n")

    assert wants_less_motion() == less


@pytest.mark.parametrize(("said", "less"), [("false", True), ("true", False)])
def test_gnome_s_switch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, less: bool
) -> None:
    tool = tmp_path / "gsettings"
    tool.write_text(f"#!/bin/sh\necho {said}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")

    assert wants_less_motion() == less


def test_nobody_asks_where_there_is_no_desktop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)

    assert not wants_less_motion()
