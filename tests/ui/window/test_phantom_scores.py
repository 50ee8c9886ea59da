from pathlib import Path

from pytestqt.qtbot import QtBot

from jrviewer.core.resources import resource
from jrviewer.diagnostics import phantom_truth
from jrviewer.ui.window.main_window import MainWindow


def test_the_phantom_is_held_against_its_truth_on_screen(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.session.phantom_scores.analysed):
        window.session.open([resource("sample")])
    known = window.session.prediction
    assert known is not None
    score = phantom_truth.score(known)
    assert score is not None

    lines = window.denoised.corners.top_right
    assert f"PSNR {score.psnr_before:.1f} → {score.psnr_after:.1f} dB" in lines
    assert f"SSIM {score.ssim_before:.3f} → {score.ssim_after:.3f}" in lines
    assert f"3D: Chamfer {score.chamfer_mm:.1f} mm" in lines


def test_no_other_slice_is_held_against_a_truth(
    qtbot: QtBot, window: MainWindow, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.phantom_scores.analysed):
        window.session.open([ct_file])

    assert not any("PSNR" in line for line in window.denoised.corners.top_right)
