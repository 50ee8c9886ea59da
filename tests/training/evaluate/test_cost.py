import pytest
import torch

from jrviewer.diagnostics.multiply_adds import MultiplyAdds
from jrviewer.model import cpu_tuning
from jrviewer.model.joint_model import JointModel
from jrviewer.model.network_input import CT
from tests.support.small_network import SMALL, small_net
from training.baselines.denoisers import Cnn10, RedCnn, new_network, save_network
from training.evaluate.cost import cost_table, macs_of_cloud, macs_of_slice
from training.evaluate.report import COST_COLUMNS, _grid


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    folder = tmp_path_factory.mktemp("peers")
    save_network("cnn10", new_network("cnn10"), folder, {})
    return cost_table(JointModel("small", "0" * 64, "CPU", small_net(), 1.0), folder, quick=True)


def test_every_method_has_its_time_beside_the_time_of_ours(
    table: dict[str, dict[str, float]],
) -> None:
    assert {"ours", "ours_cloud", "ours_both", "nlm", "tv", "cnn10"} == set(table)
    for row in table.values():
        assert row["ms_512"] > 0
        assert row["ms_ratio"] == pytest.approx(
            row["ms_512"] / table["ours"]["ms_512"], rel=0.05, abs=0.02
        )


def test_parameters_and_multiply_adds_are_those_of_the_layers(
    table: dict[str, dict[str, float]],
) -> None:
    convolutions = 9 * 9 * 64 + 3 * 3 * 64 * 32 + 5 * 5 * 32
    assert table["cnn10"]["macs_per_pixel"] == convolutions
    assert table["cnn10"]["parameters"] == convolutions + 64 + 32 + 1
    assert table["nlm"]["parameters"] == 0


def test_both_heads_share_one_encoder(table: dict[str, dict[str, float]]) -> None:
    encoder = sum(p.numel() for p in small_net().encoder.parameters())
    apart = table["ours"]["parameters"] + table["ours_cloud"]["parameters"]

    assert table["ours_both"]["parameters"] == apart - encoder


def test_a_slice_and_its_cloud_cost_what_both_passes_cost() -> None:
    net = small_net()
    with torch.inference_mode(), MultiplyAdds() as counted:
        cpu_tuning.run(net, None, torch.zeros(1, 1, 512, 512), CT)
        net.surfaces(torch.zeros(1, 1, 128, 128))

    assert macs_of_slice(net) == pytest.approx(counted.total, rel=1e-3)
    assert macs_of_cloud(net) > 64 * 64 * SMALL.cloud_widths[2] * 5 * 48  # its last layer alone


@pytest.mark.parametrize(("network", "side"), [(Cnn10, 64), (RedCnn, 1000)])
def test_a_peers_own_count_is_what_its_layers_do(network: type[Cnn10], side: int) -> None:
    with torch.device("meta"), MultiplyAdds() as counted:
        network()(torch.zeros(1, 1, side, side))

    counted = counted.total / side**2
    assert network.macs_per_pixel == pytest.approx(counted, rel=0.05)  # RED-CNN shrinks borders


def test_the_report_says_nothing_where_a_method_is_no_sum_of_products(
    table: dict[str, dict[str, float]],
) -> None:
    (line,) = (row for row in _grid(table, COST_COLUMNS).splitlines() if row.startswith("| nlm"))

    assert line.split("|")[2].strip() == "–"
