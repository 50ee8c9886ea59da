"""Small named values that persist between runs; never patient data.

Values are stored as JSON text, as the platforms' own formats disagree about types.
"""

import json
from typing import Any

from PySide6.QtCore import QSettings


class Preferences:
    """Values kept in the user's settings, or in memory if there are none."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings
        self._values: dict[str, str] = {}

    @classmethod
    def of_user(cls) -> "Preferences":
        """The preferences of the current user."""
        scope = QSettings.Scope.UserScope
        return cls(QSettings(QSettings.Format.IniFormat, scope, "JRViewer", "JRViewer"))

    def get(self, name: str, default: Any) -> Any:  # noqa: ANN401 - any JSON value
        """A value, or the default if it is missing or of another type."""
        text = self._values.get(name)
        if text is None and self._settings is not None:
            text = str(self._settings.value(name, ""))
        try:
            value = json.loads(text) if text else default
        except (ValueError, RecursionError):  # edited by hand, or damaged
            return default
        return value if type(value) is type(default) else default

    def put(self, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Store a value."""
        self._values[name] = text = json.dumps(value)
        if self._settings is not None:
            self._settings.setValue(name, text)

    def forget(self, name: str) -> None:
        """Remove a value."""
        self._values.pop(name, None)
        if self._settings is not None:
            self._settings.remove(name)
