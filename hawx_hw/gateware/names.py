"""Names in the Verilog that other rooms recognize, the same in every architecture.

*Kinds* of modules are what sweeps measure and predictors learn. A *part* is a group of kinds that
does one job: what power is reported by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hawx_hw.util.macros import MACROS

__all__ = ["BLOCK", "IMPORT", "SHELL_PARTS", "TRACE", "kind_of", "part_of"]

#: How the names of the modules of blocks begin.
BLOCK = "hawx_block_"
#: How the names of the modules of imported netlists begin, which are in those of blocks.
IMPORT = "hawx_import_"
#: Names of the signals of a core's write trace,
#: see :class:`hawx_hw.gateware.write_trace.WriteTrace`.
TRACE = {
    "valid": "trace_write_valid",
    "address": "trace_write_address",
    "data": "trace_write_data",
    "layer": "trace_layer",
}
#: The part of each kind of module around the core.
SHELL_PARTS = {
    "accelerator": "shell",
    "shell": "shell",
    "axi_lite_bridge": "shell",
    "registers": "shell",
    "packet_router": "shell",
    "parameter_loader": "shell",
    "image_loader": "shell",
    "image_walker": "shell",
    "result_streamer": "shell",
    "result_walker": "shell",
    "result_ram": "shell",
    "sequencer": "control",
    "counters": "control",
    "trap_recorder": "control",
    "counters_ram": "control",
}

_OWN = "hawx_"
_BLOCKS = "blocks"


def kind_of(module: str, prefixes: Mapping[str, str] | None = None) -> str:
    """The kind of a Verilog module, by its name.

    It is the module's name without ``hawx_`` and without numbers at its end; all blocks are the
    kind ``"blocks"``. A module that is written for each instance anew, ``PARENT.INSTANCE``, is of
    its parent's kind.

    Parameters
    ----------
    module : str
    prefixes : mapping of str to str or None
        The kind of the architecture's modules whose names begin so, and end with names of blocks.
    """
    module = module.partition(".")[0]
    for prefix, kind in (prefixes or {}).items():
        if module.startswith(prefix):
            return kind
    if module.startswith((BLOCK, IMPORT)):
        return _BLOCKS
    return re.sub(r"(_\d+)+$", "", module.removeprefix(_OWN))


def part_of(
    module: str, own: Mapping[str, str], prefixes: Mapping[str, str] | None = None
) -> str | None:
    """The part of the accelerator that a Verilog module belongs to, by its name.

    Parameters
    ----------
    module : str
    own : mapping of str to str
        The part of each kind of module of the architecture; it overrides :data:`SHELL_PARTS`.
    prefixes : mapping of str to str or None
        As in :func:`kind_of`.

    Returns
    -------
    str or None
        None where the module belongs to the part of what instantiates it: modules that users have
        written, and macros of memories.

    Raises
    ------
    ValueError
        The module is of this project, but of no kind in the tables.
    """
    if not module.startswith(_OWN) or module in MACROS:
        return None
    kind = kind_of(module, prefixes)
    part = own.get(kind) or SHELL_PARTS.get(kind)
    if part is None:
        raise ValueError(f"Module {module!r} is of no part of the accelerator: its kind is unknown")
    return part
