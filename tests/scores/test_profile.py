"""Profiles on disk, and what an assignment of their units is."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.scores.profile import UNITS, Profile, load_profile, save_profile
from tests.damage import damaged
from tests.scores.networks import blocks, network, profiled


def test_what_is_saved_is_read_back(tmp_path) -> None:
    profile = profiled(3, bias_correction=False, weights="none")
    save_profile(profile, tmp_path / "scores.npz")
    loaded = load_profile(tmp_path / "scores.npz")
    for field in dataclasses.fields(Profile):
        left, right = getattr(profile, field.name), getattr(loaded, field.name)
        if field.name == "slices":
            assert len(left) == len(right)
            for a, b in zip(left, right, strict=True):
                np.testing.assert_array_equal(a, b)
        elif isinstance(left, np.ndarray):
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right)
        else:
            assert left == right


def test_the_same_profile_gives_the_same_bytes(tmp_path) -> None:
    for name in ("a", "b"):
        save_profile(profiled(3), tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_file_tells_names_axes_and_units(tmp_path) -> None:
    profile = profiled(3)
    save_profile(profile, tmp_path / "scores.npz")
    with np.load(tmp_path / "scores.npz", allow_pickle=False) as file:
        description = json.loads(str(file["description"]))
        for name, entry in description["arrays"].items():
            assert len(entry["axes"].split(", ")) == file[name].ndim
            assert entry["unit"]
    assert set(description["arrays"]) == set(UNITS)
    assert description["blocks"] == [block.name for block in blocks()]


@pytest.mark.parametrize("damage", ["missing", "cut", "other", "part"])
def test_files_that_cannot_be_read(tmp_path, damage: str) -> None:
    path = tmp_path / "scores.npz"
    save_profile(profiled(3), path)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "part":
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        description = json.loads(str(arrays["description"]))
        del description["activation_rounding"]
        np.savez(path, **arrays | {"description": np.array(json.dumps(description))})
    else:
        np.savez(path, values=np.zeros(3))
    with pytest.raises(UserError, match="The profile cannot be read"):
        load_profile(path)


def test_other_schemas_are_refused(tmp_path) -> None:
    path = tmp_path / "scores.npz"
    np.savez(path, description=np.array('{"schema": 99}'))
    with pytest.raises(UserError, match="schema 99; this program reads 2"):
        load_profile(path)


def test_assignments_have_the_blocks_of_their_units() -> None:
    graph, _, _ = network(3)
    profile = profiled(3)
    choice = np.random.default_rng(0).integers(0, len(blocks()), profile.units)
    loaded = profile.assignment(choice, blocks())
    shapes = {n.name: n.weight.shape for n in graph.nodes if hasattr(n, "weight")}
    assert {name: layer.shape for name, layer in loaded.items()} == shapes
    for unit in range(profile.units):
        layer = loaded[profile.layers[profile.unit_layer[unit]]]
        used = np.unique(layer.choice[profile.unit_filter[unit]])
        assert [layer.blocks[k].name for k in used] == [profile.blocks[choice[unit]]]


def test_choices() -> None:
    profile = profiled(3)
    layers = np.arange(len(profile.layers)) % 3
    np.testing.assert_array_equal(profile.by_layer(layers), layers[profile.unit_layer])
    assert (profile.uniform(2) == 2).all()
    with pytest.raises(ValueError, match=rf"\(n, {profile.units}\), not \(1, 2\)"):
        profile.checked(np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="whole numbers, not float64"):
        profile.checked(np.zeros(profile.units))
    with pytest.raises(ValueError, match=r"in \[0, 4\)"):
        profile.checked(profile.uniform(4))
    with pytest.raises(ValueError, match="Blocks must be those of the profile: exact"):
        profile.assignment(profile.uniform(0), blocks()[1:])


def test_arrays_that_do_not_go_together_are_refused(tmp_path) -> None:
    path = tmp_path / "scores.npz"
    save_profile(profiled(3), path)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for name in (*UNITS, "slices.0"):
        array = arrays[name]
        others = [array[:-1], array[None], array.astype(str), np.array(0)]
        if name in ("unit_layer", "labels"):
            others += [array - 1 - array.max(), array + 1000, array.astype(float)]
        for other in others[2:3] if name == "slices.0" else others:
            np.savez(path, **{**arrays, name: other})
            with pytest.raises(UserError, match="The profile cannot be read") as caught:
                load_profile(path)
            assert caught.value.where == str(path)


def test_a_description_of_a_wrong_structure_is_refused(tmp_path) -> None:
    path = tmp_path / "scores.npz"
    save_profile(profiled(3), path)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    description = json.loads(str(arrays["description"]))
    del description["arrays"]
    for what, other in damaged(description, entries=1):
        np.savez(path, **{**arrays, "description": np.array(json.dumps(other))})
        try:
            load_profile(path)
        except UserError as error:
            assert error.where == str(path), what
            assert error.hint, what
