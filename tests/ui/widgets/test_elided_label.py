"""A line that does not fit ends before a number, never within it."""

import pytest
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF
from pytestqt.qtbot import QtBot

from jrviewer.ui.widgets.elided_label import elided

PROBE = "−955 HU   AI −924   Δ 31   row 313 column 279"


@pytest.mark.parametrize("kind", [QFontMetrics, QFontMetricsF])
def test_a_number_is_shown_whole_or_not_at_all(
    qtbot: QtBot, kind: type[QFontMetrics] | type[QFontMetricsF]
) -> None:
    metrics = kind(QFont())
    whole = set(PROBE.split())
    for room in range(10, 400, 7):
        shown = elided(PROBE, metrics, room)
        assert metrics.horizontalAdvance(shown) <= max(room, metrics.horizontalAdvance(" …"))
        numbers = [one for one in shown.split() if any(map(str.isdigit, one))]
        assert set(numbers) <= whole
    assert elided(PROBE, metrics, 4000) == PROBE


@pytest.mark.parametrize(
    "text", ["AI DENOISED", "REMOVED: original − AI", "not the acquired image"]
)
def test_a_line_is_cut_between_words_unless_not_even_the_first_fits(
    qtbot: QtBot, text: str
) -> None:
    metrics = QFontMetrics(QFont())
    first = text.split()[0]
    for room in range(metrics.horizontalAdvance(f"{first} …"), metrics.horizontalAdvance(text)):
        shown = elided(text, metrics, room).removesuffix("…").rstrip()
        assert shown.split() == text.split()[: len(shown.split())]
        assert shown
    assert elided("abdomen_of_somebody", metrics, 60).startswith("ab")
