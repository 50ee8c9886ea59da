import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file

from jrviewer.model.network import JointNet
from tests.support.small_network import SMALL, small_net
from training.fit.warm_start import earlier_state


def saved(state: dict[str, torch.Tensor], path: Path) -> Path:
    save_file(state, path, metadata={"jrviewer": json.dumps({"config": asdict(SMALL)})})
    return path


def test_weights_for_the_same_input_are_taken_as_they_are(tmp_path: Path) -> None:
    net = small_net()
    config, state = earlier_state(saved(net.state_dict(), tmp_path / "w.safetensors"))
    assert config == SMALL
    assert all(torch.equal(state[name], value) for name, value in net.state_dict().items())


def test_a_stem_with_the_noise_as_a_channel_loses_it(tmp_path: Path) -> None:
    old = small_net().state_dict()
    fine = SMALL.widths[0]
    old["encoder.stem.weight"] = torch.arange(16.0)[None, :, None, None].repeat(fine, 1, 3, 3)
    _, state = earlier_state(saved(old, tmp_path / "w.safetensors"))
    JointNet(SMALL).load_state_dict(state)
    kept = state["encoder.stem.weight"][0, :, 0, 0].tolist()
    assert kept == [0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15]
    assert (state["encoder.stem.bias"] < old["encoder.stem.bias"]).all()
