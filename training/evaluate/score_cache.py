"""A cache of scores on disk, keyed by a hash of input, method, weights and code."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray


def array_sha(array: FloatArray) -> str:
    """Hash of an array's values and shape."""
    digest = hashlib.sha256(repr((array.shape, array.dtype.str)).encode())
    digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@cache
def source_sha(*modules: ModuleType) -> str:
    """Hash of the source of some modules, so that scores of changed code are computed again."""
    digest = hashlib.sha256()
    for module in modules:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


class Cache:
    """A folder of arrays and small dictionaries. Without a folder, nothing is stored."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def array(self, key: str, make: Callable[[], FloatArray]) -> FloatArray:
        """The array of a key, made only if it is missing."""
        if not (path := self._path(key, "npy")):
            return make()
        if not path.is_file():
            unfinished = path.with_suffix(".part.npy")
            np.save(unfinished, make())
            unfinished.replace(path)
        loaded: FloatArray = np.load(path)
        return loaded

    def scores(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The dictionary of a key, made only if it is missing."""
        if not (path := self._path(key, "json")):
            return make()
        if not path.is_file():
            unfinished = path.with_suffix(".part")
            unfinished.write_text(json.dumps(make()), encoding="utf-8")
            unfinished.replace(path)
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded

    def _path(self, key: str, ending: str) -> Path | None:
        name = hashlib.sha256(key.encode()).hexdigest()[:40]
        return self._folder / f"{name}.{ending}" if self._folder else None
