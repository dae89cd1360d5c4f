"""The longest path against a plain recursion over a netlist flattened by hand."""

from __future__ import annotations

import random
from functools import cache

import pytest

from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.timing import endpoints, longest_path
from hawx_hw.technology import load
from hawx_hw.technology.liberty import Library, read_library
from hawx_hw.technology.wires import WireModel
from tests import material

#: Edges differ, delays bend with transition and load, one cell is not unate, set-up times bend too.
LIBRARY = """
library (bent) {
  time_unit : "1ns"; capacitive_load_unit (1, ff);
  lu_table_template (d) { variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance; index_1 ("0.01, 0.1, 0.5"); index_2 ("1, 4, 20"); }
  lu_table_template (e) { variable_1 : total_output_net_capacitance;
    variable_2 : input_net_transition; index_1 ("1, 9"); index_2 ("0.02, 0.2"); }
  lu_table_template (c) { variable_1 : related_pin_transition;
    variable_2 : constrained_pin_transition; index_1 ("0, 0.1"); index_2 ("0.01, 0.4"); }
  cell (INV) { area : 1; pin (A) { direction : input; capacitance : 1.5; }
    pin (Y) { direction : output; function : "!A";
      timing () { related_pin : "A"; timing_sense : negative_unate;
        cell_rise (d) { values ("0.02,0.05,0.2", "0.03,0.07,0.22", "0.09,0.1,0.31"); }
        cell_fall (d) { values ("0.01,0.02,0.1", "0.02,0.05,0.11", "0.03,0.06,0.21"); }
        rise_transition (d) { values ("0.02,0.06,0.3", "0.03,0.08,0.32", "0.1,0.2,0.4"); }
        fall_transition (d) { values ("0.01,0.03,0.2", "0.02,0.05,0.23", "0.1,0.1,0.3"); } } } }
  cell (XOR) { area : 3; pin (A) { direction : input; capacitance : 2; }
    pin (B) { direction : input; capacitance : 2.5; }
    pin (Y) { direction : output; function : "A ^ B";
      timing () { related_pin : "A B"; timing_sense : non_unate;
        cell_rise (e) { values ("0.04,0.06", "0.2,0.3"); }
        cell_fall (e) { values ("0.05,0.08", "0.1,0.2"); }
        rise_transition (e) { values ("0.03,0.04", "0.1,0.3"); }
        fall_transition (e) { values ("0.02,0.06", "0.2,0.2"); } } } }
  cell (AND) { area : 2; pin (A) { direction : input; capacitance : 1; }
    pin (B) { direction : input; capacitance : 1.2; }
    pin (Y) { direction : output; function : "A B";
      timing () { related_pin : "A B"; timing_sense : positive_unate;
        cell_rise (d) { values ("0.06,0.08,0.2", "0.07,0.1,0.2", "0.1,0.2,0.3"); }
        cell_fall (d) { values ("0.02,0.04,0.1", "0.03,0.06,0.1", "0.1,0.1,0.2"); }
        rise_transition (d) { values ("0.03,0.05,0.2", "0.03,0.05,0.2", "0.1,0.1,0.4"); }
        fall_transition (d) { values ("0.02,0.04,0.3", "0.02,0.04,0.3", "0.1,0.2,0.3"); } } } }
  cell (DFF) { area : 5; ff (I, N) { clocked_on : "CK"; next_state : "D"; }
    pin (CK) { direction : input; capacitance : 1; clock : true; }
    pin (D) { direction : input; capacitance : 1.1;
      timing () { related_pin : "CK"; timing_type : setup_rising;
        fall_constraint (c) { values ("0.05,0.2", "0.02,0.3"); }
        rise_constraint (c) { values ("0.09,0.4", "0.01,0.2"); } } }
    pin (Q) { direction : output; function : "I";
      timing () { related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise (d) { values ("0.1,0.2,0.3", "0.2,0.3,0.4", "0.3,0.4,0.5"); }
        cell_fall (d) { values ("0.2,0.2,0.3", "0.3,0.3,0.4", "0.4,0.4,0.5"); }
        rise_transition (d) { values ("0.02,0.06,0.3", "0.03,0.08,0.3", "0.1,0.2,0.4"); }
        fall_transition (d) { values ("0.03,0.05,0.2", "0.02,0.05,0.2", "0.1,0.1,0.3"); } } } }
}
"""
BEFORE = {
    "negative_unate": {0: (1,), 1: (0,)},
    "positive_unate": {0: (0,), 1: (1,)},
    "non_unate": {0: (0, 1), 1: (0, 1)},
}
Wires = dict[str, list[int | str]]


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Library:
    path = tmp_path_factory.mktemp("bent") / "bent.lib"
    path.write_text(LIBRARY)
    return read_library(path)


