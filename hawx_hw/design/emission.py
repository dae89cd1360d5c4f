"""Writes an accelerator: Verilog, memory images, register map, the codes of pixels.

The folder gets ::

    rtl/        one Verilog file a module, the memory macros, lint waivers, the lists of files
    mem/        one .hex file a built-in memory, or parameters.bin, the packet to load
    hawx_registers.h, hawx_pixels.h, registers.md
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from hawx_hw import __version__
from hawx_hw.architectures.base import CycleReport, Plan
from hawx_hw.design.pixel_header import pixel_header
from hawx_hw.design.program import (
    ComparedImplementation,
    EmitResult,
    EmittedBlock,
    EmittedMemory,
    LayerMultiplications,
    ProgramCycles,
    ProgramLayer,
)
from hawx_hw.design.sources import ANYWHERE_LIST, FILE_LIST, FOLDER_VARIABLE, WAIVERS
from hawx_hw.gateware.accelerator import Accelerator
from hawx_hw.gateware.block_verilog import block_files
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.parameter_loader import parameter_packet
from hawx_hw.gateware.register_documents import c_header, markdown
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.util.files import read_bytes, write_bytes, write_text
from hawx_hw.util.macros import ROM, SDP_RAM, SP_RAM
from hawx_hw.util.resources import rtl_templates

__all__ = ["TOP", "emit_accelerator", "plan_packet"]

#: Name of the top module.
TOP = "hawx_accelerator"
#: In this order they stand in the list of files.
_MACROS = tuple(f"{macro.kind}.v" for macro in (SDP_RAM, SP_RAM, ROM))


def emit_accelerator(
    plan: Plan,
    directory: Path,
    *,
    config_hash: int,
    implementations: Mapping[str, str] | None = None,
    compared: Mapping[str, Sequence[ComparedImplementation]] | None = None,
    initial_values: bool = True,
) -> EmitResult:
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
    compared : mapping of str to sequence of ComparedImplementation
        What they were chosen from, by the block's digest, where it is to be recorded.
    initial_values : bool
        Whether registers have an initial value besides their reset, as FPGAs offer them.

    Returns
    -------
    EmitResult
        What it consists of; it is not written.

    Raises
    ------
    UserError
        Two blocks have one name in Verilog, or different Verilog files of one name.
    """
    implementations = implementations or {}
    files = block_files(plan.blocks)
    signature, constants = plan.signature(), plan.constants()
    top = Accelerator(
        signature,
        lambda: plan.core(implementations),
        constants=constants,
        config_hash=config_hash,
        version=__version__,
    )
    emission = Emission()
    emission.define(TOP, top)

    for name in ("rtl", "mem"):
        shutil.rmtree(directory / name, ignore_errors=True)
        (directory / name).mkdir(parents=True)
    sources = [*_MACROS]
    for macro in (*_MACROS, WAIVERS):
        write_bytes(directory / "rtl" / macro, read_bytes(rtl_templates() / macro))
    for name, text in verilog_modules(emission, initial_values=initial_values).items():
        write_text(directory / "rtl" / f"{name}.v", text)
        sources.append(f"{name}.v")
    for name, text in files.items():
        write_text(directory / "rtl" / name, text)
        sources.append(name)
    write_text(directory / "rtl" / FILE_LIST, "".join(f"{source}\n" for source in sources))
    write_text(
        directory / "rtl" / ANYWHERE_LIST,
        "".join(f"${{{FOLDER_VARIABLE}}}/{source}\n" for source in sources),
    )
    _write_memories(plan, directory / "mem")

    registers = accelerator_registers(
        signature,
        constants=constants,
        config_hash=config_hash,
        version=__version__,
    )
    write_text(directory / "hawx_registers.h", c_header(registers))
    write_text(directory / "registers.md", markdown(registers))
    graph = plan.graph
    pixels = pixel_header(graph.pixels, graph.tensors[graph.input].shape)
    write_text(directory / "hawx_pixels.h", pixels)
    result = _result(plan, implementations, compared or {}, config_hash, sources)
    return result.model_copy(update={"initial_values": initial_values})


def plan_packet(plan: Plan) -> bytes:
    """The packet that loads the parameters of ``plan``.

    Raises
    ------
    ValueError
        A memory has words that do not fit it.
    """
    memories = plan.memories()
    shapes = [(memory.width, memory.depth) for memory in memories]
    return parameter_packet(shapes, [memory.words for memory in memories])


def _write_memories(plan: Plan, folder: Path) -> None:
    if plan.loadable:
        write_bytes(folder / "parameters.bin", plan_packet(plan))
        return
    for memory in plan.memories():
        digits = -(-memory.width // 4)
        text = "".join(f"{word:0{digits}x}\n" for word in memory.words)
        write_text(folder / f"{memory.name}.hex", text)


def _result(
    plan: Plan,
    implementations: Mapping[str, str],
    compared: Mapping[str, Sequence[ComparedImplementation]],
    config_hash: int,
    sources: list[str],
) -> EmitResult:
    packet = plan_packet(plan)
    blocks = tuple(
        EmittedBlock(
            name=block.name,
            table_sha256=block.digest,
            implementation=implementations.get(block.digest, block.implementations[0]),
            instances=count,
            compared=tuple(compared.get(block.digest, ())),
        )
        for block, count in zip(plan.blocks, plan.instances, strict=True)
    )
    return EmitResult(
        generator=f"hawx_hw {__version__}",
        config_hash=f"{config_hash:08x}",
        top=TOP,
        sources=tuple(sources),
        loadable=plan.loadable,
        multipliers=plan.multipliers,
        blocks=blocks,
        multiplications=tuple(
            LayerMultiplications(layer=each.layer, blocks=each.blocks)
            for each in plan.multiplications()
        ),
        memories=tuple(
            EmittedMemory(
                name=memory.name,
                width=memory.width,
                depth=memory.depth,
                bits=memory.width * memory.depth,
            )
            for memory in plan.memories()
        ),
        parameters_sha256=hashlib.sha256(packet).hexdigest(),
        parameter_bytes=len(packet),
        cycles=_cycles(plan.cycles()),
        **plan.describe(),
    )


def _cycles(report: CycleReport) -> ProgramCycles:
    return ProgramCycles(
        core=report.core,
        layers=tuple(
            ProgramLayer(
                name=layer.name,
                total=layer.total,
                macs=layer.macs,
                causes=layer.causes,
                utilization=layer.macs / report.multipliers / layer.total,
            )
            for layer in report.layers
        ),
    )
