"""A good library, written in the ways that kits write theirs, and with what can be wrong in one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.technology import load

__all__ = ["ACCEPTED", "BASE", "LEFT_OUT", "REFUSED", "SAME", "Refused", "write"]

BASE = load("generic45").liberty.read_text("utf-8")


def _cell(name: str) -> str:
    match = re.search(rf"^  cell \({name}\) \{{.*?^  \}}\n", BASE, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[0]


def _all(pattern: str, by: str | Callable[[re.Match[str]], str]) -> str:
    """The library with every match replaced; there is at least one."""
    text, number = re.subn(pattern, by, BASE, flags=re.MULTILINE)
    assert number, pattern
    return text


def _in(cell: str, pattern: str, by: str) -> str:
    """The library with every match in one cell replaced."""
    old = _cell(cell)
    new, number = re.subn(pattern, by, old, flags=re.MULTILINE)
    assert number, pattern
    return BASE.replace(old, new)


def _with(lines: str, text: str = BASE) -> str:
    """The library with more in front of its templates."""
    return text.replace("  lu_table_template (delay)", f"{lines}\n  lu_table_template (delay)", 1)


def _more_cells(cells: str) -> str:
    return BASE.replace("  cell (AND2)", f"{cells}\n  cell (AND2)", 1)


def _unit(old: str, new: str) -> str:
    assert old in BASE
    return BASE.replace(old, new)


_TIME, _LOAD = 'time_unit : "1ps";', "capacitive_load_unit (1, ff);"
_ARC = r'related_pin : "A2";\n        timing_sense'
_NAND = _cell("NAND2")
#: The arcs of the NAND.
_ARCS = re.findall(r"      timing \(\) \{.*?\n      \}\n", _NAND, re.DOTALL)
_VALUES = '("21.1, 170.22", "21.1, 170.22")'
_TABLE = r"(cell_\w+|\w+_transition) \(delay\) \{ values \(\"([\d.]+, [\d.]+)\", \"[\d., ]+\"\)"

#: Ways to write the same: what tools get of them is the same text.
SAME: dict[str, str | bytes] = {
    "no semicolons": _all(r";$", ""),
    "no semicolon behind areas": _all(r"( area : [\d.]+);", r"\1"),
    "no semicolon behind related pins": _all(r'(related_pin : "[^"]*");', r"\1"),
    "no semicolon behind a unit": _unit(_TIME, _TIME[:-1]),
    "more semicolons": _all(r"^(  +)\}$", r"\1};;"),
    "braces on their own lines": _all(r"^( *)(cell|pin|timing|ff) (\(.*\)) \{", r"\1\2 \3\n\1{"),
    "values over lines": BASE.replace(_VALUES, "( \\ \n" + _VALUES[1:].replace('", ', '", \\\n')),
    "values in one row": BASE.replace(_VALUES, '("21.1, 170.22, 21.1, 170.22")'),
    "line ends of Windows": BASE.replace("\n", "\r\n").encode(),
    "byte order mark": b"\xef\xbb\xbf" + BASE.encode(),
    "UTF-16": BASE.encode("utf-16"),
    "Latin-1": BASE.replace("generic45:", "Müller, µm²:").encode("latin-1"),
    "comment to the end of the line": BASE.replace("{\n", "{ // the } library\n", 1),
    "comments in a string": BASE.replace('comment : "25', 'comment : "/* http://a/* } {'),
    "quotes in a string": BASE.replace('comment : "25', 'comment : "25 \\"fine\\" } {'),
    "string over lines": BASE.replace('comment : "25 cells', 'comment : "25\ncells; {'),
    "blank in a unit": _unit(_TIME, 'time_unit : "1 ps";'),
    "unit in capitals": _unit(_TIME, 'time_unit : "1PS";'),
    "unit without quotes": _unit(_TIME, "time_unit : 1ps;"),
    "blank in a unit of power": _unit('"1nW"', '"1 nw"'),
    "blank in a unit of voltage": _unit('"1V"', '"1 V"'),
    "load in capitals": _unit(_LOAD, "capacitive_load_unit (1.0, FF);"),
    "load in quotes": _unit(_LOAD, 'capacitive_load_unit ("1", "ff");'),
    "load without comma": _unit(_LOAD, "capacitive_load_unit (1 ff);"),
    "functions without quotes": _all(
        r'(function|clocked_on|next_state|clear) : "([^"]*)";', r"\1 : \2;"
    ),
    "related pins without quotes": _all(r'related_pin : "(\w+)";', r"related_pin : \1;"),
    "related pins with commas": _all(r'related_pin : "(\w+) (\w+)";', r'related_pin : "\1, \2";'),
    "one arc for two pins": BASE.replace(
        _NAND, _NAND.replace(_ARCS[1], "").replace('"A1";', '"A1 A2";')
    ),
    "tables of one edge": _in("NAND2", r".*(cell_fall|fall_transition).*\n", ""),
    "current source models": _in(
        "NAND2",
        "( +)timing_sense",
        r'\1output_current_rise () { vector (x) { values ("1"); } }\n\1timing_sense',
    ),
    "definitions": _with("  define (mine, cell, string);\n  define_group (group, cell);"),
}  # fmt: skip

_SMALL = 'cell_rise (scalar) { values ("1"); } rise_transition (scalar) { values ("1"); }'
_MODEL = 'index_1 ("0, 200");\n    index_2 ("0, 64"); }'
_TWO = f"""  cell (TWO) {{ area : 9;
    pin (I) {{ direction : input; capacitance : 1; }}
    pin (J) {{ direction : input; capacitance : 1; }}
    pin (ZI) {{ direction : output; function : "!I"; timing () {{ related_pin : "I"; {_SMALL} }} }}
    pin (ZJ) {{ direction : output; function : "!J"; timing () {{ related_pin : "J"; {_SMALL} }} }}
  }}"""
#: Libraries that say something else than the good one, and are right.
ACCEPTED: dict[str, str] = {
    "unused template of three variables": _with(
        f"  lu_table_template (odd) {{ variable_1 : input_net_transition; variable_2 : x; "
        f"variable_3 : y; {_MODEL}"
    ),
    "values alone": _in("NAND2", _TABLE, r'\1 (scalar) { values ("21")').replace('"21"), "', '"'),
    "tables over the transition": _with(
        '  lu_table_template (one) { variable_1 : input_net_transition; index_1 ("0, 200"); }',
        _in("NAND2", _TABLE, r'\1 (one) { values ("\2")'),
    ),
    "tables over the load": _with(
        "  lu_table_template (one) { variable_1 : total_output_net_capacitance; "
        'index_1 ("0, 64"); }',
        _in("NAND2", _TABLE, r'\1 (one) { values ("\2")'),
    ),
    "indices of its own": _in(
        "NAND2",
        r"cell_rise \(delay\) \{",
        'cell_rise (delay) { index_1 ("0, 100"); index_2 ("0, 32");',
    ),
    "nothing about delays": _all(r".*(delay_model|threshold_pct|slew_derate).*\n", ""),
    "no sense": _in("NAND2", r".*timing_sense.*\n", ""),
    "supply in millivolts": _all(r"voltage : 1.1;", "voltage : 1100;").replace('"1V"', '"1mV"'),
    "supply of the only conditions": _all(r".*(nom_voltage|default_operating_cond).*\n", ""),
    "default conditions that are not there": _all(
        r"(default_operating_conditions) : \w+", r"\1 : x"
    ),
    "units of two": _unit(_LOAD, "capacitive_load_unit (2, ff);"),
    "unit of ten": _unit(_TIME, 'time_unit : "10ps";'),
    "small unit of power": _unit('"1nW"', '"1fW"'),
    "function with quotation mark": _all(r'clear : "!RN";', "clear : \"RN'\";"),
    "function without operator": _in("NAND2", r'function : "[^"]*"', "function : \"(A1 A2)'\""),
    "two outputs of one input each": _more_cells(_TWO),
    "supplies that are no words": _with("  voltage_map (vdd!, 1.1);").replace(
        "    area : 0.798;", "    pg_pin (vdd!) { voltage_name : vdd!; }\n    area : 0.798;"
    ),
    "cells without pins": _more_cells("  cell (FILL) { area : 1; }"),
    "pins without capacitance": _in("NAND2", r".*capacitance.*\n", ""),
}  # fmt: skip

_SEVERAL = """  cell (RAM) { area : 9; memory () { type : ram; }
    bus (I) { direction : input; pin (I[3:0]) { capacitance : 1; } } }
  cell (FOUR) { area : 9; ff_bank (IQ, IQN, 4) { clocked_on : "C"; next_state : "D"; }
    bundle (D) { members (D0, D1); direction : input; } }
