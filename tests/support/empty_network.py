"""An empty network for the processes of tests."""

import shutil
import subprocess

import pytest


def empty_network() -> list[str]:
    """The command that gives an empty network; skips where that is not permitted."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare of util-linux")
    for command in (["unshare", "-n"], ["unshare", "-r", "-n"]):
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    pytest.skip("network namespaces are not permitted here")
