"""What is remembered from one run to the next: small values under names, never a patient's.

Every value travels as JSON text, as the systems' own formats disagree about types.
"""

import json
from typing import Any

from PySide6.QtCore import QSettings


class Preferences:
    """Remembers in the user's settings, or, without them, for as long as it lives."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings
        self._values: dict[str, str] = {}

    @classmethod
    def of_user(cls) -> "Preferences":
        """The one of this user's account."""
        scope = QSettings.Scope.UserScope
        return cls(QSettings(QSettings.Format.IniFormat, scope, "JRViewer", "JRViewer"))

    def get(self, name: str, default: Any) -> Any:  # noqa: ANN401 - whatever JSON can say
        """A value, or the default where there is none of the default's type."""
        text = self._values.get(name)
        if text is None and self._settings is not None:
            text = str(self._settings.value(name, ""))
        try:
            value = json.loads(text) if text else default
        except json.JSONDecodeError:  # edited by hand
            return default
        return value if type(value) is type(default) else default

    def put(self, name: str, value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
        """Remember a value."""
        self._values[name] = text = json.dumps(value)
        if self._settings is not None:
            self._settings.setValue(name, text)

    def forget(self, name: str) -> None:
        """Remember it no longer."""
        self._values.pop(name, None)
        if self._settings is not None:
            self._settings.remove(name)
