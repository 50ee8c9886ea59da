import pytest

from jrviewer.model.devices import multiplies_bfloat16
from training.evaluate import layer_times


@pytest.mark.slow
def test_every_layer_is_timed_slowest_first_and_time_grows_with_the_slice() -> None:
    found = layer_times.measure({"fp32": 100.0, "bf16": 100.0}, quick=True)

    assert found["growth"]["exponent"] > 0
    assert ("layers_bf16" in found) is multiplies_bfloat16()
    for layers in found.keys() & {"layers", "layers_bf16"}:
        assert found[layers][0]["ms"] >= found[layers][-1]["ms"]
