import json
from pathlib import Path

import pytest

from tests.training.support.tiny_run import write_data
from training.__main__ import main


@pytest.mark.slow
def test_slices_beside_the_own_one_bring_the_cloud_nearer(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    out = tmp_path / "sparse.json"

    options = ["--per-volume", "1", "--cache", str(tmp_path / "cache"), "--json", str(out)]
    status = main(["sparse", "--data", str(data), *options])

    assert status == 0
    methods = json.loads(out.read_text("utf-8"))["methods"]
    assert methods["all"]["20"]["L1_mm"] < methods["own slice alone"]["0"]["L1_mm"]
    assert 0 < methods["all"]["20"]["within_between"] <= 1
    assert "| all | " in out.with_suffix(".md").read_text("utf-8")
