"""Area, delay and energy of blocks in all their implementations: synthesized and simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hawx_hw.blocks.block import Block
from hawx_hw.characterization.operands import Operands
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.netlist.blocks import simulate_block
from hawx_hw.netlist.timed import library_delays
from hawx_hw.netlist.timing import longest_path
from hawx_hw.power.model import PowerModel
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.synthesis.store import Store, entry_key
from hawx_hw.technology import Technology
from hawx_hw.util.code import code_hash
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Measurement", "energies_of", "measure", "synthesize_blocks"]

_KIND = "block energy"


@dataclass(frozen=True)
class Measurement:
    """One implementation of one block in a technology.

    Parameters
    ----------
    block, implementation : str
    area : float
        Area in the library's unit, um2 in most.
    delay_ns : float
        The longest path of the block alone.
    cells : int
    switching_fj, internal_fj : float
        Mean energy of a step, without wires.
    leakage_nw : float
        Leakage in the states caused by the operands.
    keys : dict of str to str
        Keys in the store: for each module its synthesis, and ``energy``.
    """

    block: str
    implementation: str
    area: float
    delay_ns: float
    cells: int
    switching_fj: float
    internal_fj: float
    leakage_nw: float
    keys: dict[str, str]

    def energy_fj(self, clock_mhz: float) -> float:
        """Energy of one multiplication a cycle at this clock, leakage included."""
        # One nW for one us is one fJ.
        return self.switching_fj + self.internal_fj + self.leakage_nw / clock_mhz

    def power_uw(self, clock_mhz: float) -> float:
        """Power with one multiplication a cycle."""
        return self.energy_fj(clock_mhz) * clock_mhz / 1000


def synthesize_blocks(
    blocks: Sequence[Block],
    technology: Technology,
    *,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> list[Mapped]:
    """The netlists of every implementation of each block.

    Parameters
    ----------
    blocks : sequence of Block
    technology : Technology
    jobs : int
        Number of parallel syntheses.
    store : Store or None
        Store of syntheses.
    progress : callable or None
        Called with the number done and the total, of those that the store lacks.

    Raises
    ------
    UserError
        Yosys is missing, or the library lacks a cell.
    """
    designs = implementation_verilog(_pairs(blocks))
    return map_designs(
        [(design.files, design.top) for design in designs],
        technology, jobs=jobs, store=store, progress=progress,
    )  # fmt: skip


def measure(
    blocks: Sequence[Block],
    mapped: Sequence[Mapped],
    technology: Technology,
    operands: Operands,
    *,
    glitches: bool = False,
    store: Store | None = None,
    progress: Progress | None = None,
) -> dict[str, list[Measurement]]:
    """Simulate every implementation of each block gate by gate with the operands.

    The products are checked against the block's table.

    Parameters
    ----------
    blocks : sequence of Block
    mapped : sequence of Mapped
        Their netlists, from :func:`synthesize_blocks`.
    technology : Technology
    operands : Operands
        Codes that a block does not accept are replaced by the nearest that it accepts.
    glitches : bool
        Simulate cell delays, so that pulses between settled states are included.
    store : Store or None
        Store of energies.
    progress : callable or None
        Called with the number of implementations done and their total.

    Returns
    -------
    dict of str to list of Measurement
        By the block's name, in the order of its implementations.

    Raises
    ------
    UserError
        A C compiler is missing.
    VerificationError
        A netlist computes another product than the block's table.
    """
    measured: dict[str, list[Measurement]] = {block.name: [] for block in blocks}
    pairs = _pairs(blocks)
    for number, ((block, implementation), design) in enumerate(zip(pairs, mapped, strict=True)):
        energies, key = energies_of(
            block, design, technology, operands, glitches=glitches, store=store
        )
        report = design.netlist.report()
        path, _ = longest_path(design.flat)
        measured[block.name].append(
            Measurement(
                block.name,
                implementation,
                report.area,
                round(path.delay, 4),
                report.cells,
                energies["switching_fj"],
                energies["internal_fj"],
                energies["leakage_nw"],
                {**design.keys, "energy": key},
            )
        )
        if progress is not None:
            progress(number + 1, len(pairs))
    return measured


def _pairs(blocks: Sequence[Block]) -> list[tuple[Block, str]]:
    return [(block, implementation) for block in blocks for implementation in block.implementations]


class _Energies(Record):
    """The shape of what the store holds."""

    switching_fj: float
    internal_fj: float
    leakage_nw: float


def energies_of(
    block: Block,
    design: Mapped,
    technology: Technology,
    operands: Operands,
    *,
    glitches: bool,
    store: Store | None,
) -> tuple[dict[str, float], str]:
    """Simulate one netlist of a block gate by gate with the operands; the products are checked.

    Parameters
    ----------
    block, technology, operands, glitches, store
        See :func:`measure`.
    design : Mapped
        The block alone, or :func:`~hawx_hw.gateware.block_verilog.registered`. What the clock
        takes in a register is left out.

    Returns
    -------
    (dict of str to float, str)
        ``switching_fj`` and ``internal_fj``, the mean energy of a step of one stream, and
        ``leakage_nw``; and their key in the store.
    """
    suited = operands.accepted(block)
    inputs = {
        "modules": design.keys,
        "table": block.digest,
        "technology": technology.fingerprint,
        "operands": suited.digest,
        "glitches": glitches,
        "code": code_hash(__name__),
    }
    key = entry_key(_KIND, inputs)
    stored = None if store is None else store.get(key, _KIND, _Energies)
    if stored is not None:
        return dict(stored), key
    flat = design.flat
    delays = library_delays(flat) if glitches else None
    activity = simulate_block(flat, block, suited.weights, suited.activations, delays=delays)
    energies = PowerModel(flat, technology.supply).energies(activity)
    values = {
        "switching_fj": float(
            (energies.switching_fj + energies.driven_fj - energies.clock_charge_fj).sum()
        ),
        "internal_fj": float((energies.internal_fj - energies.clock_internal_fj).sum()),
        "leakage_nw": float(energies.leakage_nw.sum()),
    }
    if store is not None:
        store.put(_KIND, inputs, values, {"technology": technology.name})
    return values, key
