"""What tests of layers may ask for."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture
def threads() -> Iterator[None]:
    """The number of torch's threads may be changed; afterwards it is as it was."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
