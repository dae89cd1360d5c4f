"""What a host program reads from a build folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hawx_hw import datasets
from hawx_hw.design.emission import plan_packet
from hawx_hw.errors import UserError
from hawx_hw.host.session import Identity
from hawx_hw.pipeline.hosted_build import HostedBuild, find_build
from tests.host.builds import HASH, dataset
from tests.host.simulation import shared_build


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> HostedBuild:
    return shared_build(tmp_path_factory.getbasetemp())


@pytest.fixture
def build(shared: HostedBuild, tmp_path: Path) -> HostedBuild:
    """A copy that may be changed, with a data set of its own."""
    root = tmp_path / "build"
    shutil.copytree(shared.folder.parent, root)
    record = root / "tiny" / ".stages" / "quantize.json"
    record.write_text(record.read_text().replace(str(shared.folder.parent), str(root)))
    return HostedBuild.read(root / "tiny")


def test_design_and_parameters(shared: HostedBuild) -> None:
    assert shared.config_hash == HASH
    assert shared.packet() == plan_packet(shared.plan)
    assert shared.plan.graph.name == shared.graph.name
    sizes = {"image_bytes": 60, "result_bytes": 4, "parameter_bytes": len(shared.packet())}
    shared.check(Identity(HASH, **sizes), "port")
    with pytest.raises(UserError, match=r"design 00000001, and .*tiny is 600d600d.*--build"):
        shared.check(Identity(1, **sizes), "port")
    for name, size in sizes.items():
        with pytest.raises(UserError, match=f"{name.upper()} reads 4,000,000,000, not {size}"):
            shared.check(Identity(HASH, **{**sizes, name: 4_000_000_000}), "port")


def test_test_images_by_number(shared: HostedBuild) -> None:
    test = datasets.load(str(shared.folder.parent / "images.npz")).test
    codes, label = shared.image("3")
    assert np.array_equal(codes, shared.graph.codes(test.images[3]))
    assert label == test.labels[3]
    with pytest.raises(UserError, match=r"--image 4000: There are only \d+ test images"):
        shared.image("4000")


def test_images_of_files(shared: HostedBuild, tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    codes, label = shared.image(str(tmp_path / "image.png"))
    assert np.array_equal(codes, shared.graph.codes(pixels.transpose(2, 0, 1)))
    assert label is None


def test_the_build_of_a_board_is_found(build: HostedBuild, tmp_path: Path) -> None:
    root = build.folder.parent
    (root / "damaged").mkdir()
    (root / "damaged" / "program.json").write_text("{")
    assert find_build(root, HASH, "port").folder == build.folder
    with pytest.raises(UserError, match=r"design 00000002, which no build folder in .* has"):
        find_build(root, 2, "port")
    with pytest.raises(UserError, match="no build folder"):
        find_build(tmp_path / "nothing", HASH, "port")


def test_changed_parameters_are_refused(build: HostedBuild) -> None:
    path = build.folder / "mem" / "parameters.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"\x55")
    with pytest.raises(UserError, match="not the parameters that were emitted"):
        build.packet()
    path.unlink()
    with pytest.raises(UserError, match="No such file"):
        build.packet()


def test_another_data_set_is_refused(build: HostedBuild) -> None:
    path = build.folder.parent / "images.npz"
    dataset(path, (3, 4, 4))
    with pytest.raises(UserError, match="has changed since"):
        build.image("0")


def test_settings_that_are_missing_are_named(build: HostedBuild) -> None:
    record = build.folder / ".stages" / "quantize.json"
    content = json.loads(record.read_text())
    record.write_text(json.dumps(content | {"inputs": {}}))
    with pytest.raises(UserError, match="does not have the settings of its network"):
        build.image("0")


def test_a_folder_without_a_design_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        HostedBuild.read(tmp_path)