"""
_THREE = """  power_lut_template (odd) { variable_1 : input_transition_time;
    variable_2 : total_output_net_capacitance;
    variable_3 : equal_or_opposite_output_net_capacitance;
    index_1 ("0, 200"); index_2 ("0, 64"); index_3 ("0, 64"); }"""
_ODD = """  lu_table_template (odd) { variable_1 : normalized_voltage; index_1 ("0, 1"); }"""
#: Libraries of which some cells are left out, with these cells and why.
LEFT_OUT: dict[str, tuple[str, dict[str, str]]] = {
    "cells of several bits": (
        _more_cells(_SEVERAL),
        {"RAM": "it has a bus: several bits", "FOUR": "it has a ff_bank: several bits"},
    ),
    "table of three variables": (
        _with(
            _THREE, _in("NAND2", r"rise_power \(energy\).*", 'rise_power (odd) { values ("1"); }')
        ),
        {"NAND2": "pin ZN: rise_power has three variables"},
    ),
    "table over something odd": (
        _with(_ODD, _in("NAND2", r"cell_rise \(delay\)", "cell_rise (odd)")),
        {"NAND2": "pin ZN: cell_rise is over 'normalized_voltage'"},
    ),
    "no delays": (
        BASE.replace(_NAND, _NAND.replace(_ARCS[0], "").replace(_ARCS[1], "")),
        {"NAND2": "pin ZN has no delay from A1 or A2"},
    ),
    "no delay from one pin": (
        BASE.replace(_NAND, _NAND.replace(_ARCS[1], "")),
        {"NAND2": "pin ZN has no delay from A2"},
    ),
    "no output transitions": (
        _in("NAND2", r".*(rise|fall)_transition.*\n", ""),
        {"NAND2": "pin ZN has no delay from A1 or A2"},
    ),
    "delays of one edge's kind": (
        _in("NAND2", "( +)timing_sense", r"\1timing_type : combinational_rise;\n\1timing_sense"),
        {"NAND2": "pin ZN has no delay from A1 or A2"},
    ),
    "no clock's delay": (
        _in("DFF", "timing_type : rising_edge", "timing_type : clear"),
        {"DFF": "pin Q has no delay from a clock"},
    ),
    "what is wrong in a cell that is not for logic": (
        _in("NAND2", r"    area : 0.798;", "    dont_use : true;\n    area : -1;"),
        {"NAND2": "area must not be negative, not -1"},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Refused:
    """A library that is refused: a part of the message, and of its line."""

    text: str
    what: str
    line: str


def _nand(pattern: str, by: str, what: str, line: str) -> Refused:
    return Refused(_in("NAND2", pattern, by), f"cell NAND2: {what}", line)


_FILE = "This is not a liberty file that can be read: "
REFUSED: dict[str, Refused] = {
    "no related pin": _nand(
        _ARC, "timing_sense", "pin ZN: timing has no related_pin.", "timing () {"
    ),
    "wrong related pin": _nand(
        _ARC,
        'related_pin : "NO";\n        timing_sense',
        "pin ZN: related_pin 'NO' is no pin of the cell.",
        'related_pin : "NO"',
    ),
    "wrong related pin of an energy": _nand(
        '"A1 A2"', '"A1 NO"', "pin ZN: related_pin 'NO' is no pin of the cell.", '"A1 NO"'
    ),
    "no such template": _nand(
        r"cell_rise \(delay\)",
        "cell_rise (none)",
        "pin ZN: cell_rise: there is no template 'none'.",
        "cell_rise (none)",
    ),
    "too few values": _nand(
        r'(cell_rise.*values \()"[\d., ]+", ',
        r"\1",
        "pin ZN: values of cell_rise must be 2 x 2 numbers, not 2.",
        "cell_rise",
    ),
    "index that falls": _nand(
        r"cell_rise \(delay\) \{",
        'cell_rise (delay) { index_1 ("9, 9");',
        "pin ZN: index_1 of cell_rise must rise.",
        '"9, 9"',
    ),
    "infinite value": _nand(
        r'cell_fall \(delay\) \{ values \("21.1',
        'cell_fall (delay) { values ("inf',
        "pin ZN: values must be a finite number, not 'inf'.",
        "inf,",
    ),
    "capacitance that is no number": _nand(
        "1.599", "nan", "pin A1: capacitance must be a finite number, not 'nan'.", "nan"
    ),
    "negative capacitance": _nand(
        "1.599", "-1.5", "pin A1: capacitance must not be negative, not -1.5.", "-1.5"
    ),
    "negative area": _nand(
        "area : 0", "area : -0", "area must not be negative, not -0.798.", "area : -0"
    ),
    "leakage that is no number": _nand(
        "17.39", "many", "cell_leakage_power must be a finite number, not 'many'.", "many"
    ),
    "unknown pin in a function": _nand(
        r"A1 & A2", "A1 & NO", "function '!(A1 & NO)': there is no pin NO.", "NO"
    ),
    "unknown clock": Refused(
        _in("DFF", 'clocked_on : "CK"', 'clocked_on : "NO"'),
        "cell DFF: clocked_on 'NO': there is no pin NO.",
        '"NO"',
    ),
    "no function": _nand(
        r"!\(A1 & A2\)", "!(A1 &", "function must be a Boolean function, not '!(A1 &'.", "!(A1 &"
    ),
    "no direction": _nand(
        r"direction : output;",
        "",
        "pin ZN: direction must be one of input, output, inout, internal, not ''.",
        "pin (ZN)",
    ),
    "unknown sense": _nand(
        "negative_unate",
        "sinking",
        "pin ZN: timing_sense must be one of positive_unate, negative_unate, non_unate, not "
        "'sinking'.",
        "sinking",
    ),
    "pin twice": _nand(
        r"pin \(A2\)", "pin (A1)", "pin A1 stands here twice, first in line 842.", "pin (A1)"
    ),
    "cell twice": Refused(
        _more_cells("  cell (INV) { area : 1; }"),
        "cell INV: it stands in the file twice.",
        "cell (INV) {",
    ),
    "time of ten nanoseconds": Refused(
        _unit(_TIME, 'time_unit : "10ns";'),
        f"{_FILE}time_unit must be one of 1ps, 10ps, 100ps, 1ns, not '10ns'.",
        "10ns",
    ),
    "another model of delays": Refused(
        _all("delay_model : table_lookup", "delay_model : polynomial"),
        f"{_FILE}delay_model must be table_lookup, not 'polynomial'.",
        "polynomial",
    ),
    "unknown kind of timing": Refused(
        _in("DFF", "rising_edge", "rising"),
        "cell DFF: pin Q: timing_type 'rising' is none that the format has.",
        "timing_type : rising",
    ),
    "unknown load": Refused(
        _unit(_LOAD, "capacitive_load_unit (1, nf);"),
        f"{_FILE}capacitive_load_unit must be a number and ff or pf, not (1, nf).",
        "nf",
    ),
    "supply in the wrong unit": Refused(
        _all("voltage : 1.1;", "voltage : 1100;"),
        f"{_FILE}the supply must be 0.05 to 50 V, not 1100 V: check voltage and voltage_unit.",
        "    voltage : 1100",
    ),
    "another file": Refused(
        _with('  include_file ("other.lib");'),
        f"{_FILE}include_file is not followed: name all files of the library together.",
        "include_file",
    ),
    "two libraries": Refused(
        BASE + BASE, f"{_FILE}it must hold one library group, not 2.", "library (generic45) {"
    ),
    "string without end": Refused(
        BASE.replace('linear delay fits";', ""),
        f"{_FILE}this is not liberty: '1.0\";'.",
        "revision",
    ),
}  # fmt: skip


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """A variant as a file, whose name has no blanks."""
    path = folder / f"{name.replace(' ', '_')}.lib"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
