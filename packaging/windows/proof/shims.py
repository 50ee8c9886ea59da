"""What Wine 10 lacks and the app's libraries ask for; goes into Wine alone, never into the bundle.

`shims.py ucrtbase DLL` writes three functions of C's complex numbers, which numpy imports, over the
stubs that end a program in Wine's C library. `shims.py icuuc QT6CORE DLL` makes Windows' own ICU
with mingw: functions that convert nothing, under every name that Qt imports; Qt then does without.
"""

import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

MACHINE_CODE = {
    "crealf": "66 0f 6e c1 c3",  # movd xmm0, ecx; ret: both floats come in one register
    "cimagf": "48 c1 e9 20 66 0f 6e c1 c3",  # shr rcx, 32; movd xmm0, ecx; ret
    "cimag": "f2 0f 10 41 08 c3",  # movsd xmm0, [rcx + 8]; ret: two doubles come by address
}
STUB = bytes.fromhex("48 83 ec 28 48 8d 0d")  # how a stub of Wine's begins; 24 bytes in all
OBJDUMP, GCC = "x86_64-w64-mingw32-objdump", "x86_64-w64-mingw32-gcc"


def patch(library: Path) -> None:
    """Write the functions over their stubs; what is there already stays."""
    content = bytearray(library.read_bytes())
    addresses = _exports(library)
    for name, code in MACHINE_CODE.items():
        at = _offset(content, addresses[name])
        wanted = bytes.fromhex(code)
        if content[at : at + len(wanted)] == wanted:
            continue
        if content[at : at + len(STUB)] != STUB:
            raise SystemExit(f"{name} in {library.name} is no stub: this Wine needs no shim.")
        content[at : at + len(wanted)] = wanted
    library.write_bytes(content)


def _exports(library: Path) -> dict[str, int]:
    """Addresses, relative to the image, by name."""
    told = _told(OBJDUMP, "-p", library)
    at = dict(re.findall(r"^\s*\[\s*(\d+)\] \+base\[\s*\d+\] ([0-9a-f]+) Export RVA", told, re.M))
    names = re.findall(r"^\s*\[\s*(\d+)\] \+base\[\s*\d+\]\s+[0-9a-f]+ (\w+)$", told, re.M)
    return {name: int(at[index], 16) for index, name in names if index in at}


def _offset(content: bytearray, address: int) -> int:
    """Where in the file of a PE image an address lies."""
    header = struct.unpack_from("<I", content, 0x3C)[0]
    sections, optional = struct.unpack_from("<H12xH", content, header + 6)
    for section in range(sections):
        size, start, stored, offset = struct.unpack_from(
            "<4I", content, header + 24 + optional + 40 * section + 8
        )
        if start <= address < start + max(size, stored):
            return int(offset + address - start)
    raise SystemExit("An export lies outside all sections.")


def make_icu(qt: Path, library: Path) -> None:
    """A library with a function of each name that Qt imports from ICU, which returns nothing."""
    told = _told(OBJDUMP, "-p", qt)
    found = re.search(r"DLL Name: icuuc\.dll\n(.*?)\n\n", told, re.S)
    names = re.findall(r"<none>\s+[0-9a-f]+\s+(\w+)", found.group(1)) if found else []
    if not names:
        raise SystemExit("Qt imports nothing from ICU: this Qt needs no shim.")
    lines = [f"__declspec(dllexport) long long {name}(void) {{ return 0; }}" for name in names]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "icuuc.c"
        source.write_text("\n".join(lines) + "\n", "utf-8")
        subprocess.run([GCC, "-shared", "-s", "-o", str(library), str(source)], check=True)


def _told(*command: str | Path) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    if what == "ucrtbase":
        patch(*map(Path, paths))
    else:
        make_icu(*map(Path, paths))
