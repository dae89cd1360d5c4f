from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.program import EmitResult
from hawx_hw.errors import UserError
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.verification.emitted import check_emitted

Emitted = tuple[Plan, Path, EmitResult]


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Emitted:
    """An accelerator whose blocks are not built in their usual way."""
    graph = random_graph(np.random.default_rng(8), layers=2, output="vector")
    block = by_name("array(5,4,0)")
    blocks = {
        layer.name: LayerBlocks.uniform(block, layer.weight.shape)
        for layer in graph.nodes
        if hasattr(layer, "weight")
    }
    made = plan(graph, ArrayShape.complete(3, 2), blocks)
    ways = {block.digest: block.implementations[-1]}
    folder = tmp_path_factory.mktemp("emitted")
    return made, folder, emit_accelerator(made, folder, config_hash=0xAB, implementations=ways)


def test_the_emitted_one_passes(emitted: Emitted) -> None:
    made, folder, result = emitted
    check_emitted(folder, made, result)
    # What nobody reads does not matter.
    (folder / "rtl" / "notes.txt").write_text("mine")
    check_emitted(folder, made, result)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("hawx_core.v", lambda path: path.write_text(path.read_text() + "\n")),
        ("hawx_rom.v", lambda path: path.unlink()),
        ("filelist.f", lambda path: path.write_text(path.read_text() + "more.v\n")),
        ("hawx_waivers.vlt", lambda path: path.write_text("")),
    ],
)
def test_any_other_file_is_refused(
    emitted: Emitted, name: str, change: Callable[[Path], None]
) -> None:
    made, folder, result = emitted
    path = folder / "rtl" / name
    before = path.read_bytes()
    change(path)
    try:
        with pytest.raises(UserError) as caught:
            check_emitted(folder, made, result)
    finally:
        path.write_bytes(before)
    assert str(caught.value) == (
        f"{path}: This file is not what this program emits for the design. "
        f"Remove the folder {folder} and run the command again."
    )


def test_an_unknown_implementation_is_refused(emitted: Emitted) -> None:
    made, folder, result = emitted
    blocks = tuple(block.model_copy(update={"implementation": "../x"}) for block in result.blocks)
    with pytest.raises(
        UserError, match=r"program\.json: .* block .* is built as '\.\./x'\. Remove"
    ):
        check_emitted(folder, made, result.model_copy(update={"blocks": blocks}))


def test_another_design_is_refused(emitted: Emitted) -> None:
    made, folder, result = emitted
    other = plan(made.graph, ArrayShape.complete(2, 2))
    with pytest.raises(UserError, match="is not what this program emits"):
        check_emitted(folder, other, result)
