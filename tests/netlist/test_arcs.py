"""Timing arcs of a flat design: loads across modules, edges, tables, what is left out, loops."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.arcs import fan_outs, loads, propagate, timing_arcs
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.technology import load

LIBRARY = load("generic45").library


@pytest.fixture(scope="module")
def flat() -> FlatNetlist:
    """Two parts, each an inverter and a register behind it; one input drives both inverters."""
    part = Module(
        "part",
        {"a": ("input", [2]), "clk": ("input", [3]), "q": ("output", [5])},
        [
            Instance("gate", "INV", {"A": [2], "ZN": [4]}, {}),
            Instance("flop", "DFF", {"D": [4], "CK": [3], "Q": [5]}, {}),
        ],
    )
    top = Module(
        "top",
        {"clk": ("input", [2]), "i": ("input", [3]), "o": ("output", [4, 5])},
        [
            Instance("one", "part", {"a": [3], "clk": [2], "q": [4]}, {}),
            Instance("two", "part", {"a": [3], "clk": [2], "q": [5]}, {}),
        ],
    )
    return flatten(Netlist("top", {"part": part, "top": top}, LIBRARY))


def one_cell(kind: str, **pins: int | str) -> FlatNetlist:
    cell = Instance("g", kind, {pin: [net] for pin, net in pins.items()}, {})
    ports = {"i": ("input", [2]), "o": ("output", [3])}
    return flatten(Netlist("top", {"top": Module("top", ports, [cell])}, LIBRARY))  # type: ignore[arg-type]


def test_loads_add_up_across_modules(flat: FlatNetlist) -> None:
    load_of = {port: loads(flat)[nets].tolist() for port, (_, nets) in flat.ports.items()}
    assert load_of == {
        "clk": [pytest.approx(2 * 0.950)], "i": [pytest.approx(2 * 1.700)], "o": [0.0, 0.0],
    }  # fmt: skip
    assert sum(loads(flat)) == pytest.approx(2 * (0.950 + 1.700 + 1.140))


def test_fan_outs_count_pins_of_cells_and_outputs(flat: FlatNetlist) -> None:
    of_ports = {port: fan_outs(flat)[nets].tolist() for port, (_, nets) in flat.ports.items()}
    assert of_ports == {"clk": [2], "i": [2], "o": [1, 1]}
    # And the two nets between inverters and registers.
    assert fan_outs(flat).sum() == 2 + 2 + 2 + 2


def test_fan_outs_count_inputs_of_macros() -> None:
    memory = Instance("ram", "hawx_sdp_ram", {"clk": [2], "read_data": [3], "write_data": [3]}, {})
    top = Module("top", {"clk": ("input", [2])}, [memory])
    flat = flatten(Netlist("top", {"top": top}, LIBRARY))
    (macro,) = flat.macros
    assert fan_outs(flat)[macro.pins["read_data"]].tolist() == [1]


def test_constants_carry_no_load() -> None:
    assert loads(one_cell("INV", A="1", ZN=3)).tolist() == [0.0] * 4


def test_an_inverter_turns_edges_and_a_register_follows_the_clock(flat: FlatNetlist) -> None:
    arcs = timing_arcs(flat)
    assert arcs.clock == flat.nets
    clocked = arcs.sources == 2 * arcs.clock
    # From the clock's rising edge to both edges of Q and of QN, which is open, of two registers.
    targets = arcs.targets[clocked].tolist()
    assert len(set(targets)) == len(targets) == 2 * 2 * 2
    assert {2 * net + edge for net in flat.ports["o"][1].tolist() for edge in (0, 1)} < {*targets}
    assert np.count_nonzero(~clocked) == 2 * 2
    assert np.all(arcs.sources[~clocked] >> 1 == flat.ports["i"][1])
    assert np.all((arcs.sources[~clocked] ^ arcs.targets[~clocked]) & 1)


def test_each_arc_has_the_tables_of_its_own_edge(flat: FlatNetlist) -> None:
    arcs = timing_arcs(flat)
    (inverter,) = LIBRARY.cells["INV"].pins["ZN"].arcs
    load_of, slew = np.array([3.0]), np.array([0.02])
    for arc in np.flatnonzero(arcs.sources != 2 * arcs.clock):
        edge = arcs.targets[arc] & 1
        for numbers, tables in (
            (arcs.delays, inverter.delays),
            (arcs.transitions, inverter.transitions),
        ):
            result = arcs.tables.at(numbers[[arc]], slew, load_of)
            assert result == pytest.approx(tables[edge].at(0.02, 3.0))


@pytest.mark.parametrize("pins", [{"A": "1", "ZN": 3}, {"ZN": 3}])
def test_constants_and_open_pins_have_no_arcs(pins: dict[str, int | str]) -> None:
    assert len(timing_arcs(one_cell("INV", **pins)).sources) == 0


def test_arrivals_start_where_they_are_said_to(flat: FlatNetlist) -> None:
    arcs, load_of = timing_arcs(flat), loads(flat)
    (net,) = flat.ports["i"][1].tolist()
    outputs = flat.ports["o"][1]
    (register,) = LIBRARY.cells["DFF"].pins["Q"].arcs
    arrivals, _ = propagate(arcs, load_of, np.zeros(0, dtype=np.int64))
    assert np.all(arrivals[[2 * net, 2 * net + 1]] == -np.inf)
    assert arrivals[2 * outputs] == pytest.approx(register.delays[0].at(0.0, 0.0))
    # The clock's rise, and both edges of four outputs.
    assert np.isfinite(arrivals).sum() == 1 + 8
    arrivals, _ = propagate(arcs, load_of, np.array([net]))
    assert np.isfinite(arrivals).sum() == 1 + 8 + 2 + 4


def test_batches_are_in_the_order_of_dependence() -> None:
    chain = [
        Instance(f"g{number}", "INV", {"A": [2 + number], "ZN": [3 + number]}, {})
        for number in (2, 0, 1)
    ]
    ports = {"i": ("input", [2]), "o": ("output", [5])}
    top = Module("top", ports, chain)  # type: ignore[arg-type]
    arcs = timing_arcs(flatten(Netlist("top", {"top": top}, LIBRARY)))
    order = [set((arcs.sources[batch] >> 1).tolist()) for batch in arcs.batches()]
    nets = [set((arcs.targets[batch] >> 1).tolist()) for batch in arcs.batches()]
    assert len(order) == 3
    assert order[1:] == nets[:-1]


def test_a_loop_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^The design has a combinational loop$"):
        timing_arcs(one_cell("INV", A=3, ZN=3)).batches()
