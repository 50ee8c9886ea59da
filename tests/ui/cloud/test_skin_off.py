"""Why the skin is off is said in the 3D pane, as long as it is."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel

from jrviewer.ui.cloud.cloud_view import CloudView
from tests.support.cloud_factory import make_cloud_prediction


def note(pane: CloudView) -> QLabel:
    return pane.toolbar.legend.skin_off


def skin_box(pane: CloudView) -> QCheckBox:
    return next(one for one in pane.findChildren(QCheckBox) if one.text() == "Skin")


def tick(box: QCheckBox) -> None:
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)


@pytest.mark.parametrize(
    ("body_part", "mm", "word"),
    [("HEAD", True, "on a head it is a face"), ("", False, "without a pixel spacing")],
)
def test_the_pane_says_why_the_skin_is_off_and_how_to_see_it(
    pane: CloudView, body_part: str, mm: bool, word: str
) -> None:
    pane.show_prediction(make_cloud_prediction(body_part=body_part, mm=mm))

    assert not skin_box(pane).isChecked()
    assert note(pane).isVisible()
    assert word in note(pane).text()
    assert "Tick it" in note(pane).text()


def test_the_reason_goes_when_the_skin_is_switched_on_and_comes_back(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction(body_part="", mm=False))
    pane.toolbar.setEnabled(True)  # they wait for the 3D view, which this pane has not

    tick(skin_box(pane))
    assert skin_box(pane).isChecked()
    assert not note(pane).isVisible()
    pane.toolbar.setEnabled(True)  # drawing anew told again that the view is to come
    tick(skin_box(pane))
    assert note(pane).isVisible()


def test_a_chest_needs_no_reason_not_even_with_its_skin_off(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction(body_part="HEAD"))
    pane.show_prediction(make_cloud_prediction(body_part="CHEST"))
    assert skin_box(pane).isChecked()
    assert not note(pane).isVisible()

    pane.toolbar.setEnabled(True)
    tick(skin_box(pane))
    assert not skin_box(pane).isChecked()
    assert not note(pane).isVisible()


def test_no_reason_stands_where_there_is_no_cloud(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction(body_part="HEAD"))
    pane.show_prediction(None)

    assert not note(pane).isVisible()
