"""Libraries as OpenSTA reads them: standard cells with or without wires, memory macros."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hawx_hw.errors import UserError
from hawx_hw.technology.wires import WireModel
from hawx_hw.util.macros import ADDRESS_WIDTH, CLOCK, MACROS, READ_DATA, WIDTH

__all__ = ["WIRES", "load_unit", "macro_library", "time_unit", "with_wires", "without_wires"]

#: Name of the wire load model of :func:`with_wires`.
WIRES = "hawx_wires"
_TIME_UNIT = re.compile(r'\btime_unit\s*:\s*"?\s*(\d+)\s*(ps|ns|us)\s*"?\s*;')
_WIRE_LOAD = re.compile(
    r"\bwire_load(?:_table|_selection)?\s*\([^)]*\)\s*\{[^}]*\}"
    r"|\bdefault_wire_load(?:_selection)?\s*:[^;\n]*;?"
)
_NANOSECONDS = {"ps": 1e-3, "ns": 1.0, "us": 1e3}
_LOAD_UNIT = re.compile(r"\bcapacitive_load_unit\s*\(\s*([\d.]+)\s*,\s*\"?([fp]f)\"?\s*\)")
_FEMTOFARADS = {"ff": 1.0, "pf": 1e3}
_RESISTANCE_UNIT = re.compile(r"\bpulling_resistance_unit\s*:[^;\n]*;")
_TREE = re.compile(r"\btree_type\s*:[^;\n]*;")
_CONDITIONS = re.compile(r"\boperating_conditions\s*\([^)]*\)\s*\{")
_FIRST_CELL = re.compile(r"^  cell \(", re.MULTILINE)


def time_unit(liberty: str) -> float:
    """The library's unit of time in ns, in which OpenSTA answers."""
    match = _TIME_UNIT.search(liberty)
    return int(match[1]) * _NANOSECONDS[match[2]] if match else 1.0


def load_unit(liberty: str) -> float:
    """The library's unit of capacitance in fF.

    Raises
    ------
    ValueError
        The text states none.
    """
    unit = _LOAD_UNIT.search(liberty)
    if unit is None:
        raise ValueError("liberty must state capacitive_load_unit")
    return float(unit[1]) * _FEMTOFARADS[unit[2]]


def without_wires(liberty: str) -> str:
    """A library's text without its wire load models.

    OpenSTA takes the model that the library names for the design's area, and so would count wires
    for some libraries and not for others.
    """
    return _WIRE_LOAD.sub("", liberty)


def with_wires(liberty: str, wires: WireModel) -> str:
    """A library's text with one wire load model, :data:`WIRES`, that counts where it is set.

    Parameters
    ----------
    liberty : str
        As :meth:`~hawx_hw.technology.Technology.tool_text` returns it.
    wires : WireModel

    Raises
    ------
    ValueError
        The text states no unit of loads, or has no cells.
    """
    femtofarads, cell = load_unit(liberty), _FIRST_CELL.search(liberty)
    if cell is None:
        raise ValueError("liberty must have cells")
    lines = [
        '  pulling_resistance_unit : "1kohm";',
        f"  wire_load ({WIRES}) {{",
        f"    capacitance : {wires.capacitance_ff_um / femtofarads:.9g};",
        f"    resistance : {wires.resistance_ohm_um / 1000:.9g};",
        f"    slope : {wires.further_um:.9g};",
        *(
            f"    fanout_length ({pins}, {length:.9g});"
            for pins, length in enumerate(wires.lengths_um, 1)
        ),
        "  }",
    ]
    head = _RESISTANCE_UNIT.sub("", without_wires(liberty[: cell.start()]))
    # Each pin has its share of the wire, as in WireModel.delays.
    head = _CONDITIONS.sub(r"\g<0> tree_type : balanced_tree;", _TREE.sub("", head))
    return "\n".join([head.rstrip(), *lines, liberty[cell.start() :]])


def macro_library(
    macros: Mapping[str, tuple[str, dict[str, int]]],
    *,
    access_ns: float = 0.0,
    setup_ns: float = 0.0,
) -> str:
    """Liberty text for memory macros that load nothing and need no time to hold their inputs.

    Parameters
    ----------
    macros : mapping
        As :func:`~hawx_hw.synthesis.plain_verilog.plain_verilog` returns them.
    access_ns : float
        From the clock's edge to the word that was read; 0: they answer at once.
    setup_ns : float
        Set-up time of all inputs.

    Raises
    ------
    UserError
        A macro is none of this project's.
    """
    types = sorted({width for _, shape in macros.values() for width in _widths(shape)})
    lines = ["library (macros) {", "  delay_model : table_lookup;", '  time_unit : "1ns";',
             "  capacitive_load_unit (1, pf);"]  # fmt: skip
    for edge in ("rise", "fall"):
        lines += [f"  {pin}_threshold_pct_{edge} : 50;" for pin in ("input", "output")]
        lines += [
            f"  slew_lower_threshold_pct_{edge} : 20;",
            f"  slew_upper_threshold_pct_{edge} : 80;",
        ]
    for width in types:
        lines += [f"  type (bus{width}) {{", "    base_type : array;", "    data_type : bit;",
                  f"    bit_width : {width};", f"    bit_from : {width - 1};", "    bit_to : 0;",
                  "  }"]  # fmt: skip
    for name, (kind, shape) in sorted(macros.items()):
        if kind not in MACROS:
            raise UserError(
                f"The timing of black box {kind!r} is not known.",
                hint=f"Black boxes must be one of {', '.join(sorted(MACROS))}.",
            )
        lines += [f"  cell ({name}) {{", "    area : 0;"]
        for port, parameter in MACROS[kind].ports.items():
            bits = shape[parameter] if parameter else None
            lines += _pin(port, bits, access_ns, setup_ns)
        lines.append("  }")
    return "\n".join([*lines, "}", ""])


def _widths(shape: Mapping[str, int]) -> tuple[int, int]:
    return shape[WIDTH], shape[ADDRESS_WIDTH]


def _pin(port: str, width: int | None, access: float, setup: float) -> list[str]:
    kind = f"pin ({port})" if width is None else f"bus ({port})"
    bus = [] if width is None else [f"      bus_type : bus{width};"]
    lines = [f"    {kind} {{", *bus]
    if port == READ_DATA:
        tables = {"cell_rise": access, "rise_transition": 0.0, "cell_fall": access,
                  "fall_transition": 0.0}  # fmt: skip
        lines += ["      direction : output;", *_timing("rising_edge", tables)]
    else:
        lines += ["      direction : input;", "      capacitance : 0;"]
        if port == CLOCK:
            lines.append("      clock : true;")
        else:
            for kind, time in (("setup_rising", setup), ("hold_rising", 0.0)):
                lines += _timing(kind, {"rise_constraint": time, "fall_constraint": time})
    return [*lines, "    }"]


def _timing(kind: str, tables: Mapping[str, float]) -> list[str]:
    """An arc from the clock."""
    return ["      timing () {", f'        related_pin : "{CLOCK}";',
            f"        timing_type : {kind};",
            *(f'        {table} (scalar) {{ values ("{time:.9g}"); }}'
              for table, time in tables.items()),
            "      }"]  # fmt: skip