def cell(name: str, kind: str, **pins: int | str) -> Instance:
    return Instance(name, kind, {pin: [net] for pin, net in pins.items()}, {})


def flat_cells(netlist: Netlist) -> list[tuple[str, dict[str, object]]]:
    """Every cell, its pins on nets that are known by (path of the module, number)."""
    result = []

    def visit(name: str, path: str, outer: dict[int, object]) -> None:
        module = netlist.modules[name]

        def wire(net: int | str) -> object:
            return outer.get(net, (path, net)) if isinstance(net, int) else None

        for instance in module.instances:
            pins = {pin: [wire(net) for net in nets] for pin, nets in instance.pins.items()}
            if instance.kind in netlist.modules:
                child = netlist.modules[instance.kind]
                inner = {
                    number: place
                    for port, places in pins.items()
                    for number, place in zip(child.ports[port][1], places, strict=True)
                    if isinstance(number, int)
                }
                visit(instance.kind, f"{path}{instance.name}/", inner)
            else:
                result.append((instance.kind, {pin: places[0] for pin, places in pins.items()}))

    visit(netlist.top, "", {})
    return result


def ref_longest(
    netlist: Netlist, inputs: list[int], outputs: list[int], wires: WireModel | None = None
) -> float:
    cells = flat_cells(netlist)
    library = netlist.library.cells
    drivers = {
        pins[pin.name]: (kind, pins, pin)
        for kind, pins in cells
        for pin in library[kind].pins.values()
        if pin.direction == "output" and pin.name in pins
    }

    def load_of(net: object) -> float:
        return sum(
            library[kind].pins[pin].capacitance
            for kind, pins in cells
            for pin, place in pins.items()
            if place == net and library[kind].pins[pin].direction == "input"
        )

    def wire_of(net: object) -> tuple[float, float]:
        """Capacitance and delay of its wire."""
        if wires is None:
            return 0.0, 0.0
        pins = sum(net == ("", output) for output in outputs) + sum(
            place == net and library[kind].pins[pin].direction == "input"
            for kind, connected in cells
            for pin, place in connected.items()
        )
        length = pins * wires.further_um
        own = wires.capacitance_ff_um * length
        if not pins:
            return 0.0, 0.0
        branch = (own + load_of(net)) / pins
        return own, wires.resistance_ohm_um * length / pins * branch * 1e-6

    @cache
    def arrival(net: object, edge: int) -> tuple[float, float]:
        """Latest arrival and slowest transition; minus infinity for what never changes."""
        if net not in drivers:
            quiet = net is None or net not in {("", number) for number in inputs}
            return (float("-inf") if quiet else wire_of(net)[1]), 0.0
        _, pins, pin = drivers[net]
        capacitance, late = wire_of(net)
        load = load_of(net) + capacitance
        best = (float("-inf"), 0.0)
        for arc in pin.arcs:
            sources = (
                [(0.0, 0.0)]
                if arc.clocked
                else [arrival(pins[arc.source], before) for before in BEFORE[arc.sense][edge]]
            )
            for time, slew in sources:
                if time > float("-inf"):
                    best = (
                        max(best[0], time + arc.delays[edge].at(slew, load) + late),
                        max(best[1], arc.transitions[edge].at(slew, load)),
                    )
        return best

    ends = [arrival(("", net), edge)[0] for net in outputs for edge in (0, 1)]
    for kind, pins in cells:
        for name, place in pins.items():
            for limits in library[kind].pins[name].setups:
                for edge in (0, 1):
                    time, slew = arrival(place, edge)
                    ends.append(time + limits[edge].at(slew, 0.0))
    return max(ends)


