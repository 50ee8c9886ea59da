import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from jrviewer.core.errors import (
    DeviceError,
    ModelError,
)
from jrviewer.model.load import load_model
from jrviewer.model.network import JointNet
from tests.support.small_network import SMALL, small_net


def write_weights(path: Path) -> Path:
    sizes = {name: getattr(SMALL, name) for name in SMALL.__slots__}
    about = {"name": "small", "version": "0", "config": sizes}
    state = {name: tensor.half() for name, tensor in small_net().state_dict().items()}
    save_file(state, path, metadata={"jrviewer": json.dumps(about)})
    return path


def test_weights_load_with_their_own_sizes(tmp_path: Path) -> None:
    model = load_model("cpu", write_weights(tmp_path / "w.safetensors"))

    assert model.name == "small 0"
    assert model.net.config == SMALL
    assert next(model.net.parameters()).dtype == torch.float32


def test_the_bundled_weights_file_is_let_go_once_it_is_read() -> None:
    familiarity = load_model("cpu").familiarity

    assert familiarity is not None
    assert all(array.flags.owndata for array in familiarity.arrays().values())


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors", metadata={"jrviewer": "{}"})

    with pytest.raises(ModelError, match="damaged or made for another version"):
        load_model("cpu", tmp_path / "w.safetensors")


def test_asking_for_cuda_where_there_is_none_is_answered_in_a_sentence(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")

    with pytest.raises(ModelError, match="Choose the CPU"):
        load_model("cuda", write_weights(tmp_path / "w.safetensors"))


def test_a_graphics_memory_too_full_for_the_model_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(net: JointNet, device: torch.device) -> JointNet:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(JointNet, "to", full)

    with pytest.raises(DeviceError, match="memory is too full for the model"):
        load_model("cpu")
