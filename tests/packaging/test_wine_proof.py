"""What of the proof under Wine can be said without Wine."""

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.packaging.test_recipe import PACKAGING, PINS, load

PROOF = PACKAGING / "windows" / "proof"
DOS = b"MZ" + bytes(0x40 - 2)


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_the_script_is_one() -> None:
    subprocess.run(["bash", "-n", str(PACKAGING / "windows" / "wine.sh")], check=True)


@pytest.mark.parametrize("name", ["tests.txt", "uv.txt", "python.txt"])
def test_every_download_from_pypi_has_a_version_and_hashes(name: str) -> None:
    text = (PROOF / name).read_text("utf-8")
    blocks = re.split(r"^(?=[a-z0-9-]+(?:==|@| ))", text, flags=re.MULTILINE)

    pinned = [block for block in blocks if not block.startswith("#") and block.strip()]
    assert pinned
    assert all(re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", b, re.S) for b in pinned)


def test_every_package_of_debian_has_a_version_and_a_hash() -> None:
    lines = (PROOF / "debs.txt").read_text("utf-8").splitlines()

    pinned = [line for line in lines if not line.startswith("#")]
    assert len(pinned) > 10
    assert all(re.fullmatch(r"[a-z0-9+.:-]+ \S+ [0-9a-f]{64}", line) for line in pinned)


def test_tests_run_with_the_packages_of_the_bundle() -> None:
    also = re.findall(r"^([a-z0-9-]+)==", (PROOF / "tests.txt").read_text("utf-8"), re.MULTILINE)

    assert "torch" in also
    assert not {*also} & {*PINS}  # of those there is one version


@pytest.mark.parametrize(
    ("name", "content", "is_foreign"),
    [
        ("a.dll", DOS + b"Wine builtin DLL" + bytes(32), True),
        ("a.PYD", DOS + b"Wine placeholder DLL" + bytes(32), True),
        ("icuuc.dll", DOS + bytes(64), True),
        ("a.dll", DOS + b"This program cannot be run in DOS mode", False),
        ("short.dll", b"MZ", False),
    ],
)
def test_wines_own_libraries_are_known_again(
    name: str, content: bytes, is_foreign: bool, tmp_path: Path
) -> None:
    foreign = load("windows/proof/foreign.py")
    (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.txt").write_bytes(content)

    if is_foreign:
        with pytest.raises(SystemExit, match=name):
            foreign.main(tmp_path)
    else:
        foreign.main(tmp_path)


def test_an_address_is_found_in_its_section() -> None:
    shims = load("windows/proof/shims.py")
    header = b"PE\0\0" + struct.pack("<HH12xHH", 0x8664, 2, 16, 0) + bytes(16)
    first = struct.pack("<8s4I16x", b".text", 0x100, 0x1000, 0x200, 0x400)
    second = struct.pack("<8s4I16x", b".data", 0x80, 0x2000, 0x200, 0x600)
    content = bytearray(DOS[:0x3C] + struct.pack("<I", 0x40) + header + first + second)

    assert shims._offset(content, 0x1010) == 0x410
    assert shims._offset(content, 0x2000) == 0x600
    with pytest.raises(SystemExit, match="outside"):
        shims._offset(content, 0x9000)
