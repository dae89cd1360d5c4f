"""Area, energy and leakage of one memory macro."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MacroMetrics"]


@dataclass(frozen=True)
class MacroMetrics:
    """Area, energy and leakage of one memory macro.

    Parameters
    ----------
    area : float
        In the library's unit, um2.
    read_energy_fj, write_energy_fj : float
        Energy of one access, at the supply of the technology. A ROM has no writes: 0.
    leakage_nw : float
    source : str
        Where the numbers come from: ``stated``, or the memory model and what it is made of.
    clock_fj : float
        What its clock takes in each cycle, accessed or not. 0 of an array, whose clock counts with
        its accesses; not of a memory made of flip-flops.
    """

    area: float
    read_energy_fj: float
    write_energy_fj: float
    leakage_nw: float
    source: str
    clock_fj: float = 0.0

    def energy_fj(self, reads: float, writes: float, cycles: float) -> float:
        """Energy of accesses, and of the clock in so many cycles, in fJ."""
        return reads * self.read_energy_fj + writes * self.write_energy_fj + cycles * self.clock_fj
