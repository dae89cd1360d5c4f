"""Emitted accelerators for the tests of flows, of either architecture and without a data set."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.config.models import Config
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.program import EmitResult
from hawx_hw.flows.base import Build
from hawx_hw.graph import reference
from hawx_hw.technology import load
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import random_plan

CONFIG = {"name": "tiny", "network": {"model": "lenet5", "dataset": "digits"}}


def small_build(
    folder: Path, *, architecture: str = "systolic", loadable: bool = False, **config: object
) -> Build:
    """A convolution on a 2 x 2 array, or a random network on a SIMT unit, emitted in ``folder``.

    Its images are random codes; their labels are the classes that the integer network computes.
    """
    made, program, files = _emitted(architecture, loadable)
    graph = made.graph
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    def images(count: int):
        rng = np.random.default_rng(1)
        codes = rng.integers(-128, 128, (count, *graph.tensors[graph.input].shape)).astype(np.int8)
        outputs = reference.run(graph, codes, made.assignment).reshape(count, -1)
        return codes, outputs.argmax(1)

    return Build(
        folder=folder,
        config=Config.model_validate({**CONFIG, **config}),
        base=Path(),
        program=program,
        technology=lambda: load("generic45"),
        plan=lambda: made,
        images=images,
    )


@cache
def _emitted(architecture: str, loadable: bool) -> tuple[Plan, EmitResult, dict[str, bytes]]:
    """The plan, what was emitted, and its files by their names: the same for all tests."""
    if architecture == "systolic":
        graph = convolution(np.random.default_rng(0), (1, 6, 6), 3, (3, 3), pool=(2, 2))
        made = plan(graph, ArrayShape.complete(2, 2, slice_columns=2, loadable=loadable))
    else:
        made = random_plan(15)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        program = emit_accelerator(made, folder, config_hash=0x12345678)
        program.write(folder)
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
    return made, program, files
