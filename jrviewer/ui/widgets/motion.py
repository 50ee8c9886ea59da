"""Whether the desktop asks for less motion. Qt 6.11 does not tell, so its settings are asked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QSettings

WAIT_S = 1.0  # for the desktop's own tool
_SPI_GET_CLIENT_AREA_ANIMATION = 0x1042


def wants_less_motion() -> bool:
    """Whether animations are switched off on this desktop; False where nobody says so."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _macos()
    return _gnome() if "GNOME" in os.environ.get("XDG_CURRENT_DESKTOP", "") else _plasma()


def _windows() -> bool:
    """“Animation effects” of the accessibility settings."""
    import ctypes

    is_on = ctypes.c_int(1)
    user32 = ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]  # Windows alone
    user32.SystemParametersInfoW(_SPI_GET_CLIENT_AREA_ANIMATION, 0, ctypes.byref(is_on), 0)
    return not is_on.value


def _macos() -> bool:
    """“Reduce motion” of the accessibility settings."""
    path = Path.home() / "Library/Preferences/com.apple.universalaccess.plist"
    return QSettings(str(path), QSettings.Format.NativeFormat).value("reduceMotion") in (1, True)


def _gnome() -> bool:
    """“Reduce animation” of the accessibility settings."""
    tool = shutil.which("gsettings")
    if tool is None:
        return False
    words = [tool, "get", "org.gnome.desktop.interface", "enable-animations"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, timeout=WAIT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return said.stdout.strip() == "false"


def _plasma() -> bool:
    """“Animation speed: instant” of KDE Plasma."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    stored = QSettings(str(folder / "kdeglobals"), QSettings.Format.IniFormat)
    factor = stored.value("KDE/AnimationDurationFactor")
    return factor is not None and str(factor) in ("0", "0.0")
