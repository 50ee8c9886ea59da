"""Nothing of Wine, and none of its shims, may be in a bundle: `foreign.py BUNDLE` looks."""

import sys
from pathlib import Path

MARKS = (b"Wine builtin DLL", b"Wine placeholder DLL")  # at the same place in all of Wine's own
AT = 0x40
OWN_OF_WINDOWS = ("icuuc.dll", "icuin.dll", "icu.dll", "ucrtbase.dll", "kernel32.dll", "ntdll.dll")


def main(bundle: Path) -> None:
    """End with a list where there is any."""
    programs = [f for f in bundle.rglob("*") if f.suffix.lower() in {".dll", ".exe", ".pyd"}]
    foreign = [file for file in programs if is_wines(file)]
    if not programs or foreign:
        raise SystemExit(f"{len(programs)} programs and libraries; foreign: {foreign or 'none'}")
    sys.stdout.write(f"{len(programs)} programs and libraries, none of Wine's.\n")


def is_wines(file: Path) -> bool:
    """Whether a file was made by Wine, or has the name of one that Windows itself brings."""
    with file.open("rb") as opened:
        opened.seek(AT)
        begin = opened.read(32)
    return begin.startswith(MARKS) or file.name.lower() in OWN_OF_WINDOWS


if __name__ == "__main__":
    main(Path(sys.argv[1]))