def random_module(name: str, seed: int, children: dict[str, Module]) -> Module:
    """Three inputs, two outputs; gates, registers, and instances of the children in between."""
    generator = random.Random(seed)
    nets: list[int | str] = [2, 3, 4, "0"]
    instances = []
    for number in range(100, 118):
        kind = generator.choice(["INV", "XOR", "AND", "DFF", *children])
        a, b, c = (generator.choice(nets[-7:]) for _ in range(3))
        if kind in children:
            outs: list[int | str] = [number, number + 100]
            instances.append(Instance(f"m{number}", kind, {"i": [a, b, c], "o": outs}, {}))
            nets += outs
            continue
        pins = {"INV": {"A": a}, "DFF": {"D": a, "CK": 1}}.get(kind, {"A": a, "B": b})
        output = "Q" if kind == "DFF" else "Y"
        instances.append(cell(f"c{number}", kind, **pins, **{output: number}))
        nets.append(number)
    ports: dict[str, tuple[str, list[int | str]]] = {
        "i": ("input", [2, 3, 4]),
        "o": ("output", [net for net in nets if isinstance(net, int)][-2:]),
    }
    return Module(name, ports, instances)


#: Each pin adds as much: the recursion adds pins up one by one.
WIRES = WireModel(0.5, 9000.0, (3.0, 6.0), 3.0, "invented")


@pytest.mark.parametrize("wires", [None, WIRES], ids=["", "wires"])
@pytest.mark.parametrize("seed", range(40))
def test_random_hierarchies(bent: Library, seed: int, wires: WireModel | None) -> None:
    leaf = random_module("leaf", seed, {})
    middle = random_module("middle", seed + 1000, {"leaf": leaf})
    top = random_module("top", seed + 2000, {"leaf": leaf, "middle": middle})
    netlist = Netlist("top", {"leaf": leaf, "middle": middle, "top": top}, bent)
    outputs = [net for net in top.ports["o"][1] if isinstance(net, int)]
    expected = ref_longest(netlist, [2, 3, 4], outputs, wires)
    path, by_kind = longest_path(flatten(netlist), wires)
    assert path.delay == pytest.approx(expected, rel=1e-12)
    assert max(by_kind.values()) == round(path.delay, 4)


def test_generic45_by_hand() -> None:
    """From a register through an inverter in a module of its own to a register."""
    wires: Wires = {"a": [2], "y": [3]}
    inner = Module(
        "inner",
        {"a": ("input", wires["a"]), "y": ("output", wires["y"])},
        [cell("g", "INV", A=2, ZN=3)],
    )
    top = Module(
        "top",
        {"clk": ("input", [2])},
        [
            cell("from", "DFF", D=4, CK=2, Q=3),
            Instance("part", "inner", {"a": [3], "y": [5]}, {}),
            cell("to", "DFF", D=5, CK=2, Q=4),
        ],
    )
    netlist = Netlist("top", {"top": top, "inner": inner}, load("generic45").library)
    path, by_kind = longest_path(flatten(netlist))
    assert path.delay == pytest.approx((83.5 + 1.90 * 1.700 + 16.1 + 1.96 * 1.140) / 1000)
    assert (path.module, path.end) == ("top", "to/D")
    assert by_kind == {"top": round(path.delay, 4)}


def test_memory_macros_start_and_end_paths(bent: Library) -> None:
    memory = Instance(
        "ram", "hawx_sdp_ram", {"clk": [2], "read_data": [3, 4], "write_data": [5, 4]}, {}
    )
    top = Module("top", {"clk": ("input", [2])}, [memory, cell("g", "INV", A=3, Y=5)])
    path, _ = longest_path(flatten(Netlist("top", {"top": top}, bent)))
    inverter = bent.cells["INV"].pins["Y"].arcs[0]
    assert path.delay == pytest.approx(max(table.at(0.0, 0.0) for table in inverter.delays))
    assert path.end == "ram/write_data[0]"


