"""The design that is built: its accelerator and the block of every weight, read from design.json.

Also what a config says of a design: the architecture, the PE grid, the technology.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.errors import UserError
from hawx_hw.pipeline.stage import Context

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.pe_blocks import Grid
    from hawx_hw.architectures.systolic.plan import Plan
    from hawx_hw.architectures.systolic.shape import ArrayShape
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.config.models import AcceleratorConfig, Config
    from hawx_hw.technology import Technology

__all__ = [
    "ASSIGNED",
    "DESIGN",
    "SHAPE",
    "architecture",
    "designed",
    "load_assignment",
    "load_plan",
    "load_technology",
    "pe_grid",
]

DESIGN = "design.json"
#: Keys of the accelerator that a design has: all but the clock, a matter of synthesis.
SHAPE = (
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
    "block_implementation",
)
#: Name of the files of the graph that suits its blocks, without suffix.
ASSIGNED = "assigned"


def designed(context: Context) -> Config:
    """The config with the accelerator of the design, which a search may have chosen."""
    from hawx_hw.config.models import AcceleratorConfig

    content = json.loads((context.folder / DESIGN).read_text("utf-8"))
    shape: AcceleratorConfig = AcceleratorConfig.model_validate(
        {
            **content["accelerator"],
            # Synthesis and power have their own clock; the design's Verilog does not know it.
            "clock_mhz": context.config.accelerator.clock_mhz,
        }
    )
    return context.config.model_copy(update={"accelerator": shape})


def load_assignment(context: Context) -> Assignment:
    """The block of every weight of the design; layers that it leaves out are exact."""
    from hawx_hw.assignment import from_json

    content = json.loads((context.folder / DESIGN).read_text("utf-8"))
    return from_json(content["assignment"], context.base)


def architecture(config: Config) -> ArrayShape:
    """The accelerator's shape.

    Raises
    ------
    UserError
        Numbers that do not go together.
    """
    from hawx_hw.architectures.systolic.shape import ArrayShape

    shape = config.accelerator
    try:
        return ArrayShape.complete(
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
            hint="Leave the key out for a value that fits.",
        ) from error


def pe_grid(config: Config, base: Path) -> Grid | None:
    """The blocks of each PE, where the config gives them.

    Raises
    ------
    UserError
        An unknown block, a row or column that is not there, a PE without a block.
    """
    import numpy as np

    from hawx_hw.architectures.systolic.pe_blocks import Grid
    from hawx_hw.blocks import Block, by_name

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
                    hint=f"Name {key} from 0 to {count - 1}.",
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
            hint="Add an entry that names it, or one without rows and columns as the first.",
        )
    # An entry may have been overridden altogether.
    used = np.flatnonzero(held.any(axis=(0, 1)))
    every = list(blocks.values())
    return Grid(tuple(every[index] for index in used), held[:, :, used])


def load_plan(context: Context) -> Plan:
    """The network that suits the design's blocks, on its accelerator.

    Raises
    ------
    UserError
        The accelerator cannot run the network.
    """
    from hawx_hw.architectures.systolic.plan import plan
    from hawx_hw.graph.storage import load_graph

    config = designed(context)
    graph, assignment = load_graph(context.folder / ASSIGNED), load_assignment(context)
    with blame("network.model"):
        return plan(graph, architecture(config), assignment, pe_grid(config, context.base))


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
