"""What single blocks take in a technology: measured once, then looked up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.blocks.block import Block
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology

__all__ = ["OBJECTIVES", "BlockFigures", "BlockTable"]

#: Values of ``accelerator.block_implementation``.
OBJECTIVES = ("smallest", "fastest", "first")


@dataclass(frozen=True)
class BlockFigures:
    """One implementation of a block by itself.

    Parameters
    ----------
    digest, block, implementation : str
        Hash of the block's table, its name, and how it is built.
    area : float
        In the library's unit.
    delay_ns : float
    energy_fj : float
        Of a step with uniform operands, leakage left out.
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
    """Figures of blocks, by name and table.

    Parameters
    ----------
    rows : iterable of BlockFigures
        The implementations of a block in its own order.
    """

    def __init__(self, rows: Iterable[BlockFigures] = ()):
        self._rows: dict[tuple[str, str], tuple[BlockFigures, ...]] = {}
        for row in rows:
            key = row.block, row.digest
            self._rows[key] = (*self._rows.get(key, ()), row)

    def __contains__(self, block: Block) -> bool:
        found = self._rows.get((block.name, block.digest), ())
        return tuple(row.implementation for row in found) == tuple(block.implementations)

    def chosen(self, block: Block, objective: str = "smallest") -> BlockFigures:
        """How the accelerator has the block.

        Parameters
        ----------
        block : Block
        objective : str
            One of :data:`OBJECTIVES`. Of equals the one that the block names first.

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
        rows = self._rows[block.name, block.digest]
        if objective == "first":
            return rows[0]
        return min(rows, key=lambda r: r.area if objective == "smallest" else r.delay_ns)

    def completed(
        self,
        blocks: Sequence[Block],
        technology: Technology,
        *,
        jobs: int = 1,
        store: Store | None = None,
    ) -> BlockTable:
        """With the blocks that it lacks synthesized and simulated.

        Raises
        ------
        UserError
            Yosys or a C compiler is missing, or the library lacks a cell.
        """
        distinct = {(block.name, block.digest): block for block in blocks if block not in self}
        if not distinct:
            return self
        from hawx_hw.characterization.measure import measure, synthesize_blocks
        from hawx_hw.characterization.operands import uniform

        missing = list(distinct.values())
        mapped = synthesize_blocks(missing, technology, jobs=jobs, store=store)
        measured = measure(missing, mapped, technology, uniform(), store=store)
        added = BlockTable(
            BlockFigures(
                digest=block.digest,
                block=block.name,
                implementation=figures.implementation,
                area=figures.area,
                delay_ns=figures.delay_ns,
                energy_fj=round(figures.switching_fj + figures.internal_fj, 6),
                leakage_nw=round(figures.leakage_nw, 6),
            )
            for block in missing
            for figures in measured[block.name]
        )
        result = BlockTable()
        result._rows = {**self._rows, **added._rows}
        return result

    def text(self) -> str:
        """As CSV, sorted by block."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(BlockFigures)])
        for _, rows in sorted(self._rows.items()):
            writer.writerows(list(asdict(row).values()) for row in rows)
        return file.getvalue()

    @classmethod
    def read(cls, text: str, *, where: str = "") -> BlockTable:
        """From what :meth:`text` gave.

        Raises
        ------
        UserError
            Columns are missing or hold no numbers; ``where`` names the file.
        """
        names = [field.name for field in fields(BlockFigures)]
        try:
            return cls(
                BlockFigures(
                    row["digest"],
                    row["block"],
                    row["implementation"],
                    float(row["area"]),
                    float(row["delay_ns"]),
                    float(row["energy_fj"]),
                    float(row["leakage_nw"]),
                )
                for row in csv.DictReader(io.StringIO(text))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"The table of blocks is damaged: {error}",
                where=where,
                hint=f"It must have the columns {', '.join(names)}.",
            ) from error
