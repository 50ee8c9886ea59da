from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer.core.errors import JRViewerError
from jrviewer.imaging.measured_surface import Surface
from tests.training.support.pool_factory import TINY, of_steps
from tests.training.support.tiny_run import write_data
from training.data import prepare, true_surfaces
from training.data.views import read_pool, write_pool
from training.data.volumes import Volume
from training.preset import FOLDER, Preset, load_preset
from training.release.card import about_data


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two patients to train on, `a` and `openkbp_1`, and one to validate; a few views of each."""
    monkeypatch.setattr(prepare, "VIEW_STEP_MM", 40.0)
    return write_data(tmp_path / "data", ("a", "openkbp_1", "c"))


def volumes_of(preset: Preset, data: Path, cache: Path) -> tuple[set[str], set[str]]:
    """The folders and the volumes of the views that this preset draws from."""
    small = replace(preset, pairs_256=2, phantoms=0, phantom_pairs=0)
    _, views = prepare.prepare(small, data, cache)
    stored = views.folders["chest"]
    return {folder.name for folder, *_ in stored}, {name for _, name, _ in stored}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_every_preset_loads_and_its_shares_make_a_whole(name: str) -> None:
    preset = load_preset(name)

    assert preset.name == name
    assert all(sum(cycle.share.values()) == pytest.approx(1) for cycle in preset.cycles)


def test_an_unknown_preset_is_refused_with_those_that_exist() -> None:
    with pytest.raises(JRViewerError, match="cleared, cleared_real, phantoms, real, real_first, "):
        load_preset("none")


def test_cleared_differs_from_the_first_cycle_of_shipped_in_its_data_alone() -> None:
    shipped, cleared = load_preset("shipped"), load_preset("cleared")
    first = replace(shipped.cycles[0], share=cleared.cycles[0].share)

    assert cleared.without == ("openkbp", "covidctmd")
    assert cleared == replace(shipped, name="cleared", without=cleared.without, cycles=(first,))


def test_cleared_real_learns_real_noise_from_the_data_of_cleared() -> None:
    cleared, real = load_preset("cleared"), load_preset("cleared_real")

    assert real.real_noise
    assert real.without == cleared.without
    assert real.model == cleared.model


def test_real_learns_denoising_alone_so_that_clouds_stay_as_they_are() -> None:
    assert {cycle.learns for cycle in load_preset("real").cycles} == {("denoising",)}


def test_volumes_left_out_are_not_drawn_from(data: Path, tmp_path: Path) -> None:
    _, names = volumes_of(replace(TINY, without=("openkbp",)), data, tmp_path / "cache")

    assert names == {"chest_a"}


def test_other_data_lie_in_another_pool(data: Path, tmp_path: Path) -> None:
    folders, names = volumes_of(TINY, data, tmp_path / "cache")
    others, _ = volumes_of(replace(TINY, without=("openkbp",)), data, tmp_path / "cache")

    assert names == {"chest_a", "chest_openkbp_1"}
    assert not folders & others
    assert len(list((tmp_path / "cache").glob("pairs-*"))) == 2


def test_slices_left_out_give_no_pairs(data: Path) -> None:
    assert len(prepare.denoising_entries(data, ())) == 1
    assert prepare.denoising_entries(data, ("chest_a",)) == []


def test_views_already_made_do_not_bring_a_volume_back(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "views"
    write_pool(data, "train", out, 40)

    write_pool(data, "train", out, 40, without=("openkbp",))

    assert [stored.name for stored in read_pool(out)] == ["chest_a"]


def test_the_card_names_no_source_that_was_left_out(shared: Path) -> None:
    whole = about_data(shared / "data")
    cleared = about_data(shared / "data", load_preset("cleared").without)

    assert "OpenKBP" in str(whole)
    assert "OpenKBP" not in str(cleared)
    assert "COVID" in str(whole)
    assert "COVID" not in str(cleared)
    assert "LIDC-IDRI" in str(cleared["data"])


def test_steps_count_on_from_cycle_to_cycle() -> None:
    preset = replace(TINY, cycles=of_steps(3, 5))
    first, second = preset.cycles

    assert preset.steps == 8
    assert [preset.cycle_at(step) for step in (0, 2, 3, 7)] == [
        (first, 0),
        (first, 2),
        (second, 0),
        (second, 4),
    ]
    with pytest.raises(ValueError, match="fewer steps"):
        preset.cycle_at(8)


def test_tilted_planes_are_made_where_a_cycle_draws_them_and_not_else(
    data: Path, tmp_path: Path
) -> None:
    small = replace(TINY, phantoms=0, phantom_pairs=0, pairs_256=2)
    (cycle,) = small.cycles
    tilted = replace(small, cycles=(replace(cycle, share={"chest": 0.5, "tilted-chest": 0.5}),))

    plain, both = (
        prepare.prepare(preset, data, tmp_path / str(preset.draws_tilted))[1]
        for preset in (small, tilted)
    )

    assert set(plain.folders) == {"chest"}
    assert set(both.folders) == {"chest", "tilted-chest"}


def test_a_volume_s_surfaces_are_made_once_for_both_pools(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(TINY, phantoms=0, phantom_pairs=0, pairs_256=2)
    (cycle,) = small.cycles
    tilted = replace(small, cycles=(replace(cycle, share={"tilted-chest": 1.0}),))
    made: list[str] = []
    whole = true_surfaces._whole_surface

    def counted(volume: Volume) -> Surface:
        made.append(volume.entry.name)
        return whole(volume)

    monkeypatch.setattr(true_surfaces, "_whole_surface", counted)
    prepare.prepare(tilted, data, tmp_path / "cache")

    assert sorted(made) == ["chest_a", "chest_openkbp_1"]
