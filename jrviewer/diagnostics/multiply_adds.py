"""Multiply-adds of whatever runs on torch, counted while it runs."""

from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count


class MultiplyAdds(FlopCounterMode):
    """Counts inside a `with`; convolutions that are given to oneDNN by name, too, which torch's own
    counter does not know.
    """

    def __init__(self) -> None:
        by_name = {torch.ops.aten.mkldnn_convolution: _of_convolution}
        super().__init__(display=False, custom_mapping=by_name)

    @property
    def total(self) -> int:
        """How many there were."""
        return self.get_total_flops() // 2


def _of_convolution(
    image: list[int],
    weight: list[int],
    *_: Any,  # noqa: ANN401 - bias, padding and so on
    out_shape: list[int],
) -> int:
    return conv_flop_count(image, weight, out_shape)
