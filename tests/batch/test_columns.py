"""The manifest as a Parquet table."""

from pathlib import Path

import pytest

from jrviewer.batch.columns import write_columns
from jrviewer.export.own_exports import is_export_file
from tests.batch.test_summary_page import record

parquet = pytest.importorskip("pyarrow.parquet")


def test_a_row_for_every_record_with_its_values(tmp_path: Path) -> None:
    rows = [record(noise_before=12.5, reasons=["One."], ok=True), record(outcome="failed")]
    write_columns(tmp_path, rows[:1])

    write_columns(tmp_path, rows)

    table = parquet.read_table(tmp_path / "manifest.parquet").to_pylist()
    assert [row["outcome"] for row in table] == ["done", "failed"]
    assert (table[0]["noise_before"], table[0]["reasons"], table[0]["ok"]) == (12.5, ["One."], True)
    assert is_export_file(tmp_path / "manifest.parquet")


def test_a_table_of_somebody_else_stays_and_ours_has_a_name_of_its_own(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table, no_table = tmp_path / "manifest.parquet", tmp_path / "manifest-0002.parquet"
    parquet.write_table(pyarrow.table({"a": [1]}), table)
    no_table.write_text("notes")
    before = table.read_bytes()

    for _ in range(2):
        write_columns(tmp_path, [record()])

    assert table.read_bytes() == before
    assert no_table.read_text() == "notes"
    assert len(list(tmp_path.iterdir())) == 3
    assert is_export_file(tmp_path / "manifest-0003.parquet")
