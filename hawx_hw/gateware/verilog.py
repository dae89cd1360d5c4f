"""Writes collected RTLIL as Verilog files, one a module."""

from __future__ import annotations

import re

from amaranth._toolchain.yosys import find_yosys

from hawx_hw.gateware.hierarchy import Emission

__all__ = ["verilog_modules"]

# Yosys makes each combinational block run once at time zero by an event on a dummy register. Its
# initializer is an event in Verilog, but none in SystemVerilog; a nonblocking assignment is one in
# both.
_DUMMY = re.compile(r"\\\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+ ")
_DUMMY_NAME = "at_time_zero"

_MODULE = re.compile(r"^module (\\?\S+?)\s*\(.*?^endmodule$", re.MULTILINE | re.DOTALL)


def verilog_modules(emission: Emission) -> dict[str, str]:
    """Verilog-2005 text of each module, by name, parts before the whole.

    The same design gives the same bytes: no dates, no paths, no source positions.
    """
    yosys = find_yosys(lambda version: version >= (0, 40))
    rtlil = "\n".join(emission.modules.values())
    text = yosys.run(
        ["-q", "-"],
        "\n".join(
            [
                f"read_rtlil <<rtlil\n{rtlil}\nrtlil",
                "proc -nomux -norom",
                "memory_collect",
                "opt_clean",
                "write_verilog -norename -noattr",
            ]
        ),
        # Yosys warns that not every process can be written as Verilog; Amaranth writes only such
        # that can.
        ignore_warnings=True,
    )
    text = _DUMMY.sub(_DUMMY_NAME, text)
    text = text.replace(
        f"  reg {_DUMMY_NAME} = 0;\n",
        f"  reg {_DUMMY_NAME};\n  initial {_DUMMY_NAME} <= 1'h0;\n",
    )
    modules = {match[1].lstrip("\\"): match[0] + "\n" for match in _MODULE.finditer(text)}
    missing = [name for name in emission.modules if name not in modules]
    if missing:
        raise RuntimeError(f"Yosys wrote no module {missing[0]!r}")
    return {name: modules[name] for name in (*emission.modules, *sorted(modules))}
