"""A convolution by oneDNN whatever its size, wherever torch has it."""

import torch
from torch import Tensor, nn

from jrviewer.model.devices import is_kept_from_onednn


class Conv(nn.Conv2d):
    """A convolution by oneDNN where torch's own would take two or three times as long, too."""

    def forward(self, x: Tensor) -> Tensor:
        """As `nn.Conv2d` does."""
        return self.by(self.weight, self.bias, x)

    def by(self, weight: Tensor, bias: Tensor | None, x: Tensor) -> Tensor:
        """As if it had another weight and bias."""
        if not is_kept_from_onednn(x, weight):
            return self._conv_forward(x, weight, bias)
        shape = (self.padding, self.stride, self.dilation)  # never words here
        found: Tensor = torch.mkldnn_convolution(x, weight, bias, *shape, self.groups)  # type: ignore[arg-type]
        return found
