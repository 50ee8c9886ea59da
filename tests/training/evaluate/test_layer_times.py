import pytest

from jrviewer.model.devices import multiplies_bfloat16
from training.evaluate import layer_times


@pytest.mark.slow
def test_every_layer_is_timed_slowest_first_and_time_grows_with_the_slice() -> None:
    found = layer_times.measure({"fp32": 100.0, "bf16": 100.0}, quick=True)

    growth = found["growth"]
    assert growth["exponent"] > 0
    assert all(growth["least_ms"][side] <= growth["ms"][side] for side in growth["ms"])
    assert ("layers_bf16" in found) is multiplies_bfloat16()
    for layers in found.keys() & {"layers", "layers_bf16"}:
        assert found[layers][0]["ms"] >= found[layers][-1]["ms"]


@pytest.mark.slow
def test_no_layer_exceeds_the_peak() -> None:
    found = layer_times.measure({"fp32": 0.1, "bf16": 0.1}, quick=True)

    assert found["peak_gflops"]["fp32"] > 0.1
    for layers in found.keys() & {"layers", "layers_bf16"}:
        assert all(0 < row["share_of_peak"] <= 1 for row in found[layers])
