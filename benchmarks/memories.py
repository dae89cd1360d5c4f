"""Memory models beside one another, and small memories as synthesis makes them beside the model.

    python benchmarks/memories.py [--technology T] [--measure] [--multiplexers]

First the energy of reads and writes of some arrays under every memory model. With ``--measure``
(minutes) also RAMs of flip-flops, from the template with ``HAWX_FLIP_FLOP_WORDS``, and ROMs of
gates: synthesized with gated clocks and without, simulated at gate level with glitches in 64 lanes,
with random words at ascending addresses, weighed with the library's energies; beside them the
model's and its deviation. Random words change a RAM's data about as often as a network's partial
sums do, with what the bus carries between writes. The clock is what the idle memory takes; an
access is what it takes beyond that, with the clock of the word. ``--multiplexers`` takes the RAMs
as synthesis infers them, with a tree of multiplexers at the output.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.netlist.timed import library_delays
from hawx_hw.power.model import CellEnergies, PowerModel
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.technology import Technology, load
from hawx_hw.util.macros import MACROS
from hawx_hw.util.resources import rtl_templates

_ARRAYS = (
    ("hawx_sp_ram", 64, 128),
    ("hawx_sp_ram", 64, 1024),
    ("hawx_sp_ram", 64, 4096),
    ("hawx_sp_ram", 64, 131072),
    ("hawx_sdp_ram", 16, 1572),
    ("hawx_sdp_ram", 192, 32),
    ("hawx_rom", 64, 4096),
)
_RAMS = ((8, 4), (8, 16), (8, 64), (23, 4), (23, 8), (23, 16), (23, 20), (23, 32), (23, 64),
         (64, 16), (64, 64), (184, 4), (184, 20), (184, 32))  # fmt: skip
_ROMS = (
    (8, 16),
    (24, 16),
    (24, 64),
    (17, 99),
    (64, 64),
    (104, 32),
    (104, 124),
    (12, 256),
    (24, 256),
)
_LANES = 64
#: Bits of a port that carries a word; wider words have several.
_PORT = 32
#: More words than any RAM has here.
_ALL_WORDS = 1 << 20
_RAM = """\
module memory(input wire clk, input wire write_enable, input wire [{address}:0] write_address,
    {inputs}, input wire read_enable, input wire [{address}:0] read_address,
    output wire [{word}:0] read_data);
  flip_flops #(.WIDTH({width}), .DEPTH({depth}), .ADDRESS_WIDTH({address} + 1)) words (
    .clk(clk), .write_enable(write_enable), .write_address(write_address),
    .write_data({{{ports}}}), .read_enable(read_enable), .read_address(read_address),
    .read_data(read_data));
endmodule
"""
_ROM = """\
module memory(input clk, input read_enable, input [{address}:0] read_address,
    output reg [{word}:0] read_data);
  always @(posedge clk) if (read_enable) case (read_address)
{cases}
    default: read_data <= 'x;
  endcase
