"""Memories that are too small for a macro: RAMs of flip-flops, and ROMs of gates.

A RAM is the template in ``rtl_templates/`` with ``HAWX_FLIP_FLOP_WORDS``: every word has its gate,
and they are joined by ORs. Energies and areas follow gate-level simulation, with glitches, of
synthesized RAMs of 8 to 184 bits and 4 to 64 words under random words, and of ROMs of 8 to 104 bits
and 16 to 256 random words (``benchmarks/memories.py`` prints both), in multiples of what a net's
change takes in the library and of its NAND, so that they scale with it. A RAM has a clock gate for
each word and one for the register at its output; without gates all its flip-flops are clocked in
every cycle, and each keeps its bit through a multiplexer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hawx_hw.technology.gates import Gates
from hawx_hw.technology.macro_metrics import MacroMetrics

__all__ = ["CellMemories"]

#: Clock pin of a clock gate, with what it switches inside, in clock pins of flip-flops.
_CLOCK_GATE = 1.075
#: Changes of nets in a read of a ROM: for each bit, growing with a power of the words, and for each
#: word in the decoder, which all bits share.
_ROM, _ROM_EXPONENT, _ROM_WORD = 0.526, 0.6, 0.708
#: NANDs for each word of a ROM.
_ROM_WORD_NANDS = 1.06


@dataclass(frozen=True)
class _Ram:
    """What a RAM's accesses and logic take, the clock's pins and the flip-flops left out.

    Parameters
    ----------
    read : (float, float, float)
        Changes of nets in a read: for each bit, for each bit and power of two of words, and for
        each power of two of words.
    write : (float, float, float, float)
        In a write: for each bit, for each bit and word, one for all, and for each word.
    nands : (float, float, float)
        NANDs for each bit beside ``register_bit``, for each word, and for each bit of a word.
    """

    read: tuple[float, float, float]
    write: tuple[float, float, float, float]
    nands: tuple[float, float, float]

    def reading(self, width: int, depth: int) -> float:
        """Changes of nets in a read."""
        bit, chosen, decoder = self.read
        steps = math.log2(depth)
        return width * (bit + chosen * steps) + decoder * steps

    def writing(self, width: int, depth: int) -> float:
        """Changes of nets in a write."""
        bit, reached, once, decoder = self.write
        return width * (bit + reached * depth) + once + decoder * depth

    def logic(self, width: int, depth: int, register_bit: float) -> float:
        """Two-input NANDs."""
        bit, word, output = self.nands
        return width * depth * (register_bit + bit) + depth * word + width * output


_GATED = _Ram((2.94, 0.432, 3.10), (1.17, 0.404, 7.96, 0.433), (0.0, 8.74, 1.50))
_NOT_GATED = _Ram((3.34, 0.539, 2.18), (4.98, 0.145, 2.99, 0.224), (2.82, 1.66, 2.43))


@dataclass(frozen=True)
class CellMemories:
    """Memories made of a library's cells; each has a register at its output.

    Parameters
    ----------
    gates : Gates
    rom_nands, ram_nands : float
        Logic for each bit in two-input NANDs, in a RAM beside the flip-flop; that of a word, such
        as its decoder, comes on top.
    clock_gating : bool
        Whether flip-flops are clocked only in cycles that access them.
    """

    gates: Gates
    rom_nands: float
    ram_nands: float
    clock_gating: bool = True

    def ram(self, width: int, depth: int) -> MacroMetrics:
        """A RAM of flip-flops; it reads and writes in one cycle."""
        ram, net = _GATED if self.clock_gating else _NOT_GATED, self.gates.net_fj
        return self._metrics(
            width,
            width * depth,
            ram.logic(width, depth, self.ram_nands),
            net * ram.reading(width, depth),
            net * ram.writing(width, depth),
            depth + 1,
            "flip-flops",
        )

    def rom(self, width: int, depth: int) -> MacroMetrics:
        """A ROM of gates, with contents that are as good as random."""
        logic = depth * (width * self.rom_nands + _ROM_WORD_NANDS)
        changes = width * _ROM * float(depth) ** _ROM_EXPONENT + depth * _ROM_WORD
        return self._metrics(width, 0, logic, self.gates.net_fj * changes, None, 1, "gates")

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
