"""Memories that are too small for a macro: RAMs of flip-flops, and ROMs of gates.

Their energies follow gate-level simulation of synthesized ones of 23 bits under partial sums
(``benchmarks/memories.py`` measures such memories), in multiples of what a net's change takes in
the library, so that they scale with it. A RAM has a clock gate for each word and one for the
register at its output; without gates all its flip-flops are clocked in every cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

from hawx_hw.technology.gates import Gates
from hawx_hw.technology.macro_metrics import MacroMetrics

__all__ = ["CellMemories"]

#: Changes of nets, for each bit of a word, that an access makes in a RAM: of its own, and for each
#: word that the selection reads through or that the written bit reaches.
_READ, _READ_A_WORD = 1.62, 0.80
_WRITE, _WRITE_A_WORD = 1.94, 0.237
#: Changes of nets for each bit that is read from a ROM, and how they grow with its words.
_ROM, _ROM_EXPONENT = 0.56, 2 / 3
#: Clock pin of a clock gate, with what it switches inside, in clock pins of flip-flops.
_CLOCK_GATE = 1.075


@dataclass(frozen=True)
class CellMemories:
    """Memories made of a library's cells; each has a register at its output.

    Parameters
    ----------
    gates : Gates
    rom_nands, ram_nands : float
        Logic for each bit in two-input NANDs, in a RAM beside the flip-flop.
    clock_gating : bool
        Whether flip-flops are clocked only in cycles that access them.
    """

    gates: Gates
    rom_nands: float
    ram_nands: float
    clock_gating: bool = True

    def ram(self, width: int, depth: int) -> MacroMetrics:
        """A RAM of flip-flops; it reads and writes in one cycle."""
        net, bits = self.gates.net_fj, width * depth
        return self._metrics(
            width,
            bits,
            bits * self.ram_nands,
            width * net * (_READ + _READ_A_WORD * depth),
            width * net * (_WRITE + _WRITE_A_WORD * depth),
            depth + 1,
            "flip-flops",
        )

    def rom(self, width: int, depth: int) -> MacroMetrics:
        """A ROM of gates, with contents that are as good as random."""
        logic = width * depth * self.rom_nands
        read = width * self.gates.net_fj * _ROM * float(depth) ** _ROM_EXPONENT
        return self._metrics(width, 0, logic, read, None, 1, "gates")

    def _metrics(
        self,
        width: int,
        bits: int,
        nands: float,
        read: float,
        write: float | None,
        clock_gates: int,
        what: str,
    ) -> MacroMetrics:
        gates = self.gates
        flip_flops = width + bits
        # A read clocks the register at the output, a write one word.
        clocked = width * gates.flip_flop_clock_fj if self.clock_gating else 0.0
        idle = clock_gates * _CLOCK_GATE if self.clock_gating else flip_flops
        gated = "gated" if self.clock_gating else "not gated"
        return MacroMetrics(
            nands * gates.nand_area + flip_flops * gates.flip_flop_area,
            read + clocked,
            0.0 if write is None else write + clocked,
            nands * gates.nand_leakage_nw + flip_flops * gates.flip_flop_leakage_nw,
            f"{what}, clock {gated}, measured in generic45 and scaled by the library's gates",
            idle * gates.flip_flop_clock_fj,
        )
