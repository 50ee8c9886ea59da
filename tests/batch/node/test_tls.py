"""Encrypted associations, over loopback."""

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from jrviewer.batch.node.config import ConfigError, Tls
from jrviewer.batch.node.tls import client_arguments, server_context
from tests.batch.node.listening import HERE, listening, store
from tests.support.dicom_factory import write_ct


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tls]:
    """Of a node and a peer by one authority, and of a stranger by another."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("certificates")
    for authority in ("ours", "theirs"):
        openssl(
            folder, "req", "-x509", *new_key(authority), "-days", "2", "-out", f"{authority}.pem"
        )
    made = {}
    for name, authority in (("node", "ours"), ("peer", "ours"), ("stranger", "theirs")):
        openssl(folder, "req", *new_key(name), "-out", f"{name}.csr")
        signs = ("-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signs, "-out", f"{name}.pem")
        made[name] = Tls(folder / f"{name}.pem", folder / f"{name}.key", folder / "ours.pem")
    return made


def new_key(name: str) -> tuple[str, ...]:
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    return (*kind, "-keyout", f"{name}.key", "-subj", f"/CN={name}")


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def test_with_a_certificate_of_the_authority_a_peer_is_let_in(
    tmp_path: Path, certificates: dict[str, Tls]
) -> None:
    path = write_ct(tmp_path / "a.dcm")
    with (
        listening(tmp_path, tls=certificates["node"]) as node,
        node.called(tls=certificates["peer"]) as peer,
    ):
        assert store(peer, path).Status == 0x0000


@pytest.mark.parametrize("who", ["stranger", ""])
def test_with_another_certificate_or_none_nobody_is(
    tmp_path: Path, certificates: dict[str, Tls], who: str
) -> None:
    tls = certificates.get(who)
    with listening(tmp_path, tls=certificates["node"]) as node, node.called(tls=tls) as peer:
        assert not peer.is_established
        assert node.kept() == []


def test_a_silent_caller_keeps_nobody_out(tmp_path: Path, certificates: dict[str, Tls]) -> None:
    with (
        listening(tmp_path, tls=certificates["node"]) as node,
        socket.create_connection((HERE, node.server.port)),
        node.called(tls=certificates["peer"]) as peer,
    ):
        assert peer.is_established


def test_nothing_older_than_tls_1_2_is_spoken(certificates: dict[str, Tls]) -> None:
    context = server_context(certificates["node"])

    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    names = [cipher["name"] for cipher in context.get_ciphers()]
    assert all("ECDHE" in name or name.startswith("TLS_") for name in names)


def test_files_that_do_not_belong_together_end_in_a_sentence(
    certificates: dict[str, Tls], tmp_path: Path
) -> None:
    node = certificates["node"]

    with pytest.raises(ConfigError, match="do not belong together"):
        server_context(Tls(node.certificate, certificates["peer"].key, node.authorities))
    with pytest.raises(ConfigError, match="are missing"):
        client_arguments(Tls(tmp_path / "none.pem", node.key, node.authorities))
