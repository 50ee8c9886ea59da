"""Generates tests/dicom/writing/confidentiality_profile.json: table E.1-1 of PS3.15, column "Basic
Profile", as the package dicom-anonymizer transcribes it from the standard.

    python -m pip install dicom-anonymizer==2.1.0   # in an environment of its own
    python tests/dicom/tools/confidentiality_profile.py
"""

import importlib
import json
from pathlib import Path

EDITION = "2026c"
TARGET = Path(__file__).resolve().parents[1] / "writing" / "confidentiality_profile.json"
ACTIONS = ("D", "U", "X", "Z", "X_D", "X_Z", "X_Z_D", "X_Z_U_STAR", "Z_D")


def main() -> None:
    """Write one row per attribute: tag as 8 hexadecimal digits ("x" for any), and action."""
    table = importlib.import_module(
        f"dicomanonymizer.dicom_anonymization_databases.dicomfields_{EDITION}"
    )
    rows = {
        _tag(entry): action.replace("_", "/").replace("/STAR", "*")
        for action in ACTIONS
        for entry in getattr(table, f"{action}_TAGS")
    }
    lines = ",\n".join(f"  {json.dumps(row)}: {json.dumps(rows[row])}" for row in sorted(rows))
    TARGET.write_text("{\n" + lines + "\n}\n")


def _tag(entry: tuple[int, ...]) -> str:
    """Group and element; digits that a mask leaves open become "x"."""
    digits = f"{entry[0]:04x}{entry[1]:04x}"
    if len(entry) == 2:
        return digits
    masks = f"{entry[2]:04x}{entry[3]:04x}"
    return "".join(d if m != "0" else "x" for d, m in zip(digits, masks, strict=True))


if __name__ == "__main__":
    main()
