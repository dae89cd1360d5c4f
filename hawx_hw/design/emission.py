"""Writes an accelerator: Verilog, memory images, register map.

The folder gets ::

    rtl/        one Verilog file a module, the memory macros, lint waivers, filelist.f
    mem/        one .hex file a built-in memory, or parameters.bin, the packet to load
    hawx_registers.h, registers.md
    program.json   the layer program and the shape of everything, for people and tools
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from hawx_hw import __version__
from hawx_hw.architectures.systolic.cycles import predict
from hawx_hw.architectures.systolic.gateware.core import SystolicCore, core_signature, memory_words
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.gateware.accelerator import Accelerator
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.register_documents import c_header, markdown
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.util.files import write_bytes, write_json, write_text
from hawx_hw.util.resources import rtl_templates

__all__ = ["TOP", "emit_accelerator", "parameter_packet"]

#: Name of the top module.
TOP = "hawx_accelerator"
_MACROS = ("hawx_sdp_ram.v", "hawx_sp_ram.v", "hawx_rom.v")


def emit_accelerator(
    plan: Plan,
    directory: Path,
    *,
    config_hash: int,
    implementations: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Write the accelerator of ``plan`` into ``directory``; what stood there before is replaced.

    Parameters
    ----------
    plan : Plan
    directory : Path
        Created if need be; the sub-folders ``rtl`` and ``mem`` are written anew.
    config_hash : int
        32 bits that software can read from the accelerator.
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Returns
    -------
    dict
        What ``program.json`` holds.
    """
    implementations = implementations or {}
    signature = core_signature(plan)
    shape = plan.array
    top = Accelerator(
        signature,
        lambda: SystolicCore(plan, implementations),
        rows=shape.rows,
        columns=shape.columns,
        config_hash=config_hash,
        version=__version__,
    )
    emission = Emission()
    emission.define(TOP, top)

    for name in ("rtl", "mem"):
        shutil.rmtree(directory / name, ignore_errors=True)
        (directory / name).mkdir(parents=True)
    sources = [*_MACROS]
    for macro in (*_MACROS, "hawx_waivers.vlt"):
        write_bytes(directory / "rtl" / macro, (rtl_templates() / macro).read_bytes())
    for name, text in verilog_modules(emission).items():
        write_text(directory / "rtl" / f"{name}.v", text)
        sources.append(f"{name}.v")
    for block in plan.grid.blocks:
        for name, text in block.sources.items():
            write_text(directory / "rtl" / name, text)
            sources.append(name)
    write_text(directory / "rtl" / "filelist.f", "".join(f"{source}\n" for source in sources))
    _write_memories(plan, directory / "mem")

    registers = accelerator_registers(
        signature,
        rows=shape.rows,
        columns=shape.columns,
        config_hash=config_hash,
        version=__version__,
    )
    write_text(directory / "hawx_registers.h", c_header(registers))
    write_text(directory / "registers.md", markdown(registers))
    summary = _summary(plan, implementations, config_hash, sources)
    write_json(directory / "program.json", summary)
    return summary


def parameter_packet(plan: Plan) -> bytes:
    """The packet that loads the parameters: memory after memory, word after word, little-endian."""
    packet = bytearray()
    for (_, width, _), words in zip(
        Dimensions.of(plan).memories(), memory_words(plan), strict=True
    ):
        size = -(-width // 8)
        for word in words:
            packet += word.to_bytes(size, "little")
    return bytes(packet)


def _write_memories(plan: Plan, folder: Path) -> None:
    if plan.array.loadable:
        write_bytes(folder / "parameters.bin", parameter_packet(plan))
        return
    for (name, width, _), words in zip(
        Dimensions.of(plan).memories(), memory_words(plan), strict=True
    ):
        digits = -(-width // 4)
        write_text(folder / f"{name}.hex", "".join(f"{word:0{digits}x}\n" for word in words))


def _summary(
    plan: Plan, implementations: Mapping[str, str], config_hash: int, sources: list[str]
) -> dict[str, object]:
    dimensions = Dimensions.of(plan)
    cycles = predict(plan)
    packet = parameter_packet(plan)
    return {
        "schema": 1,
        "generator": f"hawx_hw {__version__}",
        "config_hash": f"{config_hash:08x}",
        "top": TOP,
        "sources": sources,
        "architecture": asdict(plan.array),
        "blocks": [
            {
                "name": block.name,
                "table_sha256": block.digest,
                "implementation": implementations.get(block.digest, block.implementations[0]),
                "pes": int(plan.grid.held[:, :, index].sum()),
            }
            for index, block in enumerate(plan.grid.blocks)
        ],
        "multiplications": _multiplications(plan),
        "grid": [
            [list(plan.grid.pe(row, column)) for column in range(plan.grid.columns)]
            for row in range(plan.grid.rows)
        ],
        "selections": [selection.tolist() for selection in plan.selections],
        "widths": asdict(plan.ranges),
        "memories": [
            {"name": name, "width": width, "depth": depth, "bits": width * depth}
            for name, width, depth in dimensions.memories()
        ],
        "activation_memory": {
            "copies": plan.array.rows,
            "width": dimensions.word.size,
            "depth": dimensions.arena,
        },
        "accumulators": {
            "sets": 2 * plan.array.slices,
            "width": plan.array.slice_columns * dimensions.sum_bits,
            "depth": dimensions.accumulators,
        },
        "parameters_sha256": hashlib.sha256(packet).hexdigest(),
        "parameter_bytes": len(packet),
        "cycles": {"core": cycles.core, "layers": cycles.as_dict()},
        "program": [
            {"layer": layer.name, **asdict(step)}
            for layer, step in zip(plan.layers, plan.steps, strict=True)
        ],
    }


def _multiplications(plan: Plan) -> list[dict[str, object]]:
    """How many multiplications of each layer of the array each block computes."""
    found: list[dict[str, object]] = []
    for layer in plan.layers:
        if layer.blocks is None:
            continue
        each = layer.macs // layer.blocks.choice.size
        counts = np.bincount(layer.blocks.choice.ravel()) * each
        names = [block.name for block in layer.blocks.blocks]
        by_block = dict(zip(names, counts.tolist(), strict=True))
        found.append({"layer": layer.title, "blocks": by_block})
    return found
