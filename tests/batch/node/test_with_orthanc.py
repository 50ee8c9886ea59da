"""The node beside a real archive."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from jrviewer import dicom
from jrviewer.batch.node.received import FOLDER
from tests.batch.node.certificates import make_certificates
from tests.batch.node.orthanc import (
    HERE,
    HTTP_PORT,
    HTTPS_PORT,
    PLUGIN,
    Orthanc,
    configure_node,
    orthanc,
)
from tests.batch.runs import NO_CLOUD, derived, predict, replace_model, start, wait_until
from tests.support.dicom_factory import write_series
from tests.support.dicom_objects import PATIENT_ID, PATIENT_NAME, SERIES_UID, STUDY_UID

pytestmark = pytest.mark.slow


class Running:
    """A node in another process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process, self.said = process, list[str]()

    def wait_for(self, words: str) -> str:
        """Read until a line holds these words."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError("".join(self.said))

    def end(self, how: signal.Signals) -> int:
        """End it; returns its exit status."""
        self.process.send_signal(how)
        said, _ = self.process.communicate(timeout=60)
        self.said.append(said)
        return self.process.returncode


@contextmanager
def node(folder: Path, archive: Orthanc) -> Iterator[Running]:
    config = folder / "node.toml"
    with start(folder, "node", "--config", config, within=archive.within) as process:
        running = Running(process)
        try:
            running.wait_for("Listening as JRVIEWER")
            yield running
        finally:
            if process.poll() is None:
                running.end(signal.SIGKILL)


def test_a_series_comes_from_the_archive_and_its_derived_one_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_series(tmp_path / "scan", 5, extra=NO_CLOUD)
    replace_model(monkeypatch)
    predict(tmp_path / "out", *paths)
    expected = {one.InstanceNumber: one for one in map(dcmread, derived(tmp_path / "out"))}
    configure_node(tmp_path)

    with orthanc(tmp_path) as archive:
        archive.store(paths)
        with node(tmp_path, archive) as running:
            assert "Failed" in archive.send_to_node(SERIES_UID, "OTHER", ok=False)
            running.wait_for("Refused: an association that called another title.")
            archive.send_to_node(SERIES_UID)
            line = running.wait_for("A series: ")
            assert running.end(signal.SIGTERM) == 0
        back = archive.get(STUDY_UID, tmp_path / "back")

    assert "5 of 5 slices derived, 5 sent and committed" in line
    original, new = sorted(dicom.read(back).series, key=lambda series: "JRViewer" in series.title)
    sources = {one.InstanceNumber: one for one in map(dcmread, paths)}
    assert len(original) == len(new) == 5
    for source_slice, slice_ in zip(original, new, strict=True):
        ds = dcmread(slice_.source.path)
        source = sources[ds.InstanceNumber]
        assert np.array_equal(ds.pixel_array, expected[ds.InstanceNumber].pixel_array)
        assert ds.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
        assert ds.StudyInstanceUID == source.StudyInstanceUID
        assert slice_.plane.origin_mm.tolist() == source_slice.plane.origin_mm.tolist()
    told = "".join(running.said)
    for identifier in (PATIENT_NAME, PATIENT_ID, STUDY_UID, "ACC-99-123"):
        assert identifier not in told


def test_killed_in_the_middle_nothing_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    paths = [
        path
        for number in range(5)
        for path in write_series(
            tmp_path / str(number), 6, series_uid=f"1.2.{number + 1}", extra=NO_CLOUD
        )
    ]
    configure_node(tmp_path)

    with orthanc(tmp_path) as archive:
        with node(tmp_path, archive) as running:
            senders = [
                subprocess.Popen(
                    [*archive.within, "storescu", "-aec", "JRVIEWER", HERE, "11112", *some]
                )
                for some in ([str(path) for path in paths[n::5]] for n in range(5))
            ]
            assert [one.wait(60) for one in senders] == [0] * 5
            wait_until(lambda: archive.instances() >= 4)
            running.end(signal.SIGKILL)
            early = archive.instances()
        with node(tmp_path, archive) as running:
            wait_until(lambda: archive.instances() >= 30)
            assert running.end(signal.SIGTERM) == 0
        with node(tmp_path, archive) as running:  # whatever it still had to note
            running.end(signal.SIGTERM)
        assert archive.instances() == 30
        back = archive.get(STUDY_UID, tmp_path / "back")

    assert 4 <= early <= 30
    objects = [dcmread(path) for path in back]
    assert len({one.SOPInstanceUID for one in objects}) == 30
    assert len({one.SeriesInstanceUID for one in objects}) == 5
    sources = {one.SourceImageSequence[0].ReferencedSOPInstanceUID for one in objects}
    assert sources == {dcmread(path).SOPInstanceUID for path in paths}


def root_of(scheme: str) -> str:
    """Orthanc's DICOMweb."""
    return f"{scheme}://{HERE}:{HTTPS_PORT if scheme == 'https' else HTTP_PORT}/dicom-web"


