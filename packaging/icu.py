"""Cuts ICU's tables, which Qt's core is linked with, down to what the app can come to use.

`python packaging/icu.py libicudata.so.NN`, on Linux: of 32 MB stay the tables of no language and of
English, with which Qt sorts, cases and formats; those of 700 other locales, of 8-bit code pages and
of line breaking in dictionaries go. The format is that of ICU's own data packages (ucmndata.h): a
header, a table of names and places, and the items, each on a multiple of 16 bytes.
"""

import platform
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ALIGNMENT = 16
_MAGIC = b"\xda\x27"
_FORMAT = b"CmnD"
_DROPPED = re.compile(r".*\.(cnv|spp|cfu|dict|brk)|brkitr/.*|translit/.*|rbnf/.*")
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Za-z0-9_]+)?\.res")
_KEPT_LOCALES = ("root.res", "en.res", "en_US.res", "en_001.res")


def main(library: Path) -> None:
    """Replace the library by one with fewer tables."""
    content = library.read_bytes()
    start = _start(content)
    header, items = unpacked(content[start:])
    kept = {name: item for name, item in items.items() if is_wanted(name)}
    symbol = f"{next(iter(items)).partition('/')[0].rstrip('lb')}_dat"
    _link(pack(header, kept), symbol, library)


def is_wanted(name: str) -> bool:
    """Whether a table, e.g. "icudt73l/coll/de.res", stays."""
    inside = name.partition("/")[2]
    if _DROPPED.fullmatch(inside):
        return False
    file = inside.rpartition("/")[2]
    return file in _KEPT_LOCALES or not _LOCALE.fullmatch(file)


def unpacked(package: bytes) -> tuple[bytes, dict[str, bytes]]:
    """A package's header and its items by name, in their order; the last one to the end."""
    (size,) = struct.unpack_from("<H", package)
    table = package[size:]
    (count,) = struct.unpack_from("<I", table)
    places = [struct.unpack_from("<II", table, 4 + 8 * number) for number in range(count)]
    names = [table[at : table.index(b"\0", at)].decode("ascii") for at, _ in places]
    ends = [at for _, at in places[1:]] + [len(table)]
    spans = zip(names, places, ends, strict=True)
    return package[:size], {name: table[at:end] for name, (_, at), end in spans}


def pack(header: bytes, items: Mapping[str, bytes]) -> bytes:
    """A package of these items, whose names must be in order."""
    names = b""
    name_places = []
    first_name = 4 + 8 * len(items)
    for name in items:
        name_places.append(first_name + len(names))
        names += name.encode("ascii") + b"\0"
    body = b""
    places = []
    first_item = _aligned(first_name + len(names))
    for item in items.values():
        places.append(first_item + len(body))
        body += item.ljust(_aligned(len(item)), b"\0")
    table = b"".join(struct.pack("<II", *pair) for pair in zip(name_places, places, strict=True))
    before = struct.pack("<I", len(items)) + table + names
    return header + before.ljust(first_item, b"\0") + body


def _start(content: bytes) -> int:
    """Where the package begins in the library."""
    at = content.find(_MAGIC)
    while at >= 0 and content[at + 10 : at + 14] != _FORMAT:
        at = content.find(_MAGIC, at + 1)
    if at < 0:
        raise SystemExit("This library holds no ICU data of the known format.")
    return at - 2


def _link(package: bytes, symbol: str, library: Path) -> None:
    """A shared library that holds a package under a symbol."""
    with tempfile.TemporaryDirectory() as folder:
        data, compiled = Path(folder) / "package.dat", Path(folder) / "package.o"
        data.write_bytes(package)
        name = re.sub(r"\W", "_", str(data))
        read_only = ".rodata,alloc,load,readonly,data,contents"
        _run(
            *("objcopy", "-I", "binary", "-O", _elf(), "--rename-section", f".data={read_only}"),
            *("--set-section-alignment", f".data={ALIGNMENT}"),
            *("--redefine-sym", f"_binary_{name}_start={symbol}"),
            *("--strip-symbol", f"_binary_{name}_end", "--strip-symbol", f"_binary_{name}_size"),
            *(str(data), str(compiled)),
        )
        library.unlink()  # it may be linked to from elsewhere
        _run(
            *("ld", "-shared", "-z", "noexecstack", "-soname", library.name),
            *("-o", str(library), str(compiled)),
        )


def _elf() -> str:
    """What objcopy calls this machine's object files."""
    return {"x86_64": "elf64-x86-64", "aarch64": "elf64-littleaarch64"}[platform.machine()]


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
