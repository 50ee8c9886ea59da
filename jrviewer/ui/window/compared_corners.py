"""Corner texts of the AI pane, according to what it shows."""

from PySide6.QtCore import QCoreApplication

from jrviewer.core.prediction import Prediction
from jrviewer.ui.slices import residual_painter
from jrviewer.ui.state import captions
from jrviewer.ui.state.captions import SeriesPosition
from jrviewer.ui.state.comparison import blend_title, kind_of
from jrviewer.ui.state.corners import Corners
from jrviewer.ui.state.demonstration import likeness_lines
from jrviewer.ui.state.session import Session
from jrviewer.ui.state.view import View


def compared_corners(
    session: Session,
    known: Prediction,
    place: SeriesPosition,
    view: View,
    magnification: float,
    scale: float,
) -> Corners:
    """Corner texts of a prediction as it is compared now; `scale` is that of what was removed."""
    how = session.compare.now
    kind = kind_of(how)
    below = captions.view_lines(place, view, magnification, is_twin=True)
    spacing = (captions.spacing_text(known.slice),)
    if kind == "original":
        return Corners(
            (_tr("ORIGINAL"),),
            bottom_left=below,
            bottom_right=spacing,
            keeps_top_left=True,
        )
    if kind == "AI":
        title = "" if how.blend == 100 else blend_title(how.blend)
        if how.mode == "swipe":
            title = _tr("ORIGINAL left, AI right")
        if title:
            return captions.denoised_corners(known, place, view, magnification, title)
        lines = captions.score_lines(session.phantom_scores.of(known))
        lines += likeness_lines(session.demonstrations.of(known))
        return captions.denoised_corners(known, place, view, magnification, compared=lines)
    unit = "HU" if known.slice.unit == "HU" else _tr("stored")
    found = residual_painter.sentences(known.removed, unit)
    return Corners(
        top_left=(_tr("AI – what the model removed"), *found),
        bottom_left=captions.removed_lines(place, scale, unit, magnification),
        bottom_right=spacing,
        keeps_top_left=True,
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("compared_corners", text)
