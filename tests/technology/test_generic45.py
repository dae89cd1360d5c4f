"""The embedded library, against the metrics of the cells that it was written from."""

import pytest

from hawx_hw.technology import load

#: Area in um2, sum of the input pins' capacitance in fF, delay in ps and ps/fF.
CELLS = {
    "AND2": (1.064, 1.893, 40.3, 1.86),
    "AND3": (1.33, 2.773, 47.9, 1.89),
    "AOI21": (1.064, 4.95, 26.6, 3.4),
    "AOI22": (1.33, 6.585, 29.3, 3.52),
    "BUF": (0.798, 0.975, 33.3, 1.85),
    "CLKGATETST": (3.99, 3.467, 37.4, 2.56),
    "DFFR": (5.32, 3.884, 100.8, 1.9),
    "DFF": (4.522, 2.09, 83.5, 1.9),
    "DLL": (2.66, 1.872, 65.8, 1.94),
    "FA": (4.256, 9.98, 81.7, 2.0),
    "HA": (2.66, 6.634, 39.8, 2.96),
    "INV": (0.532, 1.7, 16.1, 1.96),
    "MUX2": (1.862, 3.811, 55.7, 1.95),
    "NAND2": (0.798, 3.263, 21.1, 2.33),
    "NAND3": (1.064, 4.861, 25.2, 2.73),
    "NAND4": (1.33, 6.415, 30.2, 3.15),
    "NOR2": (0.798, 3.365, 20.0, 3.43),
    "NOR3": (1.064, 5.044, 26.3, 4.92),
    "NOR4": (1.33, 6.653, 36.1, 6.41),
    "OAI21": (1.064, 4.905, 25.0, 2.91),
    "OAI22": (1.33, 6.536, 29.2, 3.67),
    "OR2": (1.064, 1.889, 44.5, 1.91),
    "OR3": (1.33, 2.821, 58.7, 2.01),
    "XNOR2": (1.596, 4.807, 36.0, 3.01),
    "XOR2": (1.596, 4.643, 39.7, 3.51),
}
AREA_OF_ALL = 45.752
FUNCTIONS = {
    "INV": lambda a: 1 - a,
    "NAND2": lambda a, b: 1 - (a & b),
    "XOR2": lambda a, b: a ^ b,
    "AOI21": lambda a, b, c: 1 - (a | (b & c)),
    "OAI22": lambda a, b, c, d: 1 - ((a | b) & (c | d)),
    "MUX2": lambda a, b, s: b if s else a,
}


@pytest.fixture(scope="module")
def cells():
    return load("generic45").library.cells


def test_it_has_every_cell_and_no_more(cells):
    assert len(cells) == 25
    assert sum(cell.area for cell in cells.values()) == pytest.approx(AREA_OF_ALL, abs=1e-9)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_has_the_metrics_of_the_source(cells, name):
    area, capacitance, intrinsic, slope = CELLS[name]
    cell = cells[name]
    assert cell.area == area
    inputs = [pin for pin in cell.pins.values() if pin.direction == "input"]
    assert sum(pin.capacitance for pin in inputs) == pytest.approx(capacitance, abs=1e-9)
    arcs = [arc for pin in cell.pins.values() for arc in pin.arcs]
    assert arcs
    for arc in arcs:
        for table in arc.delays:
            # Within the table, at its ends, and beyond; no delay depends on the transition.
            for slew, farads in ((0.0, 0.0), (0.05, 7.5), (0.2, 64.0), (0.5, 300.0)):
                assert table.at(slew, farads) == pytest.approx((intrinsic + slope * farads) / 1000)


def test_what_holds_state(cells):
    assert {name for name, cell in cells.items() if cell.sequential} == {
        "CLKGATETST", "DFF", "DFFR", "DLL",
    }  # fmt: skip


def test_only_the_clock_gate_is_not_for_synthesis(cells):
    assert [name for name, cell in cells.items() if cell.dont_use] == ["CLKGATETST"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_truth_table(cells, name):
    cell = cells[name]
    inputs = [pin.name for pin in cell.pins.values() if pin.direction == "input"]
    (output,) = [pin for pin in cell.pins.values() if pin.direction == "output"]
    # "!" binds tightest in liberty, and so does "~" in Python.
    formula = output.function.replace("!", "~")
    for word in range(2 ** len(inputs)):
        values = {pin: word >> index & 1 for index, pin in enumerate(inputs)}
        result = eval(formula, {}, values) & 1
        assert result == FUNCTIONS[name](*values.values()), values


def test_every_input_of_a_gate_has_an_arc_to_every_output(cells):
    for name, cell in cells.items():
        if cell.sequential:
            continue
        inputs = {pin.name for pin in cell.pins.values() if pin.direction == "input"}
        for pin in cell.pins.values():
            if pin.direction == "output":
                assert {arc.source for arc in pin.arcs} == inputs, name
