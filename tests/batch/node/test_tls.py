"""Encrypted associations, over loopback."""

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer.batch.node.config import ConfigError, Peer, Tls
from jrviewer.batch.node.peers import PeerError, echo
from jrviewer.batch.node.tls import client_arguments, server_context
from tests.batch.node.certificates import make_certificates
from tests.batch.node.listening import HERE, listening, store
from tests.support.dicom_factory import write_ct


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tls]:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


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


@pytest.mark.parametrize(
    ("server", "client", "said"),
    [
        ("node", "", "something listens there, but not as DICOM does: perhaps it wants TLS"),
        ("stranger", "peer", "its certificate is signed by none of the authorities"),
        ("node", "stranger", "it does not accept this computer's certificate"),
        ("", "peer", "it does not speak TLS there"),
    ],
)
def test_why_there_is_no_encrypted_association_is_said(
    tmp_path: Path, certificates: dict[str, Tls], server: str, client: str, said: str
) -> None:
    with listening(tmp_path, tls=certificates.get(server)) as node:
        peer = replace(node.peer, tls=certificates.get(client))
        with pytest.raises(PeerError, match=said):
            echo("PACS", peer)


def test_a_port_at_which_nothing_listens_is_said(tmp_path: Path) -> None:
    with listening(tmp_path) as node:
        gone = node.peer

    with pytest.raises(PeerError, match="nothing listens at its port"):
        echo("PACS", gone)


def test_a_peer_of_an_unknown_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*asked: object, **how: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", fail)  # no question reaches a network

    with pytest.raises(PeerError, match="its name is not known on this computer"):
        echo("PACS", Peer("pacs", "PACS", "no-such-computer.invalid", 104))
