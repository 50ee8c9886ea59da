"""What a window shows against what its session knows: nothing may be of another slice."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtWidgets import QLabel

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.ui.state import captions
from jrviewer.ui.state.demonstration import dose_name
from jrviewer.ui.state.strength import noise_text, strength_name
from jrviewer.ui.widgets.pane import Pane
from jrviewer.ui.window.main_window import MainWindow


def contradictions(window: MainWindow) -> list[str]:
    """A sentence for each; none in a window that can be trusted."""
    chosen, known = window.session.slice, window.session.prediction
    if chosen is None:
        return []
    result = _without_result(window, chosen) if known is None else _of_result(window, known)
    return [*_of_slice(window, chosen), *result]


def _of_slice(window: MainWindow, chosen: Slice) -> Iterator[str]:
    """The original, the measurements, the list and the slider."""
    session, original = window.session, window.original
    series = session.series
    assert series is not None
    if original._slice is not chosen or original._pixels is None:
        yield "the original pane shows another slice"
    elif not np.array_equal(original._pixels, chosen.pixels, equal_nan=True):
        yield "the original pane shows other values"
    if _title(window.original_pane) != (dose_name(chosen) or "ORIGINAL"):
        yield f"the original is called {_title(window.original_pane)}"
    place, said = captions.position_text(chosen, series), _detail(window.original_pane)
    if said != place and series not in session.opening.shelf.parts:
        yield f"the original is called {said}, it is {place}"
    if session.annotations._slice is not chosen:
        yield "the measurements are of another slice"
    if window.series_list.currentRow() != session.all_series.index(series):
        yield "the list marks another series"
    if len(series) > 1 and window.slider.slider.value() != session.index:
        yield "the slider stands at another slice"


def _of_result(window: MainWindow, known: Prediction) -> Iterator[str]:
    """Where the slice that is shown has a result."""
    pane, status = window.denoised, window.status_bar
    if window.presenter._shown is not known or pane._slice is not known.slice:
        yield "the AI pane shows another result"
    if pane.message:
        yield f"the AI pane says “{pane.message}” over a result that is there"
    if status.noise.text() != noise_text(known)[0]:
        yield f"the noise is said to be {status.noise.text()}, it is {noise_text(known)[0]}"
    if status.check.text() != captions.check_text(known)[0]:
        yield f"the input check is said to be {status.check.text()}"
    badge = window.denoised_pane.findChild(QLabel, "badge")
    if badge is None or badge.text() != strength_name(window.session.strength.now):
        yield "the badge names another strength"
    if known.cloud is not None and window.cloud.prediction is not known:
        yield "the cloud is of another result"


def _without_result(window: MainWindow, chosen: Slice) -> Iterator[str]:
    """Where it has none: only another one's of the same series may be there, and say so."""
    shown, pane = window.presenter._shown, window.denoised
    if window.status_bar.noise.text():
        yield f"the noise is said to be {window.status_bar.noise.text()} without a result"
    if shown is not None and not pane.message:
        yield "the AI pane shows another slice without a word"
    series = window.session.series
    if shown is not None and (series is None or shown.slice not in series.slices):
        yield "the AI pane shows another series"
    if pane._slice is chosen:
        yield "the AI pane shows the slice, which has no result"


def _title(pane: Pane) -> str:
    label = pane.findChild(QLabel, "paneTitle")
    return "" if label is None else label.text()


def _detail(pane: Pane) -> str:
    label = pane.findChild(QLabel, "paneDetail")
    return "" if label is None else label.text()
