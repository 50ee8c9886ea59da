"""Certificates of two authorities, made by openssl."""

import shutil
import subprocess
from pathlib import Path

import pytest

from jrviewer.batch.node.config import Tls


def make_certificates(folder: Path) -> dict[str, Tls]:
    """Of a node and a peer, which bear the loopback's address, of one that bears another name, and
    of one that has expired, all by one authority; of a stranger by another authority. Each
    believes the first.
    """
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    for authority in ("ours", "theirs"):
        _openssl(
            folder, "req", "-x509", *_new_key(authority), "-days", "2", "-out", f"{authority}.pem"
        )
    (folder / "here.cnf").write_text("subjectAltName=IP:127.0.0.1")
    (folder / "elsewhere.cnf").write_text("subjectAltName=DNS:pacs.example")
    made = {}
    for name, authority, place, days in (
        ("node", "ours", "here", 2),
        ("peer", "ours", "here", 2),
        ("elsewhere", "ours", "elsewhere", 2),
        ("expired", "ours", "here", -1),
        ("stranger", "theirs", "here", 2),
    ):
        _openssl(folder, "req", *_new_key(name), "-out", f"{name}.csr")
        signs = ("-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial")
        says = ("-extfile", f"{place}.cnf", "-days", str(days), "-out", f"{name}.pem")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signs, *says)
        made[name] = Tls(folder / f"{name}.pem", folder / f"{name}.key", folder / "ours.pem")
    return made


def _new_key(name: str) -> tuple[str, ...]:
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    return (*kind, "-keyout", f"{name}.key", "-subj", f"/CN={name}")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
