"""Writes what Windows shows of JRViewer.exe under Properties, Details, into a file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jrviewer import NOTICE, __version__


def text(version: str) -> str:
    """PyInstaller's version file."""
    numbers = tuple(int(part) for part in version.split("+")[0].split(".")[:3])
    four = (*numbers, *(0,) * (4 - len(numbers)))
    words = {
        "CompanyName": "The JRViewer team",
        "FileDescription": "JRViewer",
        "FileVersion": version,
        "InternalName": "JRViewer",
        "LegalCopyright": "Apache License 2.0",
        "OriginalFilename": "JRViewer.exe",
        "ProductName": "JRViewer",
        "ProductVersion": version,
        "Comments": NOTICE,
    }
    strings = ",\n".join(f"        StringStruct({key!r}, {word!r})" for key, word in words.items())
    return (
        f"VSVersionInfo(\n  ffi=FixedFileInfo(filevers={four}, prodvers={four}),\n"
        "  kids=[\n    StringFileInfo([StringTable('040904B0', [\n"
        f"{strings}\n    ])]),\n    VarFileInfo([VarStruct('Translation', [1033, 1200])])\n  ]\n)\n"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(__version__), "utf-8")
