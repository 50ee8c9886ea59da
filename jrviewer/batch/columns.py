"""The manifest as a Parquet table, for whoever asks questions of 10^7 rows; where pyarrow is."""

import importlib.util
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from jrviewer.batch.manifest import Record
from jrviewer.core.atomic_write import numbered, part_of, reason_of
from jrviewer.core.errors import ExportError

NAME = "manifest.parquet"
ROWS = 10_000  # written at once
_OURS = {b"jrviewer": b"manifest"}
_TEXTS = ("key", "job", "outcome", "source", "series", "ply", "png", "dcm", "input_check")
_TEXTS_TOO = ("strength", "message")
_NUMBERS = ("seconds", "noise_before", "noise_after")
_WHOLE = ("argument", "points", "removed_marks")
_TRUTHS = ("ok", "strength_reached")
_LISTS = ("reasons", "warnings")


def write_columns(folder: Path, records: Iterable[Record]) -> None:
    """Write the table where pyarrow is installed, in place of the one that an earlier run wrote;
    where a file of its name is of somebody else, under a numbered name.

    Raises ExportError where the system refuses.
    """
    if importlib.util.find_spec("pyarrow") is None:
        return
    import pyarrow
    from pyarrow import parquet

    unfinished = part_of(folder / NAME)
    try:
        path = _place(parquet, folder)
        with parquet.ParquetWriter(unfinished, _schema(pyarrow)) as writer:
            remaining = iter(records)
            while some := list(islice(remaining, ROWS)):
                rows = [{name: one.get(name) for name in _schema(pyarrow).names} for one in some]
                writer.write_table(pyarrow.Table.from_pylist(rows, schema=_schema(pyarrow)))
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ExportError(f"{reason_of(error)}; the manifest itself is written.") from error


def _place(parquet: Any, folder: Path) -> Path:  # noqa: ANN401 - a module
    """The table of an earlier run, or a path that nothing has yet."""
    paths = (folder / name for name in numbered(folder / NAME))
    return next(one for one in paths if not os.path.lexists(one) or _is_ours(parquet, one))


def _is_ours(parquet: Any, path: Path) -> bool:  # noqa: ANN401 - a module
    try:
        metadata = parquet.read_schema(path).metadata or {}
    except (OSError, ValueError):  # no table at all, or a link that leads nowhere
        return False
    return all(metadata.get(key) == value for key, value in _OURS.items())


def _schema(pyarrow: Any) -> Any:  # noqa: ANN401 - without types
    fields = [
        *((name, pyarrow.string()) for name in (*_TEXTS, *_TEXTS_TOO)),
        *((name, pyarrow.float64()) for name in _NUMBERS),
        *((name, pyarrow.int64()) for name in _WHOLE),
        *((name, pyarrow.bool_()) for name in _TRUTHS),
        *((name, pyarrow.list_(pyarrow.string())) for name in _LISTS),
    ]
    return pyarrow.schema(fields, metadata=_OURS)
