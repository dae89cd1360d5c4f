"""Memory models beside one another, and small memories as synthesis makes them beside the model.

    python benchmarks/memories.py [--technology T] [--measure]

First the energy of reads and writes of some arrays under every memory model. With ``--measure``
(minutes) also RAMs of flip-flops and ROMs of gates: synthesized, simulated at gate level in 64
lanes with accesses in ascending order, weighed with the library's energies; beside them the
model's. A RAM gets three kinds of words: random bits, and sums of which neighbors resemble each
other, wide and narrow ones. Clocks are gated where the library has cells for it: the clock is what
the idle memory takes, its clock gates; an access is what it takes beyond that, with the clock of
the word.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.power.model import PowerModel
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.technology import Technology, load

_ARRAYS = (
    ("hawx_sp_ram", 64, 128),
    ("hawx_sp_ram", 64, 1024),
    ("hawx_sp_ram", 64, 4096),
    ("hawx_sp_ram", 64, 131072),
    ("hawx_sdp_ram", 16, 1572),
    ("hawx_sdp_ram", 192, 32),
    ("hawx_rom", 64, 4096),
)
_RAMS = ((8, 16), (23, 8), (23, 16), (23, 32), (23, 64))
_ROMS = ((8, 16), (24, 16), (24, 64), (12, 256), (24, 256))
_LANES = 64
_RAM = """\
module memory(input clk, input write_enable, input [{address}:0] write_address,
    input [{word}:0] write_data, input read_enable, input [{address}:0] read_address,
    output reg [{word}:0] read_data);
  reg [{word}:0] words [0:{last}];
  always @(posedge clk) begin
    if (write_enable) words[write_address] <= write_data;
    if (read_enable) read_data <= words[read_address];
  end
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
    idle, read, write : float
        In fJ: a cycle without accesses, and what a read and a write take besides; without writes 0.
    """

    area: float
    idle: float
    read: float
    write: float


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--technology", default="generic45")
    parser.add_argument("--measure", action="store_true")
    arguments = parser.parse_args()
    technology = load(arguments.technology)
    console = Console()
    console.print(_arrays(technology))
    if arguments.measure:
        console.print(_cells(technology))


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


def _cells(technology: Technology) -> Table:
    table = Table(title="Memories of cells: fJ a bit of a word; measured (modeled)")
    for name in ("memory", "words", "um2", "clock a cycle, fJ", "read", "write"):
        table.add_column(name, justify="right")
    model = technology.memories
    for width, depth in _RAMS:
        mapped = _mapped(technology, _ram(width, depth))
        metrics = model.cells("hawx_sdp_ram", width, depth)
        for words, smooth, bits in (
            ("random", False, width),
            ("sums", True, width - 1),
            ("small sums", True, width // 2),
        ):
            own = measured(technology, mapped, (width, depth), _words(width, depth, smooth, bits))
            modeled = (
                metrics.area, metrics.clock_fj, metrics.read_energy_fj, metrics.write_energy_fj,
            )  # fmt: skip
            table.add_row(f"RAM {width} x {depth}", words, *_row(own, modeled, width))
    for width, depth in _ROMS:
        own = measured(technology, _mapped(technology, _rom(width, depth)), (width, depth), None)
        metrics = model.cells("hawx_rom", width, depth)
        modeled = (metrics.area, metrics.clock_fj, metrics.read_energy_fj, 0.0)
        table.add_row(f"ROM {width} x {depth}", "random", *_row(own, modeled, width))
    return table


def _row(own: Measured, modeled: tuple[float, ...], width: int) -> list[str]:
    area, clock, read, write = modeled
    return [
        f"{own.area:,.0f} ({area:,.0f})",
        f"{own.idle:,.0f} ({clock:,.0f})",
        f"{own.read / width:.1f} ({read / width:.1f})",
        f"{own.write / width:.1f} ({write / width:.1f})" if own.write else "",
    ]


def _mapped(technology: Technology, verilog: str) -> Mapped:
    (mapped,) = map_designs(
        [({"memory.v": verilog}, "memory")], technology, clock_gating=True, store=default_store()
    )
    return mapped


def _ram(width: int, depth: int) -> str:
    return _RAM.format(address=(depth - 1).bit_length() - 1, word=width - 1, last=depth - 1)


def _rom(width: int, depth: int) -> str:
    rng = np.random.default_rng(width * depth)
    cases = "\n".join(
        f"    {index}: read_data <= {width}'b{''.join(map(str, bits))};"
        for index, bits in enumerate(rng.integers(0, 2, (depth, width)).tolist())
    )
    return _ROM.format(address=(depth - 1).bit_length() - 1, word=width - 1, cases=cases)


def _words(width: int, depth: int, smooth: bool, bits: int) -> NDArray[np.int64]:
    """Words to write, ``(cycles, lanes)``; smooth ones are numbers of so many bits with a sign."""
    rng, cycles = np.random.default_rng(1), 4 * depth
    if not smooth:
        return rng.integers(0, 1 << width, (cycles, _LANES))
    steps = rng.normal(0.0, 1.0, (cycles, _LANES))
    values = np.zeros_like(steps)
    values[0] = steps[0]
    for cycle in range(1, cycles):
        values[cycle] = 0.9 * values[cycle - 1] + np.sqrt(1 - 0.81) * steps[cycle]
    return (values * 2.0 ** (bits - 3)).astype(np.int64) & ((1 << width) - 1)


def measured(
    technology: Technology,
    mapped: Mapped,
    shape: tuple[int, int],
    words: NDArray[np.int64] | None,
) -> Measured:
    """Simulate a memory idle, reading and writing.

    Parameters
    ----------
    technology : Technology
    mapped : Mapped
    shape : (int, int)
        Width and depth.
    words : ndarray of int64, shape (cycles, lanes), or None
        What is written; None of a ROM.
    """
    depth = shape[1]
    cycles = 4 * depth if words is None else len(words)
    offsets = np.random.default_rng(2).integers(0, depth, _LANES)
    addresses = (np.arange(cycles)[:, None] + offsets) % depth
    simulator = GateSimulator(mapped.flat, _LANES)
    none = np.zeros_like(addresses)

    def energy(reads: bool, writes: bool) -> float:
        """FJ a cycle; the first run sets up."""
        inputs = {"read_enable": none + reads, "read_address": addresses if reads else none}
        if words is not None:
            inputs |= {
                "write_enable": none + writes,
                "write_address": addresses if writes else none,
                "write_data": words if writes else none,
            }
        simulator.run(inputs)
        simulator.take()
        simulator.run(inputs)
        return _energy(technology, mapped.flat, simulator.take())

    if words is not None:
        energy(False, True)
    idle = energy(False, False)
    write = 0.0 if words is None else energy(False, True) - idle
    return Measured(mapped.netlist.report().area, idle, energy(True, False) - idle, write)


def _energy(technology: Technology, flat: FlatNetlist, activity: Activity) -> float:
    energies = PowerModel(flat, technology.supply).energies(activity)
    # The clock is in all three.
    parts = (energies.internal_fj, energies.switching_fj, energies.driven_fj)
    return float(sum(part.sum() for part in parts))


if __name__ == "__main__":
    main()
