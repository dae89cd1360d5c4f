"""The costs of single blocks in a technology: measured once, then looked up."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.util.csv_text import read_records

if TYPE_CHECKING:
    from hawx_hw.blocks.block import Block
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology

__all__ = ["OBJECTIVES", "BlockMetrics", "BlockTable"]

#: Values of ``accelerator.block_implementation``.
OBJECTIVES = ("smallest", "fastest", "least_energy", "first")


@dataclass(frozen=True)
class BlockMetrics:
    """Costs of one implementation of a block.

    Parameters
    ----------
    digest, block, implementation : str
        Hash of the block's table (of a user's block: of its circuit too), its name, and how it is
        built.
    area : float
        Area in the library's unit.
    delay_ns : float
    energy_fj : float
        Energy of a step with uniform operands, glitches included, leakage not.
    leakage_nw : float
    """

    digest: str
    block: str
    implementation: str
    area: float
    delay_ns: float
    energy_fj: float
    leakage_nw: float


class BlockTable:
    """Costs of blocks, by name and table.

    Parameters
    ----------
    entries : iterable of BlockMetrics
        The implementations of a block in its own order.
    """

    def __init__(self, entries: Iterable[BlockMetrics] = ()):
        self._entries: dict[tuple[str, str], tuple[BlockMetrics, ...]] = {}
        for entry in entries:
            key = entry.block, entry.digest
            self._entries[key] = (*self._entries.get(key, ()), entry)

    def __contains__(self, block: Block) -> bool:
        entries = self._entries.get((block.name, block.circuit_digest), ())
        return tuple(entry.implementation for entry in entries) == tuple(block.implementations)

    def chosen(self, block: Block, objective: str = "smallest") -> BlockMetrics:
        """The implementation of the block in the accelerator.

        Parameters
        ----------
        block : Block
        objective : str
            One of :data:`OBJECTIVES`; of equal ones the first that the block lists. The accelerator
            with ``least_energy`` holds the one with the least energy under the operands of its own
            layers, here it is that under uniform ones: where two implementations are close, they
            may differ. No plan or image is known here.

        Raises
        ------
        ValueError
            There is no such objective.
        KeyError
            The block is not in the table.
        """
        if objective not in OBJECTIVES:
            raise ValueError(f"objective must be one of {', '.join(OBJECTIVES)}, not {objective!r}")
        if block not in self:
            raise KeyError(block.name)
        entries = self._entries[block.name, block.circuit_digest]
        if objective == "first":
            return entries[0]
        field = {"smallest": "area", "fastest": "delay_ns", "least_energy": "energy_fj"}[objective]
        return min(entries, key=lambda entry: getattr(entry, field))

    def completed(
        self,
        blocks: Sequence[Block],
        technology: Technology,
        *,
        jobs: int = 1,
        store: Store | None = None,
    ) -> BlockTable:
        """The table with all of ``blocks``; missing ones are synthesized and simulated.

        Cells take the library's time in the simulation, so that glitches count.

        Raises
        ------
        UserError
            Yosys or a C compiler is missing, or the library lacks a cell.
        """
        new = (block for block in blocks if block not in self)
        distinct = {(block.name, block.circuit_digest): block for block in new}
        if not distinct:
            return self
        from hawx_hw.characterization.measure import measure, synthesize_blocks
        from hawx_hw.characterization.operands import uniform

        missing = list(distinct.values())
        mapped = synthesize_blocks(missing, technology, jobs=jobs, store=store)
        measured = measure(missing, mapped, technology, uniform(), glitches=True, store=store)
        added = BlockTable(
            BlockMetrics(
                digest=block.circuit_digest,
                block=block.name,
                implementation=one.implementation,
                area=one.area,
                delay_ns=one.delay_ns,
                energy_fj=round(one.switching_fj + one.internal_fj, 6),
                leakage_nw=round(one.leakage_nw, 6),
            )
            for block in missing
            for one in measured[block.name]
        )
        result = BlockTable()
        result._entries = {**self._entries, **added._entries}
        return result

    def text(self) -> str:
        """The table as CSV, sorted by block."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(BlockMetrics)])
        for _, entries in sorted(self._entries.items()):
            writer.writerows(list(asdict(entry).values()) for entry in entries)
        return file.getvalue()

    @classmethod
    def read(cls, text: str, *, where: str = "") -> BlockTable:
        """Read the CSV of :meth:`text`.

        Raises
        ------
        UserError
            Fields are missing or hold no numbers; ``where`` names the file.
        """
        names = [field.name for field in fields(BlockMetrics)]
        try:
            return cls(
                BlockMetrics(
                    row["digest"],
                    row["block"],
                    row["implementation"],
                    _finite(row["area"]),
                    _finite(row["delay_ns"]),
                    _finite(row["energy_fj"]),
                    _finite(row["leakage_nw"]),
                )
                for row in read_records(text)
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"The table of blocks is damaged: {error}",
                where=where,
                hint=f"It must have the fields {', '.join(names)}.",
            ) from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not finite")
    return value
