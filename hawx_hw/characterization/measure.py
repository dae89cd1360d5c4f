"""Area, delay and energy of blocks in all their architectures: synthesized and simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hawx_hw.activity.blocks import simulate_block
from hawx_hw.activity.flat import flatten
from hawx_hw.blocks.block import Block
from hawx_hw.characterization.operands import Operands
from hawx_hw.fingerprints import code_hash
from hawx_hw.gateware.block_verilog import architecture_verilog
from hawx_hw.power.model import PowerModel
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.netlist import Netlist
from hawx_hw.synthesis.store import Store, entry_key
from hawx_hw.synthesis.timing import longest_path
from hawx_hw.technology import Technology

__all__ = ["Measurement", "measure"]

_KIND = "block energy"
_CODE = ("activity", "power", "characterization/measure.py")


@dataclass(frozen=True)
class Measurement:
    """One architecture of one block in a technology.

    Parameters
    ----------
    block, architecture : str
    area : float
        In the library's unit, um2 in most.
    delay_ns : float
        The longest path of the block alone.
    cells : int
    switching_fj, internal_fj : float
        Mean energy of a step, of all toggles between settled states; without glitches and wires.
    leakage_nw : float
        In the states that the operands bring about.
    keys : dict of str to str
        Of the store: for each module its synthesis, and ``energy``.
    """

    block: str
    architecture: str
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


def measure(
    blocks: Sequence[Block],
    technology: Technology,
    operands: Operands,
    *,
    jobs: int = 1,
    store: Store | None = None,
    synthesized: Callable[[int, int], None] | None = None,
    simulated: Callable[[int, int], None] | None = None,
) -> list[list[Measurement]]:
    """Every architecture of each block.

    The netlists are those that the choice of architectures compares. Each is simulated gate by
    gate under the operands, and its products are checked against the block's table.

    Parameters
    ----------
    blocks : sequence of Block
    technology : Technology
    operands : Operands
        Codes that a block does not accept are replaced by the nearest that it does.
    jobs : int
        How many syntheses run at a time.
    store : Store or None
        Where syntheses and energies are kept.
    synthesized, simulated : callable or None
        Told how many of how many are done.

    Returns
    -------
    list of list of Measurement
        For each block, in the order of its architectures.

    Raises
    ------
    UserError
        Yosys or a C compiler is missing, or the library lacks a cell.
    VerificationError
        A netlist computes another product than the block's table says.
    """
    pairs = [(block, architecture) for block in blocks for architecture in block.architectures]
    designs = architecture_verilog(pairs)
    mapped = map_designs(
        [(design.files, design.top) for design in designs],
        technology, jobs=jobs, store=store, progress=synthesized,
    )  # fmt: skip
    found: list[list[Measurement]] = [[] for _ in blocks]
    places = [index for index, block in enumerate(blocks) for _ in block.architectures]
    for number, ((block, architecture), design) in enumerate(zip(pairs, mapped, strict=True)):
        energies, key = _energies(block, design.netlist, design.keys, technology, operands, store)
        report = design.netlist.report()
        path, _ = longest_path(design.netlist)
        found[places[number]].append(
            Measurement(
                block.name,
                architecture,
                report["area"],
                round(path.delay, 4),
                report["cells"],
                energies["switching_fj"],
                energies["internal_fj"],
                energies["leakage_nw"],
                {**design.keys, "energy": key},
            )
        )
        if simulated is not None:
            simulated(number + 1, len(pairs))
    return found


def _energies(
    block: Block,
    netlist: Netlist,
    keys: dict[str, str],
    technology: Technology,
    operands: Operands,
    store: Store | None,
) -> tuple[dict[str, Any], str]:
    """Energies of a step and leakage, and their key in the store."""
    suited = operands.accepted(block)
    inputs = {
        "modules": keys,
        "table": block.digest,
        "technology": technology.fingerprint,
        "operands": suited.digest,
        "code": [code_hash(part) for part in _CODE],
    }
    key = entry_key(_KIND, inputs)
    kept = None if store is None else store.get(key, _KIND)
    if kept is not None:
        return dict(kept), key
    flat = flatten(netlist)
    activity = simulate_block(flat, block, suited.weights, suited.activations)
    energies = PowerModel(flat, technology.supply).energies(activity)
    found = {
        "switching_fj": float(energies.switching_fj.sum() + energies.driven_fj.sum()),
        "internal_fj": float(energies.internal_fj.sum()),
        "leakage_nw": float(energies.leakage_nw.sum()),
    }
    if store is not None:
        store.put(_KIND, inputs, found, {"technology": technology.name})
    return found, key
