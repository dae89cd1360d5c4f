"""The Python API, by the example that the documentation shows, and what it refuses."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hawx_hw import api
from hawx_hw.api import Built, Project
from hawx_hw.compensation import compensate
from hawx_hw.datasets import Dataset, Split
from hawx_hw.emulation import Emulator
from hawx_hw.errors import UserError, VerificationError

SCRIPT = Path(__file__).parents[1] / "examples" / "python_api.py"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the example computed, in its own folder."""
    before, threads = Path.cwd(), torch.get_num_threads()
    os.chdir(tmp_path_factory.mktemp("example"))
    try:
        values = runpy.run_path(str(SCRIPT), run_name="__main__")
        yield values | {"built": moved(values["built"])}
    finally:
        os.chdir(before)
        torch.set_num_threads(threads)


def moved(built: Built) -> Built:
    """The same by an absolute path."""
    values = {**vars(built), "folder": built.folder.resolve()}
    return Built(**values)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_example_is_short(script: dict[str, Any]) -> None:
    assert len(SCRIPT.read_text("utf-8").splitlines()) < 30


def test_the_example_ends_with_an_accelerator(script: dict[str, Any]) -> None:
    built, result = script["built"], script["result"]
    assert {"rtl", "mem", "program.json", "hawx_registers.h", "hawx_pixels.h", "registers.md"} == {
        path.name for path in built.folder.iterdir()
    }
    drops = [point.estimated_drop for point in result.front]
    assert drops == sorted(drops) and len(drops) > 3
    energies = {point.exact: point.metrics["energy_nj"] for point in result.front}
    assert min(energies.values()) < energies[True]
    assert built.accuracy > 0.9
    assert built.accuracy == pytest.approx(result.exact_test_accuracy, abs=0.03)
    assert built.program.title == "4 x 4 systolic, 16 PEs"
    assert built.cycles > built.program.cycles.core


def test_the_same_arguments_give_the_same_bytes(script: dict[str, Any], tmp_path: Path) -> None:
    project, graph, built = script["project"], script["graph"], script["built"]
    again = project.emit(graph, project.pick(script["result"]), tmp_path / "again")
    assert content(again.folder) == content(built.folder)
    assert (again.cycles, again.accuracy) == (built.cycles, built.accuracy)


def test_a_design_by_its_number(script: dict[str, Any]) -> None:
    project, result = script["project"], script["result"]
    assert [project.pick(result, index).origin for index in range(3)] == [0, 1, 2]
    with pytest.raises(UserError, match="The search has no point 99"):
        project.pick(result, 99)


def test_the_number_among_the_settings_counts(script: dict[str, Any]) -> None:
    result = script["result"]
    chosen = Project(nn.Flatten(), "digits", search={"index": 2})
    assert chosen.pick(result).origin == 2
    assert chosen.pick(result, 0).origin == 0


def test_what_is_public() -> None:
    assert api.__all__ == ["Built", "Project"]
    public = [name for name in vars(Project) if not name.startswith("_")]
    assert public == [
        "images", "quantize", "accuracy", "score", "search", "pick", "given", "emit", "verify",
    ]  # fmt: skip
    for name in public:
        member = vars(Project)[name]
        text = (getattr(member, "func", None) or member).__doc__
        assert (text and "Raises" in text) or name == "accuracy", name


def small_data() -> Dataset:
    rng = np.random.default_rng(0)

    def split(count: int) -> Split:
        labels = np.arange(count, dtype=np.int64) % 3
        images = rng.integers(0, 256, (count, 1, 6, 6)).astype(np.uint8)
        return Split(images, labels)

    train = split(60)
    return Dataset("small", 3, train, train, split(30))


def small_project(**settings: Any) -> Project:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3))
    accelerator = {"architecture": "systolic", "rows": 2, "columns": 2}
    settings = {"accelerator": accelerator, "verify": {"images": 1}, **settings}
    return Project(network, small_data(), **settings)


@pytest.mark.parametrize(
    ("accelerator", "block"),
    [({"rows": 2, "columns": 2}, "drum(k=4)"), ({"architecture": "simt", "lanes": 2}, "exact")],
    ids=["systolic", "simt"],
)
def test_images_in_memory_and_blocks_that_are_given(
    tmp_path: Path, accelerator: dict[str, Any], block: str
) -> None:
    project = small_project(accelerator=accelerator, blocks=block)
    assert project.images.learn.images.shape == (48, 1, 6, 6)
    graph = project.quantize()
    built = project.emit(graph, project.given(graph), tmp_path / "new" / "folder")
    assert [each.name for each in built.program.blocks] == [block]
    assert (tmp_path / "new" / "folder" / "rtl" / "hawx_accelerator.v").is_file()
    if block == "exact":
        assert built.accuracy == project.accuracy(graph)


@pytest.mark.slow
def test_the_verilog_is_verified(tmp_path: Path) -> None:
    project = small_project()
    graph = project.quantize()
    built = project.emit(graph, project.given(graph), tmp_path)
    result = project.verify(built)
    assert (result.images, result.mismatches) == (1, 0)
    assert result.cycles_per_image == built.cycles
    memory = sorted((tmp_path / "mem").glob("*.hex"))[0]
    memory.write_text(memory.read_text().replace("1", "0"))
    with pytest.raises(VerificationError):
        project.verify(built)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"accelerator": {"rowz": 8}}, "accelerator.rowz: There is no such key. Did you mean rows"),
        ({"accelerator": {"rows": 0}}, "accelerator.rows: must be greater than or equal to 1"),
        ({"blokcs": "exact"}, "blokcs: There is no such key. Did you mean blocks?"),
        ({"search": {"budget": 0}}, "search.budget: must be greater than or equal to 1, not 0"),
        ({"name": "a b"}, "name: must match"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        small_project(**settings)
    assert str(error.value).startswith(message)


def test_without_a_search_there_is_nothing_to_score() -> None:
    project = small_project()
    graph = project.quantize()
    with pytest.raises(UserError, match=r"search: There is nothing to search\. Give the project"):
        project.score(graph)


def test_unknown_data() -> None:
    with pytest.raises(UserError, match="Unknown dataset 'letters'"):
        _ = Project(nn.Linear(1, 1), "letters").images


def test_a_training_among_the_settings_trains_what_is_emitted(tmp_path: Path) -> None:
    project = small_project(blocks="drum(k=2)", training={"epochs": 60})
    graph = project.quantize()
    built = project.emit(graph, project.given(graph), tmp_path / "trained")
    codes = graph.codes(project.images.learn.images)
    compensated, _ = compensate(graph, built.plan.assignment, codes)
    weights = [
        [node.weight for node in each.nodes if hasattr(node, "weight")]
        for each in (compensated, built.graph)
    ]
    assert any((one != other).any() for one, other in zip(*weights, strict=True))
    test = project.images.test
    emulator = Emulator(built.graph)
    accuracy = emulator.accuracy(test.images, test.labels, built.plan.assignment)
    assert built.accuracy == accuracy
    refused = small_project(
        blocks="compressor(design=1,c=7)", training={"epochs": 1, "gradient": "table"}
    )
    with pytest.raises(UserError, match="is no sum of few products"):
        refused.emit(graph, refused.given(graph), tmp_path / "none")
