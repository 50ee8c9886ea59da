"""The node's configuration: a TOML file, checked as a whole before anything is started."""

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from jrviewer.batch.web_address import WebAddressError, parse_root
from jrviewer.core.errors import JRViewerError
from jrviewer.core.strength import STANDARD, Strength, parse_strength

MOST_PORT = 65535
LONGEST_TITLE = 16  # characters of an AE title (PS3.5 6.2)


class ConfigError(JRViewerError):
    """The configuration does not work; the sentence says where and why."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate files in PEM. Both sides show one, signed by one of the authorities; of DICOMweb
    this side may have none.
    """

    certificate: Path | None
    key: Path | None
    authorities: Path
    # That the peer's certificate must bear; "": of DICOMweb its address, else any that the
    # authorities signed.
    name: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """An application entity that the node calls."""

    name: str  # in the configuration
    title: str
    address: str
    port: int
    tls: Tls | None = None
    commitment: bool = True  # ask for storage commitment, where it is offered
    web: str = ""  # root of its DICOMweb service, for sending and fetching instead of DIMSE
    authorization: Path | None = None  # a file with the value of that header, such as “Bearer …”


@dataclass(frozen=True, slots=True)
class Caller:
    """An application entity that may call the node."""

    title: str
    address: str
    port: int = 0  # where it takes reports of storage commitment; 0: it asks for none

    def is_at(self, address: str) -> bool:
        """Whether an address is the one, or in the network, that is listed."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return found in ipaddress.ip_network(self.address, strict=False)


@dataclass(frozen=True, slots=True)
class Listen:
    """How the node listens. Without it no port is opened."""

    port: int
    callers: tuple[Caller, ...]
    address: str = "127.0.0.1"
    tls: Tls | None = None
    quiet_seconds: float = 30.0  # without a new slice: the series is complete
    largest_mb: float = 1024.0  # of one object
    queue_gb: float = 100.0  # of all that waits
    most_associations: int = 10
    most_per_minute: int = 6000  # objects of one association; faster ones are slowed down
    timeout_seconds: float = 30.0  # of silence


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """All of it."""

    title: str
    folder: Path
    send_to: str = ""  # a peer; "": what was derived stays in the folder
    keep_hours: float = 24.0  # after a series was sent
    device: str = "auto"
    strength: Strength = STANDARD
    run_anyway: bool = False
    deidentify: bool = False
    listen: Listen | None = None
    peers: Mapping[str, Peer] = field(default_factory=dict)

    @property
    def destination(self) -> Peer | None:
        """Where to send to."""
        return self.peers[self.send_to] if self.send_to else None


def read_config(path: Path) -> NodeConfig:
    """The configuration in a file. Raises ConfigError."""
    values, base = _read(path), path.resolve().parent
    node = _section(values, "node", required=True)
    listen = _section(values, "listen")
    peers = _peers(values, base)
    _require_known(values, {"node", "listen", "peers"}, "the file")
    config = _made(
        NodeConfig,
        "[node]",
        node
        | {
            "folder": base / str(node.get("folder", "")),
            "strength": _strength(str(node.get("strength", STANDARD))),
            "listen": _listen(listen, base) if listen else None,
            "peers": peers,
        },
    )
    _check_title(config.title, "[node]")
    if "folder" not in node:
        raise ConfigError("[node] lacks “folder”: where the queue lies.")
    if config.send_to and config.send_to not in peers:
        raise ConfigError("[node] “send_to” names no peer of the file.")
    return config


def read_peers(path: Path) -> Mapping[str, Peer]:
    """Only the peers of a configuration. Raises ConfigError."""
    return _peers(_read(path), path.resolve().parent)


def _peers(values: dict[str, Any], base: Path) -> dict[str, Peer]:
    return {name: _peer(name, one, base) for name, one in _section(values, "peers").items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError("The configuration cannot be read. Check its path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration is no TOML: {error}.") from error


def _listen(values: dict[str, Any], base: Path) -> Listen:
    callers = values.get("callers")
    if not isinstance(callers, list) or not callers:
        raise ConfigError("[listen] lists no “callers”: nobody would be let in.")
    made = tuple(_made(Caller, "[listen] callers", one) for one in callers)
    for one in made:
        _check_title(one.title, "[listen] callers")
        try:
            ipaddress.ip_network(one.address, strict=False)
        except ValueError as error:
            raise ConfigError("[listen] callers: an “address” is no IP address.") from error
    listen = _made(
        Listen, "[listen]", values | {"callers": made, "tls": _tls(values, base, "[listen]")}
    )
    _check_port(listen.port, "[listen]")
    try:
        is_here = ipaddress.ip_address(listen.address).is_loopback
    except ValueError as error:
        raise ConfigError("[listen] “address” is no IP address of this computer.") from error
    if listen.tls is None and not is_here:
        raise ConfigError(
            "[listen] “address” is beyond this computer, so “tls” is needed: certificate, key, "
            "authorities."
        )
    return listen


def _peer(name: str, values: Any, base: Path) -> Peer:  # noqa: ANN401 - of a file
    place = f"[peers.{name}]"
    if not isinstance(values, dict):
        raise ConfigError(f"{place} is no table.")
    if is_web := bool(values.get("web")):  # the others are of DIMSE
        values = {"title": "DICOMWEB", "address": "", "port": 0} | values
    if "authorization" in values:
        values = values | {"authorization": _file(values, "authorization", base, place)}
    tls = _tls(values, base, place, is_web=is_web)
    peer = _made(Peer, place, values | {"name": name, "tls": tls})
    _check_title(peer.title, place)
    if is_web:
        _check_web(peer.web, place)
    else:
        _check_port(peer.port, place)
    return peer


def _check_web(root: str, place: str) -> None:
    try:
        parse_root(root)
    except WebAddressError as error:
        raise ConfigError(f"{place} “web”: {error}") from error


def _check_port(port: int, place: str) -> None:
    if port == 0:
        raise ConfigError(f"{place} “port” is 0, which is none.")


def _tls(values: dict[str, Any], base: Path, place: str, *, is_web: bool = False) -> Tls | None:
    given = values.get("tls")
    if given is None:
        return None
    place = f"{place} tls"
    if not isinstance(given, dict):
        raise ConfigError(f"{place} is no table.")
    names = {one.name for one in fields(Tls)}
    _require_known(given, names, place)
    files: dict[str, Path | None] = {
        key: _file(given, key, base, place) for key in names - {"name"} if key in given
    }
    if is_web and not {"certificate", "key"} & given.keys():
        files |= {"certificate": None, "key": None}
    return _made(Tls, place, given | files)


def _file(values: dict[str, Any], name: str, base: Path, place: str) -> Path:
    """A file that the configuration names, from its own folder where the path is not whole."""
    path = base / str(values[name])
    if not path.is_file():
        raise ConfigError(f"{place} “{name}”: there is no such file.")
    return path


def _section(values: dict[str, Any], name: str, *, required: bool = False) -> dict[str, Any]:
    found = values.get(name)
    if found is None and required:
        raise ConfigError(f"The configuration lacks [{name}].")
    if found is not None and not isinstance(found, dict):
        raise ConfigError(f"“{name}” is no table.")
    return found or {}


Made = TypeVar("Made")


def _made(kind: type[Made], place: str, values: dict[str, Any]) -> Made:
    """A record of a table; raises ConfigError for what is unknown, missing or of another kind."""
    if not isinstance(values, dict):
        raise ConfigError(f"{place} is no table.")
    known = {one.name: one.type for one in fields(kind)}  # type: ignore[arg-type]
    _require_known(values, set(known), place)
    for key, value in values.items():
        if not _is_of(value, known[key]):
            raise ConfigError(f"{place} “{key}” is not what it should be.")
        if isinstance(value, (int, float)) and value < 0:
            raise ConfigError(f"{place} “{key}” is below 0.")
        if key == "port" and value > MOST_PORT:
            raise ConfigError(f"{place} “port” is above {MOST_PORT}.")
        if key == "most_associations" and value == 0:
            raise ConfigError(f"{place} “{key}” is 0: nobody would be let in.")
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"{place} lacks something: {_missing(error)}.") from error


def _is_of(value: object, kind: object) -> bool:
    """Whether a value is of a field's plain type; others are checked elsewhere."""
    if kind is bool or isinstance(value, bool):
        return isinstance(value, bool) and kind in (bool,)
    wanted: dict[object, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,)}
    return kind not in wanted or isinstance(value, wanted[kind])


def _missing(error: TypeError) -> str:
    return str(error).partition("argument")[2].lstrip("s: ").replace("'", "")


def _require_known(values: dict[str, Any], known: set[str], place: str) -> None:
    for key in values.keys() - known:
        raise ConfigError(f"{place} has an entry “{key}”, which means nothing here.")


def _check_title(title: str, place: str) -> None:
    if not 0 < len(title.strip()) <= LONGEST_TITLE or not title.isascii() or "\\" in title:
        raise ConfigError(f"{place} “title” is no AE title: 1 to {LONGEST_TITLE} ASCII letters.")


def _strength(text: str) -> Strength:
    try:
        return parse_strength(text)
    except ValueError as error:
        raise ConfigError(f"[node] {error}") from error
