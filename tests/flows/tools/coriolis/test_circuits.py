"""Functions of cells from their transistors."""

from __future__ import annotations

import re

import pytest

from hawx_hw.flows.tools.coriolis.circuits import other_functions, read_circuits
from hawx_hw.technology import Technology
from hawx_hw.technology.liberty import Library
from hawx_hw.util.resources import flows

INVERTER = """\
* a comment
.subckt inv_x1 vdd vss i nq
Mn nq i vss vss nfet_01v8 l=1.5e-07 w=8.4e-07
Mp nq i vdd vdd pfet_01v8 l=1.5e-07 w=8.4e-07
.ends inv_x1
"""
#: As c4m-flexcell 0.4.7 draws xor2_x0, and nexor2_x0 too.
XOR = """\
.subckt xor2_x0 vdd vss i0 i1 q
Mi0_nmos0 i0_n i0 vss vss nfet
Mi0_pmos0 i0_n i0 vdd vdd pfet
Mi0_nmos1 vss i0 _net0 vss nfet
Mi0_pmos1 vdd i0 _net1 vdd pfet
Mi1_nmos0 _net0 i1 q vss nfet
Mi1_n_pmos _net1 i1_n q vdd pfet
Mi0_n_nmos q i0_n _net2 vss nfet
Mi0_n_pmos q i0_n _net1 vdd pfet
Mi1_n_nmos _net2 i1_n vss vss nfet
Mi1_pmos0 _net1 i1 vdd vdd pfet
Mi1_nmos1 vss i1 i1_n vss nfet
Mi1_pmos1 vdd i1 i1_n vdd pfet
.ends xor2_x0
"""
#: A flip-flop of two latches with feedback, as c4m-flexcell draws it.
REGISTER = """\
.subckt dff_x1 vdd vss i clk q
M0 cn clk vss vss nfet
M1 cn clk vdd vdd pfet
M2 vss cn c vss nfet
M3 vdd cn c vdd pfet
M4 u i vss vss nfet
M5 u i vdd vdd pfet
M6 vss u n0 vss nfet
M7 vdd u n1 vdd pfet
M8 n0 cn m vss nfet
M9 n1 c m vdd pfet
Ma m c n2 vss nfet
Mb m cn n3 vdd pfet
Mc n2 y vss vss nfet
Md n3 y vdd vdd pfet
Me vss m y vss nfet
Mf vdd m y vdd pfet
Mg y c s vss nfet
Mh y cn s vdd pfet
Mi s cn n4 vss nfet
Mj s c n5 vdd pfet
Mk n4 q vss vss nfet
Ml n5 q vdd vdd pfet
Mm vss s q vss nfet
Mn vdd s q vdd pfet
.ends dff_x1
"""
ZERO = """\
.subckt zero_x1 vdd vss zero
Mn vss one zero vss nfet
Mp one zero vdd vdd pfet
.ends zero_x1
"""
TEXT = INVERTER + XOR + REGISTER + ZERO


def library(*names: str) -> Library:
    whole = Technology("cells", flows() / "coriolis" / "cells.lib").library
    return type(whole)(**{**vars(whole), "cells": {name: whole.cells[name] for name in names}})


def test_circuits_are_read() -> None:
    circuits = read_circuits(TEXT)
    assert list(circuits) == ["inv_x1", "xor2_x0", "dff_x1", "zero_x1"]
    assert circuits["inv_x1"].ports == ("vdd", "vss", "i", "nq")
    assert circuits["inv_x1"].transistors == ((True, "i", "vss", "nq"), (False, "i", "vdd", "nq"))


def test_cells_that_compute_their_functions_are_no_problem() -> None:
    names = ("inv_x1", "xor2_x0", "dff_x1", "zero_x1")
    assert other_functions(read_circuits(TEXT), library(*names)) == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        # The trap of nexor2_x0: design rules and comparison hold, the function is another.
        ("Mi0_n_nmos q i0_n", "Mi0_n_nmos q i0", "xor2_x0"),
        ("Mg y c s vss nfet\nMh y cn s", "Mg y cn s vss nfet\nMh y c s", "dff_x1"),
        ("M4 u i vss vss nfet\nM5 u i", "M4 u q vss vss nfet\nM5 u q", "dff_x1"),
        ("Mp one zero vdd vdd pfet", "Mp one one vdd vdd pfet", "zero_x1"),
        ("Mp nq i vdd vdd pfet", "Mp nq vss vdd vdd pfet", "inv_x1: nq is joined to both supplies"),
        (INVERTER, "", "inv_x1 has no circuit"),
    ],
)
def test_a_wrong_transistor_is_reported(before: str, after: str, message: str) -> None:
    assert before in TEXT
    circuits = read_circuits(TEXT.replace(before, after))
    (problem,) = other_functions(circuits, library("inv_x1", "xor2_x0", "dff_x1", "zero_x1"))
    assert problem.startswith(message)


def test_a_circuit_that_oscillates_is_refused() -> None:
    ring = read_circuits(INVERTER.replace(" i ", " nq ").replace("vss nq nq", "vss i nq"))
    with pytest.raises(ValueError, match="must settle"):
        ring["inv_x1"].settle({}, {"nq": 0})


def test_the_library_leaves_the_cell_with_another_function_out() -> None:
    names = set(Technology("cells", flows() / "coriolis" / "cells.lib").library.cells)
    assert "nexor2_x0" not in names
    assert {"dff_x1", "zero_x1", "one_x1", "xor2_x0", "mux2_x1", "buf_x4"} <= names
    assert all(re.fullmatch(r"\w+_x[0124]", name) for name in names)
