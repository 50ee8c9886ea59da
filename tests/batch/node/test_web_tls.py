"""DICOMweb by TLS: whose certificates are believed, and what is said of those that are not."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer import cli
from jrviewer.batch.node.config import ConfigError, Tls, read_peers
from jrviewer.batch.node.tls import server_context
from tests.batch.node.certificates import make_certificates
from tests.batch.node.listening import HERE
from tests.batch.node.web_server import Answering, answering

SECRET = "Bearer of-nobody"
STUDY = "/studies/1.2.3"

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tls]:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def context_of(tls: Tls, *, asks: bool) -> ssl.SSLContext:
    """Of a service; `asks`: it wants a certificate of the other side, too."""
    context = server_context(tls)
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE
    return context


def configured(folder: Path, root: str, tls: Tls, *, shows: bool, name: str = "") -> Path:
    """A configuration of one service; `shows`: with a certificate of this side."""
    own = f'certificate = "{tls.certificate}", key = "{tls.key}", ' if shows else ""
    named = f', name = "{name}"' if name else ""
    (folder / "token").write_text(SECRET)
    path = folder / "node.toml"
    path.write_text(
        f'[peers.pacs]\nweb = "{root}"\nauthorization = "token"\n'
        f'tls = {{{own}authorities = "{tls.authorities}"{named}}}\n'
    )
    return path


def asked_of(server: Answering, out: Path, *arguments: object) -> None:
    """Let `predict` ask for a study."""
    given = ["predict", f"{server.root}{STUDY}", "--out", str(out), *map(str, arguments)]
    assert cli.main(given) == 1


@pytest.mark.parametrize("asks", [False, True], ids=["one side", "both sides"])
def test_the_hospitals_own_authority_and_a_certificate_of_this_side_are_used(
    tmp_path: Path, certificates: dict[str, Tls], capsys: Captured, asks: bool
) -> None:
    with answering(404, tls=context_of(certificates["node"], asks=asks)) as server:
        config = configured(tmp_path, server.root, certificates["peer"], shows=asks)
        asked_of(server, tmp_path / "out", "--config", config)

    assert [credentials for _, credentials in server.asked] == [SECRET]
    assert "pacs: status 404." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("server", "client", "said"),
    [
        ("stranger", "peer", "pacs: its certificate is signed by none of the authorities"),
        ("expired", "peer", "pacs: its certificate has expired."),
        ("elsewhere", "peer", "pacs: its certificate does not bear this address"),
        ("node", "stranger", "pacs: it does not accept this computer's certificate"),
        ("node", "", "or wants one and there is none (“certificate” and “key”)"),
    ],
)
def test_a_wrong_certificate_is_refused_before_anything_is_told(
    tmp_path: Path,
    certificates: dict[str, Tls],
    capsys: Captured,
    server: str,
    client: str,
    said: str,
) -> None:
    with answering(404, tls=context_of(certificates[server], asks=True)) as service:
        tls = certificates[client or "peer"]
        config = configured(tmp_path, service.root, tls, shows=bool(client))
        asked_of(service, tmp_path / "out", "--config", config)

    told = capsys.readouterr().err
    assert said in told
    assert service.asked == []
    for word in ("1.2.3", SECRET, HERE, "pacs.example"):
        assert word not in told


def test_a_name_that_is_configured_is_looked_for_instead_of_the_address(
    tmp_path: Path, certificates: dict[str, Tls], capsys: Captured
) -> None:
    with answering(404, tls=context_of(certificates["elsewhere"], asks=False)) as server:
        for name in ("pacs.example", "other.example"):
            config = configured(tmp_path, server.root, certificates["peer"], shows=False, name=name)
            asked_of(server, tmp_path / "out", "--config", config)

    right, wrong = capsys.readouterr().err.splitlines()
    assert right == "pacs: status 404."
    assert wrong == "pacs: its certificate bears another name (“name” says which it should)."
    assert len(server.asked) == 1


def test_without_a_configuration_an_authority_of_a_hospitals_own_is_not_believed(
    tmp_path: Path, certificates: dict[str, Tls], capsys: Captured
) -> None:
    with answering(404, tls=context_of(certificates["node"], asks=False)) as server:
        asked_of(server, tmp_path / "out")

    assert server.asked == []
    assert "argument 1: its certificate is signed by none" in capsys.readouterr().err


def test_a_service_that_speaks_no_tls_is_said(
    tmp_path: Path, certificates: dict[str, Tls], capsys: Captured
) -> None:
    with answering(404) as server:
        server.scheme = "https"
        config = configured(tmp_path, server.root, certificates["peer"], shows=True)
        asked_of(server, tmp_path / "out", "--config", config)

    assert "pacs: it does not speak TLS there" in capsys.readouterr().err


def test_half_a_certificate_and_files_that_are_not_there_are_said(
    tmp_path: Path, certificates: dict[str, Tls]
) -> None:
    tls = certificates["peer"]
    config = configured(tmp_path, "https://10.1.0.5/dicom-web", tls, shows=True)
    text = config.read_text()

    assert read_peers(config)["pacs"].tls == replace(tls, name="")
    for change, said in (
        ((f'key = "{tls.key}", ', ""), "lacks something: key"),
        ((str(tls.authorities), "none.pem"), "“authorities”: there is no such file"),
        (('"token"', '"tokens"'), "“authorization”: there is no such file"),
    ):
        config.write_text(text.replace(*change))
        with pytest.raises(ConfigError, match=said):
            read_peers(config)
