"""Compressed objects of DCMTK, over loopback."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from jrviewer import dicom
from tests.batch.node.listening import HERE, listening
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import body_image

SYNTAXES = {  # what compresses, what storescu proposes
    "explicit": ((), ("-xe",)),
    "implicit": (("dcmconv", "+ti"), ("-xi",)),
    "big endian": (("dcmconv", "+tb"), ("-xb",)),
    "deflated": (("dcmconv", "+td"), ("-xd",)),
    "JPEG lossless": (("dcmcjpeg", "+e1"), ("-xs",)),
    "JPEG-LS": (("dcmcjpls", "+el"), ("-xt",)),
    "RLE": (("dcmcrle",), ("-xr",)),
}


@pytest.mark.parametrize("name", SYNTAXES)
def test_an_object_of_every_syntax_is_received_and_read(tmp_path: Path, name: str) -> None:
    command, proposal = SYNTAXES[name]
    for program in ("storescu", *command[:1]):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} of the package dcmtk")
    source = write_ct(tmp_path / "plain.dcm", body_image(64, 64))
    path = tmp_path / "sent.dcm" if command else source
    if command:
        subprocess.run([*command, str(source), str(path)], check=True)
    with listening(tmp_path) as node:
        port = str(node.server.port)
        call = ["storescu", "-aet", "PACS", "-aec", "JRVIEWER", *proposal, HERE, port, str(path)]
        subprocess.run(call, check=True)
        (kept,) = node.kept()

    (series,) = dicom.read([kept]).series
    (original,) = dicom.read([source]).series
    assert np.array_equal(series[0].pixels, original[0].pixels)
