"""The table of memory macros is that of their Verilog."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from hawx_hw.util.macros import (
    ADDRESS_WIDTH,
    CLOCK,
    DEPTH,
    INIT_FILE,
    MACROS,
    READ_DATA,
    ROM,
    SDP_RAM,
    SP_RAM,
    WIDTH,
    WRITE_DATA,
    MacroKind,
)
from hawx_hw.util.resources import rtl_templates

PORT = re.compile(r"^    (input|output) +wire +(?:\[(\w+)-1:0\] +)?(\w+),?$", re.MULTILINE)
PARAMETER = re.compile(r"^    parameter (\w+) =", re.MULTILINE)


def test_the_macros_are_those_of_the_templates() -> None:
    assert sorted(MACROS) == sorted(path.stem for path in rtl_templates().glob("*.v"))
    assert tuple(MACROS) == get_args(MacroKind)


@pytest.mark.parametrize("kind", MACROS)
def test_ports_and_parameters_are_those_of_the_verilog(kind: str) -> None:
    text = (rtl_templates() / f"{kind}.v").read_text()
    ports = PORT.findall(text)
    macro = MACROS[kind]
    assert {name: width or None for _, width, name in ports} == dict(macro.ports)
    assert [name for _, _, name in ports] == [*macro.ports]
    assert [name for direction, _, name in ports if direction == "output"] == [READ_DATA]
    file = [INIT_FILE] if macro is ROM else []
    assert PARAMETER.findall(text) == [WIDTH, DEPTH, ADDRESS_WIDTH, *file]


@pytest.mark.parametrize("kind", MACROS)
def test_each_port_has_one_use(kind: str) -> None:
    macro = MACROS[kind]
    uses = {CLOCK, READ_DATA, macro.read_enable, macro.read_address}
    if macro.written:
        uses |= {WRITE_DATA, macro.write_enable, macro.write_address}
    assert uses == macro.ports.keys()
    for port in (macro.read_address, macro.write_address or macro.read_address):
        assert macro.ports[port] == ADDRESS_WIDTH


def test_which_are_written_and_have_two_ports() -> None:
    assert [macro.written for macro in (ROM, SP_RAM, SDP_RAM)] == [False, True, True]
    assert [macro.two_ports for macro in (ROM, SP_RAM, SDP_RAM)] == [False, False, True]