endmodule
"""


@dataclass(frozen=True)
class Measured:
    """What a synthesized memory takes.

    Parameters
    ----------
    area : float
        In um2.
    leakage : float
        In nW.
    clock, read, write : float
        In fJ: a cycle without accesses, and what a read and a write take besides; without writes 0.
    """

    area: float
    leakage: float
    clock: float
    read: float
    write: float


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--technology", default="generic45")
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--multiplexers", action="store_true")
    arguments = parser.parse_args()
    technology = load(arguments.technology)
    console = Console(width=120)
    console.print(_arrays(technology))
    if arguments.measure:
        console.print(_cells(technology, 0 if arguments.multiplexers else _ALL_WORDS))


def _arrays(technology: Technology) -> Table:
    table = Table(title=f"{technology.name}: energy of a read and of a write of an array, pJ")
    models = technology.memory_models
    for name in ("kind", "width", "depth", *models):
        table.add_column(name, justify="right")
    for kind, width, depth in _ARRAYS:
        made = [model.array(kind, width, depth) for model in models.values()]
        energies = (
            f"{each.read_energy_fj / 1000:.2f} / {each.write_energy_fj / 1000:.2f}" for each in made
        )
        table.add_row(kind, str(width), str(depth), *energies)
    return table


def _cells(technology: Technology, flip_flop_words: int) -> Table:
    table = Table(title="Memories of cells: measured, and the model's deviation in %")
    for name in ("memory", "um2", "leakage, uW", "clock, fJ", "read, fJ/bit", "write, fJ/bit"):
        table.add_column(name, justify="right")
    for gated in (True, False):
        for shape in _RAMS:
            own = measured_ram(technology, shape, gated, flip_flop_words)
            table.add_row(*_row(technology, "hawx_sdp_ram", shape, gated, own))
    for shape in _ROMS:
        own = measured_rom(technology, shape)
        table.add_row(*_row(technology, "hawx_rom", shape, True, own))
    return table


def _row(
    technology: Technology, kind: str, shape: tuple[int, int], gated: bool, own: Measured
) -> list[str]:
    width, depth = shape
    model = technology.memories.gated(gated).cells(kind, width, depth)
    pairs = [
        (own.area, model.area, 1.0),
        (own.leakage, model.leakage_nw, 1000.0),
        (own.clock, model.clock_fj, 1.0),
        (own.read, model.read_energy_fj, float(width)),
        (own.write, model.write_energy_fj, float(width)),
    ]
    name = "RAM" if MACROS[kind].written else "ROM"
    return [
        f"{name} {width} x {depth}{'' if gated else ', not gated'}",
        *(f"{a / unit:,.1f} {100 * (b / a - 1):+3.0f} %" if a else "" for a, b, unit in pairs),
    ]


def measured_ram(
    technology: Technology, shape: tuple[int, int], gated: bool, flip_flop_words: int = _ALL_WORDS
) -> Measured:
    """A RAM of the template, under random words.

    Parameters
    ----------
    technology : Technology
    shape : (int, int)
        Width and depth.
    gated : bool
        Whether clocks are gated.
    flip_flop_words : int
        ``HAWX_FLIP_FLOP_WORDS``.
    """
    width, depth = shape
    rng, cycles = np.random.default_rng(1), 4 * depth
    words = [rng.integers(0, 1 << bits, (cycles, _LANES)) for bits in _ports(width)]
    return _measured(technology, ram(width, depth, flip_flop_words), depth, words, gated)


def measured_rom(technology: Technology, shape: tuple[int, int]) -> Measured:
    """A ROM of gates with random contents; ``shape`` is width and depth."""
    return _measured(technology, _rom(*shape), shape[1], [], True)


def ram(width: int, depth: int, flip_flop_words: int = _ALL_WORDS) -> str:
    """Verilog of a RAM of the template, with ``write_data_0`` and so on for parts of the word."""
    text = (rtl_templates() / "hawx_sdp_ram.v").read_text("utf-8")
    text = _resolved(text, "HAWX_FLIP_FLOP_WORDS", str(flip_flop_words))
    ports = _ports(width)
    return text.replace("module hawx_sdp_ram", "module flip_flops") + _RAM.format(
        address=(depth - 1).bit_length() - 1,
        word=width - 1,
        width=width,
        depth=depth,
        inputs=", ".join(f"input wire [{n - 1}:0] write_data_{i}" for i, n in enumerate(ports)),
        ports=", ".join(f"write_data_{index}" for index in reversed(range(len(ports)))),
    )


def _resolved(text: str, name: str, value: str) -> str:
    """The text of a template without directives, with one name defined."""
    lines, selected = [], [True]
    for line in text.splitlines():
        directive, _, rest = line.strip().partition(" ")
        if directive in ("`ifdef", "`ifndef"):
            selected.append((rest == name) == (directive == "`ifdef"))
        elif directive == "`else":
            selected[-1] = not selected[-1]
        elif directive == "`endif":
            selected.pop()
        elif all(selected) and directive != "`default_nettype":
            lines.append(line.replace(f"`{name}", value))
    return "\n".join(lines) + "\n"


def _ports(width: int) -> list[int]:
    return [min(_PORT, width - begin) for begin in range(0, width, _PORT)]


def _rom(width: int, depth: int) -> str:
    rng = np.random.default_rng(width * depth)
    cases = "\n".join(
        f"    {index}: read_data <= {width}'b{''.join(map(str, bits))};"
        for index, bits in enumerate(rng.integers(0, 2, (depth, width)).tolist())
    )
    return _ROM.format(address=(depth - 1).bit_length() - 1, word=width - 1, cases=cases)


def mapped(technology: Technology, verilog: str, gated: bool) -> Mapped:
    """The memory in standard cells."""
    (result,) = map_designs(
        [({"memory.v": verilog}, "memory")],
        technology,
        flatten=True,
        clock_gating=gated,
        store=default_store(),
    )
    return result


def _measured(
    technology: Technology,
    verilog: str,
    depth: int,
    words: Sequence[NDArray[np.int64]],
    gated: bool,
) -> Measured:
    """Simulate a memory idle, reading and writing; ``words`` by port, none of a ROM."""
    made = mapped(technology, verilog, gated)
    offsets = np.random.default_rng(2).integers(0, depth, _LANES)
    addresses = (np.arange(4 * depth)[:, None] + offsets) % depth
    simulator = GateSimulator(made.flat, _LANES, delays=library_delays(made.flat))
    model, none = PowerModel(made.flat, technology.supply), np.zeros_like(addresses)

    def energies(reads: bool, writes: bool) -> CellEnergies:
        """Energies of a cycle; the first run sets up."""
        inputs = {"read_enable": none + reads, "read_address": addresses if reads else none}
        if words:
            inputs |= {
                "write_enable": none + writes,
                "write_address": addresses if writes else none,
                **{f"write_data_{i}": w if writes else none for i, w in enumerate(words)},
            }
        simulator.run(inputs)
        simulator.run(inputs, record=0)
        (timed,) = simulator.take_timed()
        return model.energies(timed.pulses)

    if words:
        energies(False, True)
    idle = energies(False, False)
    clock = _sum(idle)
    write = _sum(energies(False, True)) - clock if words else 0.0
    return Measured(
        made.netlist.report().area,
        float(idle.leakage_nw.sum()),
        clock,
        _sum(energies(True, False)) - clock,
        write,
    )


def _sum(energies: CellEnergies) -> float:
    """All but leakage, the clock with it, in fJ a cycle."""
    parts = (energies.internal_fj, energies.switching_fj, energies.driven_fj)
    return float(sum(part.sum() for part in parts))


if __name__ == "__main__":
    main()
