"""Memory macros in lanes with addresses of their own, against arrays of Python."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.flat import Macro, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.technology import load

WIDTH, DEPTH, BITS = 5, 6, 3
SHAPES: dict[str, dict[str, int]] = {
    "hawx_rom": {"read_enable": 1, "read_address": BITS},
    "hawx_sdp_ram": {
        "write_enable": 1, "write_address": BITS, "write_data": WIDTH, "read_enable": 1,
        "read_address": BITS,
    },
    "hawx_sp_ram": {"enable": 1, "write": 1, "address": BITS, "write_data": WIDTH},
}  # fmt: skip
WORDS = [3, 31, 0, 17, 8, 22]


def netlist(kind: str) -> Netlist:
    """A macro with its pins as ports, and a gate so that the library counts."""
    net = 3
    ports: dict[str, tuple[str, list[int | str]]] = {"clk": ("input", [2])}
    pins: dict[str, list[int | str]] = {"clk": [2]}
    for pin, bits in {**SHAPES[kind], "read_data": WIDTH}.items():
        pins[pin] = list(range(net, net + bits))
        ports[pin] = ("output" if pin == "read_data" else "input", pins[pin])
        net += bits
    parameters = {"WIDTH": WIDTH, "DEPTH": DEPTH, "ADDRESS_WIDTH": BITS}
    instance = Instance("memory", kind, pins, parameters, {"INIT_FILE": "words.hex"})
    module = Module("top", ports, [instance])
    return Netlist("top", {"top": module}, load("generic45").library)


def rom(macro: Macro) -> list[int]:
    assert (macro.path, macro.texts) == ("memory", {"INIT_FILE": "words.hex"})
    return WORDS


class Model:
    """One copy, by the words of the templates."""

    def __init__(self, kind: str):
        self.kind = kind
        self.words = [*WORDS] if kind == "hawx_rom" else [0] * DEPTH
        self.data = self.reads = self.writes = 0

    def edge(self, pins: dict[str, int]) -> None:
        if self.kind == "hawx_sp_ram":
            reads = pins["enable"] and not pins["write"]
            writes = pins["enable"] and pins["write"]
            read_at = write_at = pins["address"]
        else:
            reads, writes = pins["read_enable"], pins.get("write_enable", 0)
            read_at, write_at = pins["read_address"], pins.get("write_address", 0)
        if reads:
            self.data = self.words[read_at] if read_at < DEPTH else 0
            self.reads += 1
        if writes:
            if write_at < DEPTH:
                self.words[write_at] = pins["write_data"]
            self.writes += 1


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("lanes", [1, 9, 100])
@pytest.mark.parametrize("together", [True, False])
def test_macro(kind: str, lanes: int, together: bool) -> None:
    rng = np.random.default_rng(lanes)
    simulator = GateSimulator(flatten(netlist(kind)), lanes, rom=rom)
    steps = 60
    inputs = {
        pin: rng.integers(0, 2**bits, (steps, 1 if together and bits < WIDTH else lanes))
        for pin, bits in SHAPES[kind].items()
    }
    inputs = {pin: np.broadcast_to(values, (steps, lanes)) for pin, values in inputs.items()}
    for pin in inputs:
        simulator.set(pin, 0)
    simulator.step()
    simulator.take()
    seen = simulator.run(inputs, ["read_data"])["read_data"]
    activity = simulator.take()
    reads = writes = 0
    toggles = np.zeros(WIDTH, dtype=np.int64)
    for lane in range(lanes):
        model = Model(kind)
        pins = dict.fromkeys(inputs, 0)
        before = 0
        for step in range(steps):
            model.edge(pins)
            pins = {pin: int(values[step, lane]) for pin, values in inputs.items()}
            assert seen[step, lane] == model.data
            toggles += [(before ^ model.data) >> bit & 1 for bit in range(WIDTH)]
            before = model.data
        reads, writes = reads + model.reads, writes + model.writes
    assert activity.accesses == {"memory": (reads, writes)}
    nets = simulator.flat.ports["read_data"][1]
    assert activity.toggles[nets].tolist() == toggles.tolist()


def test_contents_must_fit() -> None:
    with pytest.raises(ValueError, match="memory must hold at most 6 words, not 7"):
        GateSimulator(flatten(netlist("hawx_rom")), 1, rom=lambda _: [0] * 7)
    with pytest.raises(ValueError, match="rom must give the words"):
        GateSimulator(flatten(netlist("hawx_rom")), 1)
