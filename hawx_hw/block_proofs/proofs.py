"""Proves blocks in two ways that have nothing in common but the Verilog."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.block_proofs.exhaustive import product_tables
from hawx_hw.block_proofs.formal import Difference, compare
from hawx_hw.blocks.block import Block
from hawx_hw.gateware.block_verilog import (
    BlockVerilog,
    implementation_verilog,
    specification_verilog,
)
from hawx_hw.simulation.simulators import Simulator, find_simulator

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["SPECIFICATION", "Case", "Counterexample", "Proof", "prove", "prove_cases"]

#: What stands for the implementation where the specification itself is compared with the table.
SPECIFICATION = "specification"
#: Designs that are simulated together, between one sign of progress and the next.
_BATCH = 120


@dataclass(frozen=True)
class Case:
    """One description of a block in Verilog, which must have the products of the block's table.

    Parameters
    ----------
    block : Block
    implementation : str
    design : BlockVerilog
    specification : BlockVerilog or None
        What the design is proven against formally; None where there is none.
    """

    block: Block
    implementation: str
    design: BlockVerilog
    specification: BlockVerilog | None


@dataclass(frozen=True)
class Counterexample:
    """Operands for which the hardware is wrong.

    Parameters
    ----------
    method : str
        ``simulation`` or ``formal``.
    a, b : int
        Weight and activation, codes in [-128, 127].
    expected, observed : int
        Products of the definition (the table or the specification) and of the hardware.
    pairs : int or None
        How many pairs of operands are wrong; None where the method does not count them.
    """

    method: str
    a: int
    b: int
    expected: int
    observed: int
    pairs: int | None = None

    def __str__(self) -> str:
        count = "" if self.pairs is None else f" ({self.pairs} of 65536 pairs are wrong)"
        return (
            f"{self.method}: a = {self.a}, b = {self.b} gives {self.observed}, "
            f"not {self.expected}{count}"
        )


@dataclass(frozen=True)
class Proof:
    """What came out for one implementation of a block.

    Parameters
    ----------
    block, digest : str
        Name of the block and hash of its table.
    verilog_sha256 : str
        SHA-256 of the names and texts of the Verilog files that were proven. Others are not, even
        where the table is the same.
    implementation : str
        :data:`SPECIFICATION` stands for the specification.
    formal : bool
        Whether there was a formal proof beside the simulation.
    counterexamples : tuple of Counterexample
        At most one a method; none where the hardware equals the definition.
    """

    block: str
    digest: str
    verilog_sha256: str
    implementation: str
    formal: bool
    counterexamples: tuple[Counterexample, ...]

    @property
    def holds(self) -> bool:
        """Whether the hardware equals the definition."""
        return not self.counterexamples

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        counterexamples = [asdict(counterexample) for counterexample in self.counterexamples]
        return {**asdict(self), "counterexamples": counterexamples, "holds": self.holds}


def prove(
    pairs: Sequence[tuple[Block, str]],
    *,
    formal: bool = True,
    designs: Sequence[BlockVerilog] | None = None,
    simulator: Simulator | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[Proof]:
    """Prove the emitted Verilog of blocks.

    Each implementation is simulated on all 65,536 pairs of operands and compared with the table,
    and proven equivalent to the block's specification, where it has one. The specifications
    themselves are simulated too.

    Parameters
    ----------
    pairs : sequence of (Block, str)
        Blocks with the names of implementations, all different.
    formal : bool
        False leaves out the formal proofs.
    designs : sequence of BlockVerilog or None
        The Verilog of each of the pairs; if left out, it is written here.
    simulator : Simulator or None
        Verilator, or Icarus where that is not usable, if left out.
    jobs : int
        How many batches run at a time.
    progress : callable or None
        Called with how many of the designs are done, and of how many.

    Returns
    -------
    list of Proof
        In the order of ``pairs``; behind each block's last implementation comes its specification.

    Raises
    ------
    ValueError
        There is no such implementation, or not one design a pair.
    VerificationError
        A tool does not accept the Verilog, or a product is undefined.
    UserError
        A tool is missing.
    """
    simulator = simulator or find_simulator()
    blocks = list(dict.fromkeys(block for block, _ in pairs))
    specified = specification_verilog(blocks) if formal else [None] * len(blocks)
    specifications = dict(zip(blocks, specified, strict=True))
    if designs is None:
        designs = implementation_verilog(pairs)
    cases = []
    for block in blocks:
        specification = specifications[block]
        for (other, implementation), design in zip(pairs, designs, strict=True):
            if other == block:
                cases.append(Case(block, implementation, design, specification))
        if specification is not None:
            cases.append(Case(block, SPECIFICATION, specification, None))
    return prove_cases(cases, simulator=simulator, jobs=jobs, progress=progress)


def prove_cases(
    cases: Sequence[Case],
    *,
    simulator: Simulator | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[Proof]:
    """Prove Verilog that is there already; see :func:`prove`."""
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs!r}")
    simulator = simulator or find_simulator()
    batches = [cases[start : start + _BATCH] for start in range(0, len(cases), _BATCH)]
    proofs: list[Proof] = []
    with ThreadPoolExecutor(jobs) as pool:
        # In this thread an interruption ends the tools at once.
        run: Any = map if jobs == 1 else pool.map
        for batch_proofs in run(lambda batch: _prove_batch(batch, simulator), batches):
            proofs += batch_proofs
            if progress is not None:
                progress(len(proofs), len(cases))
    return proofs


def _prove_batch(cases: Sequence[Case], simulator: Simulator) -> list[Proof]:
    tables = product_tables([case.design for case in cases], simulator=simulator)
    specified = [
        (case.specification, case.design) for case in cases if case.specification is not None
    ]
    answers = iter(compare(specified))
    proofs = []
    for case, table in zip(cases, tables, strict=True):
        counterexamples = []
        if (simulated := _first_difference(case.block.raw_table, table)) is not None:
            counterexamples.append(simulated)
        if case.specification is not None and (proven := next(answers)) is not None:
            counterexamples.append(_counterexample(proven))
        proofs.append(
            Proof(
                case.block.name,
                case.block.digest,
                case.design.digest,
                case.implementation,
                case.specification is not None,
                tuple(counterexamples),
            )
        )
    return proofs


def _first_difference(expected: np.ndarray, observed: np.ndarray) -> Counterexample | None:
    wrong = np.argwhere(expected != observed)
    if not wrong.size:
        return None
    a, b = (int(index) for index in wrong[0])
    return Counterexample(
        "simulation",
        a - 128,
        b - 128,
        int(expected[a, b]),
        int(observed[a, b]),
        len(wrong),
    )


def _counterexample(difference: Difference) -> Counterexample:
    return Counterexample("formal", difference.a, difference.b, difference.first, difference.second)
