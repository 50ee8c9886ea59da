import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.dicom_factory import write_ct
from tests.support.empty_network import empty_network
from tests.support.network_audit import NetworkAudit

ROOT = Path(__file__).resolve().parents[1]

# Runs the command line with random weights, and ends with 9 at the first attempt.
STRICT = """
import os, sys
from tests.support.network_audit import NetworkAudit
NetworkAudit(lambda event: os._exit(9)).start()
from jrviewer import cli
from jrviewer.model import load
from jrviewer.model.joint_model import JointModel
from tests.support.small_network import small_net
small = JointModel("JointNet test", "5c" * 32, "CPU fp32", small_net(), 1.0)
load.load_model = lambda device="auto": small
if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def audit() -> NetworkAudit:
    """An audit that hears events without being hooked into this process for ever."""
    return NetworkAudit()


def test_a_connection_to_another_machine_counts(audit: NetworkAudit) -> None:
    with socket.socket() as one:
        audit._hear("socket.connect", (one, ("192.0.2.1", 80)))
        audit._hear("socket.sendto", (one, ("2001:db8::1", 53, 0, 0)))

    assert audit.attempts == 2


def test_asking_for_a_name_counts(audit: NetworkAudit) -> None:
    audit._hear("socket.getaddrinfo", ("example.org", 80, 0, 0, 0))

    assert audit.attempts == 1


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets here")
def test_a_socket_of_this_machine_and_other_events_do_not_count(audit: NetworkAudit) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        audit._hear("socket.connect", (one, "/tmp/.X11-unix/X0"))
        audit._hear("socket.connect", (one, b"\0/tmp/.X11-unix/X0"))
    audit._hear("open", ("a", "r", 0))

    assert audit.attempts == 0


def test_whoever_listens_hears_the_event_and_may_raise() -> None:
    def refuse(event: str) -> None:
        raise PermissionError(event)

    strict = NetworkAudit(refuse)

    with pytest.raises(PermissionError, match="getaddrinfo"):
        strict._hear("socket.getaddrinfo", ("example.org", 80))


def test_a_real_attempt_is_counted_in_a_process_that_is_watched() -> None:
    code = (
        "import socket\n"
        "from tests.support.network_audit import NetworkAudit\n"
        "audit = NetworkAudit(); audit.start()\n"
        "assert audit.attempts == 0\n"
        "one = socket.socket(); one.settimeout(0.01)\n"
        "one.connect_ex(('127.0.0.1', 9)); one.close()\n"
        "assert audit.attempts == 1, audit.attempts\n"
    )

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)

    assert ran.returncode == 0, ran.stderr.decode()


def test_a_forbidden_attempt_ends_the_strict_process(tmp_path: Path) -> None:
    """So that the tests below prove something."""
    script = write_script(tmp_path, STRICT + "\nimport socket; socket.getaddrinfo('a.test', 80)\n")

    assert run(["-c", "import strict"], script.parent).returncode == 9


@pytest.mark.slow
def test_predict_and_inspect_run_without_any_network(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "a.dcm", spacing=(4, 4))
    script = write_script(tmp_path, STRICT)
    arguments = ["predict", str(source), "--out", str(tmp_path / "out"), "--run-anyway"]

    predicted = run([str(script), *arguments], tmp_path, apart=True)
    inspected = run([str(script), "inspect", str(source)], tmp_path, apart=True)

    assert (predicted.returncode, inspected.returncode) == (0, 0), predicted.stderr.decode()
    names = {path.name for path in (tmp_path / "out").iterdir()} - {"manifest.parquet"}
    assert names == {
        *("a.ply", "a.png", "a.denoised.dcm"),
        *("manifest.jsonl", "report.json", "summary.html"),
    }


def write_script(folder: Path, text: str) -> Path:
    path = folder / "strict.py"
    path.write_text(text)
    return path


def run(
    arguments: list[str], folder: Path, *, apart: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """Run Python from the checkout; `apart` in a network namespace that holds nothing."""
    command = [*(empty_network() if apart else []), sys.executable, *arguments]
    paths = os.pathsep.join([str(ROOT), str(folder)])
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=False)
