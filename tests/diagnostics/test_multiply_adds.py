import pytest
import torch

from jrviewer.diagnostics.multiply_adds import MultiplyAdds


@pytest.mark.parametrize("by_name", [True, False])
def test_a_convolution_counts_alike_whoever_computes_it(by_name: bool) -> None:
    image, weight = torch.zeros(1, 8, 32, 32), torch.zeros(16, 8, 3, 3)
    with torch.inference_mode(), MultiplyAdds() as counted:
        if by_name:
            torch.mkldnn_convolution(image, weight, None, (1, 1), (1, 1), (1, 1), 1)
        else:
            torch.conv2d(image, weight, padding=1)

    assert counted.total == 32 * 32 * 16 * 8 * 9
