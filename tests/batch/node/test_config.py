"""The node's configuration file."""

from pathlib import Path

import pytest

from jrviewer.batch.node.config import ConfigError, read_config, read_peers
from jrviewer.core.strength import HIGH

WHOLE = """
[node]
title = "JRVIEWER"
folder = "queue"
send_to = "pacs"
strength = "high"

[listen]
port = 11112
callers = [{title = "PACS", address = "10.1.0.0/16", port = 104}, {title = "CT", address = "::1"}]

[peers.pacs]
title = "PACS"
address = "10.1.0.5"
port = 104
tls = {certificate = "a.pem", key = "a.key", authorities = "ca.pem"}
"""


def written(folder: Path, text: str) -> Path:
    for name in ("a.pem", "a.key", "ca.pem", "pacs.token"):
        (folder / name).touch()
    path = folder / "node.toml"
    path.write_text(text)
    return path


def test_a_whole_configuration_is_understood(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, WHOLE))

    assert config.folder == tmp_path / "queue"
    assert config.strength == HIGH
    assert config.listen is not None
    assert config.listen.quiet_seconds == 30
    first, second = config.listen.callers
    assert first.is_at("10.1.2.3")
    assert first.is_at("::ffff:10.1.2.3")
    assert not first.is_at("10.2.0.1")
    assert second.is_at("::1")
    destination = config.destination
    assert destination is not None
    assert destination.tls is not None
    assert destination.tls.key == tmp_path / "a.key"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('title = "JRVIEWER"', 'title = "A TITLE THAT IS TOO LONG"'), "is no AE title"),
        (('folder = "queue"', 'colour = "red"'), "“colour”, which means nothing"),
        (('send_to = "pacs"', 'send_to = "nobody"'), "names no peer"),
        (("port = 11112", 'port = "eleven"'), "[listen] “port” is not what it should be"),
        (("port = 11112", "port = true"), "[listen] “port” is not what it should be"),
        (("port = 11112", "port = 11112\nquiet_seconds = -1"), "is below 0"),
        (("10.1.0.0/16", "pacs.example"), "is no IP address"),
        (('callers = [{title = "PACS", ', 'callers = [] # {title = "PACS", '), "nobody would be"),
        (("port = 11112", 'port = 11112\naddress = "0.0.0.0"'), "so “tls” is needed"),
        (('strength = "high"', 'strength = "strong"'), "The strength is low"),
        (('address = "10.1.0.5"\n', ""), "[peers.pacs] lacks something: address"),
        (("port = 11112", 'port = 11112\naddress = "localhost"'), "“address” is no IP address"),
        (("port = 11112", "port = 111112"), "[listen] “port” is above 65535"),
        (("port = 11112", "port = 0"), "[listen] “port” is 0"),
        (("port = 104\ntls", "port = 0\ntls"), "[peers.pacs] “port” is 0"),
        (("port = 11112", "port = 11112\nmost_associations = 0"), "nobody would be let in"),
        (('address = "10.1.0.5"', 'web = "pacs"'), "[peers.pacs] “web”: The address is not one"),
        (('"a.key"', '"b.key"'), "[peers.pacs] tls “key”: there is no such file"),
        (('key = "a.key"', 'keys = "a.key"'), "[peers.pacs] tls has an entry “keys”"),
        (('key = "a.key", ', ""), "[peers.pacs] tls lacks something: key"),
        (("[node]", "[nodes]"), "lacks [node]"),
        (("[node]", "[node"), "is no TOML"),
    ],
)
def test_what_does_not_work_is_said_with_its_place(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    assert change[0] in WHOLE
    with pytest.raises(ConfigError) as raised:
        read_config(written(tmp_path, WHOLE.replace(*change, 1)))

    assert said in str(raised.value)


def test_peers_of_dicomweb_need_no_node_and_no_port(tmp_path: Path) -> None:
    text = '[peers.pacs]\nweb = "https://10.1.0.5/dicom-web"\nauthorization = "pacs.token"\n'

    peer = read_peers(written(tmp_path, text))["pacs"]

    assert peer.web == "https://10.1.0.5/dicom-web"
    assert peer.authorization == tmp_path / "pacs.token"
