import pytest
from scipy.ndimage import median_filter

from jrviewer.core.strength import HIGH, STANDARD
from jrviewer.diagnostics.low_dose_demonstration import demonstrate
from jrviewer.model.joint_model import JointModel
from tests.support.noisy_prediction import make_noisy
from tests.support.small_network import small_net


@pytest.fixture
def smoother(monkeypatch: pytest.MonkeyPatch) -> JointModel:
    """A median filter for a denoiser, as an untrained network removes nothing."""
    monkeypatch.setattr(JointModel, "denoise", lambda _, pixels, unit: median_filter(pixels, 5))
    return JointModel("small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)


def test_denoising_brings_the_twin_nearer_to_the_acquired_slice(smoother: JointModel) -> None:
    made = make_noisy(sd=8).at(STANDARD)

    shown = demonstrate(smoother, made)

    likeness = shown.likeness()
    assert shown.acquired is made.slice
    assert shown.twin.slice.simulated_dose == 0.25
    assert shown.twin.strength == STANDARD
    assert likeness.psnr_after > likeness.psnr_before + 1
    assert likeness.ssim_after > likeness.ssim_before


def test_another_strength_needs_no_network(
    smoother: JointModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = demonstrate(smoother, make_noisy(sd=8).at(STANDARD))
    monkeypatch.setattr(JointModel, "denoise", None)

    high = shown.at(HIGH)

    assert high.twin.noise_after is not None
    assert shown.twin.noise_after is not None
    assert high.twin.noise_after < shown.twin.noise_after
    assert high.likeness() != shown.likeness()
