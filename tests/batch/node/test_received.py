"""`predict` with an address of DICOMweb: what goes wrong. That it works is shown beside Orthanc."""

from pathlib import Path

import pytest

from jrviewer import cli
from jrviewer.batch.node.received import FOLDER
from tests.batch.node.listening import HERE
from tests.batch.node.web_server import answering
from tests.batch.runs import replace_model

SECRET = "Bearer of-nobody"
RESOURCE = "/dicom-web/studies/1.2.3/series/4.5.6"


def run(out: Path, *arguments: object) -> int:
    return cli.main(["predict", *map(str, arguments), "--out", str(out)])


MULTIPART = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'}


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (401, {}, b"of Jane Doe", "argument 1: status 401."),
        (404, {}, b"", "argument 1: status 404."),
        (302, {"Location": "http://192.0.2.1/"}, b"", "is not of DICOMweb"),
        (200, {"Content-Type": "text/html"}, b"<p>Log in, Jane Doe", "is not of DICOMweb"),
        (200, MULTIPART, b"--x\r\n\r\nJane Doe\r\n--x--", "is not of DICOMweb"),
        (200, MULTIPART, b"--x--", "is not of DICOMweb"),
    ],
)
def test_an_answer_without_images_ends_in_a_sentence_and_leaves_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    headers: dict[str, str],
    body: bytes,
    said: str,
) -> None:
    with answering(status, headers, body) as server:
        assert run(tmp_path / "out", server.root.removesuffix("/dicom-web") + RESOURCE) == 1
        assert len(server.asked) == 1

    told = capsys.readouterr().err
    assert said in told
    for word in ("Jane Doe", "1.2.3", "4.5.6", HERE):
        assert word not in told
    assert list((tmp_path / "out").iterdir()) == []


def test_credentials_go_to_their_own_service_and_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    with answering(403) as mine, answering(403) as other:
        config = tmp_path / "node.toml"
        config.write_text(f'[peers.mine]\nweb = "{mine.root}/"\nauthorization = "token"\n')
        for server in (mine, other):
            address = f"{server.root}/studies/1.2.3"
            assert run(tmp_path / "out", address, "--config", config) == 1

    assert [credentials for _, credentials in mine.asked] == [SECRET]
    assert [credentials for _, credentials in other.asked] == [""]
    told = capsys.readouterr()
    assert SECRET not in told.err + told.out
    assert "mine: status 403." in told.err


def test_beyond_this_computer_it_must_be_https(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "out", "http://192.0.2.1/dicom-web/studies/1.2.3") == 1

    assert "must be https beyond this computer" in capsys.readouterr().err


def test_what_a_killed_run_received_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "out" / FOLDER / "1"
    left.mkdir(parents=True)
    (left / "a.dcm").write_bytes(b"of a patient")
    replace_model(monkeypatch)

    with answering(404) as server:
        run(tmp_path / "out", f"{server.root}/studies/1.2.3")

    assert not left.exists()


def test_what_is_stored_must_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = f"http://{HERE}:9/dicom-web"

    assert run(tmp_path / "out", tmp_path, "--only", "ply", "--store", root) == 1

    assert "leave dcm in --only" in capsys.readouterr().err
