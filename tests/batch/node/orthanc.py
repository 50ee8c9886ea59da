"""Orthanc and DCMTK in a network of their own, as they listen on every address."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from jrviewer.batch.node.config import Tls
from tests.batch.runs import ROOT
from tests.support.empty_network import empty_network

DICOM_PORT, HTTP_PORT, HTTPS_PORT, NODE_PORT = 14242, 18042, 18443, 11112
HERE = "127.0.0.1"
SECONDS = 240  # after which the network ends by itself
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_ALL = "/instances"


@dataclass(frozen=True)
class Orthanc:
    """An archive in a network of its own."""

    within: tuple[str, ...]  # the command that a program of this network is started by

    def run(self, *command: object, ok: bool = True) -> str:
        """Run a program in this network; returns what it said."""
        ran = subprocess.run(
            [*self.within, *map(str, command)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = ran.stdout + ran.stderr
        assert not ok or ran.returncode == 0, said
        return said

    def store(self, paths: Sequence[Path]) -> None:
        self.run("storescu", "-aec", "ORTHANC", HERE, DICOM_PORT, *paths)

    def send_to_node(self, series_uid: str, title: str = "JRVIEWER", *, ok: bool = True) -> str:
        """Let Orthanc send a series, as a router would."""
        keys = ("-k", "0008,0052=SERIES", "-k", f"0020,000e={series_uid}")
        return self.run(
            *("movescu", "-S", "-aec", "ORTHANC", "-aem", title, HERE, DICOM_PORT, *keys), ok=ok
        )

    def instances(self) -> int:
        """How many objects it keeps."""
        code = (
            "import json, urllib.request as u;"
            f"print(len(json.load(u.urlopen('http://{HERE}:{HTTP_PORT}{_ALL}', timeout=5))))"
        )
        return int(self.run("python3", "-c", code))

    def get(self, study_uid: str, folder: Path) -> list[Path]:
        """All objects of a study, as a client of DCMTK gets them."""
        folder.mkdir()
        keys = ("-k", "0008,0052=STUDY", "-k", f"0020,000d={study_uid}")
        self.run("getscu", "-S", "-aec", "ORTHANC", HERE, DICOM_PORT, "-od", folder, *keys)
        return sorted(folder.iterdir())


@contextmanager
def orthanc(folder: Path, tls: Tls | None = None) -> Iterator[Orthanc]:
    """Orthanc that runs; skips where it, DCMTK or a network of its own cannot be had. With `tls`
    its DICOMweb is https too, at HTTPS_PORT, for whoever shows a certificate of the same
    authority.
    """
    for program in ("Orthanc", "storescu", "movescu", "getscu", "nsenter", "ip"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} (packages orthanc, dcmtk, util-linux, iproute2)")
    unshare = empty_network()
    if "-r" in unshare:
        pytest.skip("entering a network namespace needs root")
    waits = f"ip link set lo up; exec sleep {SECONDS}"
    with subprocess.Popen([*unshare, "sh", "-c", waits]) as network:
        within = ("nsenter", "-t", str(network.pid), "-n")
        try:
            _wait_for_loopback(within)
            command = [*within, "Orthanc", str(_configuration(folder))]
            with open(folder / "orthanc.log", "wb") as log:  # noqa: PTH123
                running = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                _wait_for_port(within, running)
                with _encrypted(within, tls):
                    yield Orthanc(within)
            finally:
                running.terminate()
                running.wait(60)
        finally:
            network.kill()


@contextmanager
def _encrypted(within: Sequence[str], tls: Tls | None) -> Iterator[None]:
    """TLS before Orthanc's HTTP."""
    if tls is None:
        yield
        return
    files = (str(one) for one in (tls.certificate, tls.key, tls.authorities))
    proxy = (sys.executable, "-m", "tests.batch.node.tls_proxy", str(HTTPS_PORT), str(HTTP_PORT))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*within, *proxy, *files]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == b"listening\n", "the proxy ended"
            yield
        finally:
            running.terminate()


def _wait_for_loopback(within: Sequence[str]) -> None:
    for _ in range(100):
        ran = subprocess.run(
            [*within, "ip", "-br", "addr"], capture_output=True, text=True, check=False
        )
        if HERE in ran.stdout and len(ran.stdout.splitlines()) == 1:
            return
        time.sleep(0.05)
    pytest.skip("a network of its own has no loopback here")


def _wait_for_port(within: Sequence[str], running: "subprocess.Popen[bytes]") -> None:
    for _ in range(150):
        assert running.poll() is None, "Orthanc ended"
        echo = [*within, "echoscu", "-aec", "ORTHANC", HERE, str(DICOM_PORT)]
        if subprocess.run(echo, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise AssertionError("Orthanc does not answer")


def _configuration(folder: Path) -> Path:
    path = folder / "orthanc.json"
    (folder / "db").mkdir()
    path.write_text(
        json.dumps(
            {
                "Name": "test",
                "StorageDirectory": str(folder / "db"),
                "IndexDirectory": str(folder / "db"),
                "Plugins": [str(PLUGIN)] if PLUGIN.exists() else [],
                "HttpPort": HTTP_PORT,
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "DicomAet": "ORTHANC",
                "DicomPort": DICOM_PORT,
                "DicomCheckCalledAet": True,
                "DicomAlwaysAllowFind": True,
                "DicomAlwaysAllowGet": True,
                "DicomAlwaysAllowMove": True,
                "DicomModalities": {
                    "node": ["JRVIEWER", HERE, NODE_PORT],
                    "other": ["OTHER", HERE, NODE_PORT],
                },
                "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            }
        )
    )
    return path


def configure_node(folder: Path, tls: Tls | None = None, **peer: str) -> Path:
    """A configuration of a node beside Orthanc."""
    more = "".join(f'{key} = "{value}"\n' for key, value in peer.items())
    if tls is not None:
        files = {"certificate": tls.certificate, "key": tls.key, "authorities": tls.authorities}
        said = ", ".join(f'{name} = "{path}"' for name, path in files.items())
        more += f"tls = {{{said}}}\n"
    path = folder / "node.toml"
    path.write_text(
        f"""
[node]
title = "JRVIEWER"
folder = "queue"
send_to = "orthanc"
run_anyway = true

[listen]
port = {NODE_PORT}
quiet_seconds = 1.0
callers = [{{title = "ORTHANC", address = "{HERE}", port = {DICOM_PORT}}},
    {{title = "STORESCU", address = "{HERE}"}}]

[peers.orthanc]
title = "ORTHANC"
address = "{HERE}"
port = {DICOM_PORT}
{more}
"""
    )
    os.chmod(path, 0o600)  # noqa: PTH101
    return path