@pytest.mark.parametrize("web", ["", "http", "https"])
def test_a_series_is_fetched_without_a_port_and_sent_back(tmp_path: Path, web: str) -> None:
    if web and not PLUGIN.exists():
        pytest.skip("needs the package orthanc-dicomweb")
    paths = write_series(tmp_path / "scan", 3, extra=NO_CLOUD)
    root = {"web": root_of(web)} if web else {}
    tls = make_certificates(tmp_path) if web == "https" else {}
    config = configure_node(tmp_path, tls.get("peer"), **root)

    with orthanc(tmp_path, tls.get("node")) as archive:
        archive.store(paths)
        arguments = ("node", "fetch", "--config", config, "--from", "orthanc", "--study", STUDY_UID)
        with start(tmp_path, *arguments, within=archive.within) as fetching:
            said, _ = fetching.communicate(timeout=120)
        back = archive.get(STUDY_UID, tmp_path / "back")

    assert fetching.returncode == 0, said
    assert "3 of 3 slices derived, 3 sent" in said
    assert len(back) == 6
    assert STUDY_UID not in said


@pytest.mark.skipif(not PLUGIN.exists(), reason="needs the package orthanc-dicomweb")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_predict_takes_a_series_from_dicomweb_and_stores_what_it_made_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    paths = write_series(tmp_path / "scan", 3, extra=NO_CLOUD)
    replace_model(monkeypatch)
    predict(tmp_path / "local", *paths)
    expected = {one.InstanceNumber: one for one in map(dcmread, derived(tmp_path / "local"))}
    root, out = root_of(scheme), tmp_path / "out"
    tls = make_certificates(tmp_path) if scheme == "https" else {}
    config = ("--config", configure_node(tmp_path, tls.get("peer"), web=root))
    series = f"{root}/studies/{STUDY_UID}/series/{SERIES_UID}"
    what = ("--only", "dcm", "--run-anyway", "--store", root, *config)
    arguments = ("predict", series, "--out", out, *what)

    with orthanc(tmp_path, tls.get("node")) as archive:
        archive.store(paths)
        said = []
        for _ in range(2):
            with start(tmp_path, *arguments, within=archive.within) as running:
                said.append(running.communicate(timeout=120)[0])
        back = archive.get(STUDY_UID, tmp_path / "back")

    assert "3 of 3 done; the details are in report.json. 3 derived objects were stored" in said[0]
    assert "3 of 3 done, 3 of them by an earlier run" in said[1]
    assert " 0 derived objects were stored" in said[1]
    assert len(back) == 6
    made = [ds for ds in map(dcmread, back) if ds.SeriesInstanceUID != SERIES_UID]
    for ds in made:
        assert np.array_equal(ds.pixel_array, expected[ds.InstanceNumber].pixel_array)
    assert not (out / FOLDER).exists()
    told = "".join((*said, *(path.name for path in out.iterdir())))
    told += "".join((out / name).read_text() for name in ("manifest.jsonl", "summary.html"))
    for identifier in (PATIENT_NAME, PATIENT_ID, STUDY_UID, SERIES_UID):
        assert identifier not in told


def test_check_says_step_by_step_what_works(tmp_path: Path) -> None:
    config = configure_node(tmp_path)
    text = config.read_text()
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace('title = "ORTHANC"\naddress', 'title = "OTHER"\naddress'))

    with orthanc(tmp_path) as archive:
        check = ("node", "check", "--config")
        with start(tmp_path, *check, config, within=archive.within) as good:
            said, _ = good.communicate(timeout=120)
        with start(tmp_path, *check, wrong, "--no-phantom", within=archive.within) as bad:
            told, _ = bad.communicate(timeout=120)
        assert archive.instances() == 1  # the phantom

    assert good.returncode == 0, said
    assert [line.split()[0] for line in said.splitlines()] == ["ok"] * 4
    assert bad.returncode == 1
    assert "FAILED echo orthanc: orthanc: it refuses the association" in told
    assert "it has another AE title than the configuration says" in told