def test_endpoints_are_all_that_is_clocked_and_leaves(bent: Library) -> None:
    memory = Instance(
        "ram",
        "hawx_sdp_ram",
        {"clk": [3], "read_data": [6], "write_data": [5, 4], "write_enable": [6]},
        {},
    )
    part = Module("part", {"d": ("input", [2]), "c": ("input", [3])}, [
        cell("flop", "DFF", D=2, CK=3, Q=4), memory,
    ])  # fmt: skip
    top = Module(
        "top",
        {
            "clk": ("input", [2]),
            "i": ("input", [3, 4]),
            "o": ("output", [3, 4]),
            "p": ("output", [4]),
        },
        [Instance("inner", "part", {"d": [4], "c": [2]}, {})],
    )
    flat = flatten(Netlist("top", {"top": top, "part": part}, bent))
    ends = endpoints(flat)
    assert set(ends) == {
        "inner/flop/D", "inner/ram/write_data[0]", "inner/ram/write_data[1]",
        "inner/ram/write_enable", "o[0]", "o[1]", "p",
    }  # fmt: skip
    assert ends["inner/flop/D"] == ends["o[1]"] == ends["p"] == flat.ports["i"][1][1]


def test_two_ports_on_one_wire_join_what_they_touch(bent: Library) -> None:
    """A module that only passes its input on: the load behind it counts before it."""
    pass_on = Module("pass_on", {"a": ("input", [2]), "y": ("output", [2])}, [])
    top = Module(
        "top",
        {"i": ("input", [2]), "o": ("output", [5])},
        [
            cell("first", "INV", A=2, Y=3),
            Instance("through", "pass_on", {"a": [3], "y": [4]}, {}),
            cell("second", "INV", A=4, Y=5),
        ],
    )
    path, _ = longest_path(flatten(Netlist("top", {"top": top, "pass_on": pass_on}, bent)))
    arc = bent.cells["INV"].pins["Y"].arcs[0]
    late = max(
        arc.delays[1 - edge].at(0.0, 1.5)
        + arc.delays[edge].at(arc.transitions[1 - edge].at(0, 1.5), 0)
        for edge in (0, 1)
    )
    assert path.delay == pytest.approx(late)
    assert (path.module, path.end) == ("top", "o")


def test_of_equal_paths_the_first_cell_by_name(bent: Library) -> None:
    """Whatever the order in which cells and pins stand in the netlist; outputs come last."""
    part = Module(
        "part",
        {"i": ("input", [2])},
        [cell(name, "DFF", D=2, CK=3, Q=net) for name, net in (("b", 4), ("a", 5))],
    )
    top = Module(
        "top",
        {"i": ("input", [2]), "o": ("output", [3])},
        [
            cell("g", "INV", A=2, Y=3),
            Instance("y", "part", {"i": [3]}, {}),
            Instance("x", "part", {"i": [3]}, {}),
        ],
    )
    path, by_kind = longest_path(flatten(Netlist("top", {"top": top, "part": part}, bent)))
    assert (path.module, path.end) == ("part", "y/a/D")
    assert set(by_kind) == {"top", "part"}
    assert by_kind["top"] < by_kind["part"]


def test_a_design_of_wires_has_no_path(bent: Library) -> None:
    top = Module("top", {"o": ("output", ["0"])}, [cell("g", "INV", A="1", Y=7)])
    path, by_kind = longest_path(flatten(Netlist("top", {"top": top}, bent)))
    assert (path.delay, by_kind) == (0.0, {})


def test_a_loop_is_refused(bent: Library) -> None:
    top = Module(
        "top", {"i": ("input", [2])}, [cell("a", "AND", A=2, B=4, Y=3), cell("b", "INV", A=3, Y=4)]
    )
    with pytest.raises(ValueError, match="combinational loop"):
        longest_path(flatten(Netlist("top", {"top": top}, bent)))


@pytest.mark.parametrize("name", ["ihp_sg13g2_typ", "sky130hd_tt"])
def test_libraries_at_hand_have_pairs_of_tables(name: str) -> None:
    path = material.material(f"technology/{name}.lib.gz")
    cells = load(str(path)).library.cells.values()
    flops = [cell for cell in cells if cell.sequential and not cell.dont_use]
    assert any(pin.setups for cell in flops for pin in cell.pins.values())
    for pin in (pin for cell in cells for pin in cell.pins.values()):
        assert all(arc.sense in BEFORE for arc in pin.arcs)
