"""The parameter memories of a core, built in or loaded through the core's port."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from amaranth.hdl import Module

from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.memories import ParameterMemory

__all__ = ["place_parameter_memories"]


def place_parameter_memories(
    m: Module,
    platform: Any,
    memories: Sequence[tuple[str, int, int]],
    contents: Sequence[Sequence[int]],
    parameter: Any | None,
) -> list[ParameterMemory]:
    """Place the memories that inference only reads; who calls it connects their ``read``.

    Parameters
    ----------
    m : Module
        Gets an instance of each memory, by its name.
    platform : Any
    memories : sequence of (str, int, int)
        Name, width in bits and depth in words of each, in the order of the parameter packet. Loaded
        ones are modules by what comes before the first ``_`` of their names: those that share it
        must be of one width and depth.
    contents : sequence of sequence of int
        The words of each; not used where they are loaded.
    parameter : interface or None
        The core's port of that name, see :class:`~.core_interface.CoreSignature`; None where the
        words are built in.
    """
    placed = []
    for index, (name, width, depth) in enumerate(memories):
        # Loaded memories of a kind are all alike; built-in ones differ by their contents.
        kind = name if parameter is None else name.split("_")[0]
        words = contents[index] if parameter is None else None
        file = f"{name}.hex" if parameter is None else None
        memory = place(
            m,
            platform,
            name,
            f"hawx_{kind}",
            partial(ParameterMemory, width, depth, init=words, init_file=file),
        )
        if parameter is not None:
            m.d.comb += [
                memory.write.enable.eq(parameter.valid & (parameter.memory == index)),
                memory.write.address.eq(parameter.address),
                memory.write.data.eq(parameter.data),
            ]
        placed.append(memory)
    return placed
