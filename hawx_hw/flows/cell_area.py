"""The area that an accelerator's standard cells take in another process, estimated."""

from __future__ import annotations

from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build
from hawx_hw.flows.memories.plan import MemoryPlan
from hawx_hw.synthesis.result import SynthResult
from hawx_hw.technology.gates import smallest_gates
from hawx_hw.technology.memory_models import MemoryCoefficients

__all__ = ["cell_area_um2"]


def cell_area_um2(build: Build, plan: MemoryPlan, nand_um2: float) -> float | None:
    """Area of the standard cells, in um2, with those of memories that no macro serves.

    The accelerator's area without memories is that of synthesis in the config's technology; areas
    of two processes are taken to differ as their smallest NANDs do.

    Parameters
    ----------
    build : Build
    plan : MemoryPlan
    nand_um2 : float
        Area of the process's smallest NAND of two inputs.

    Returns
    -------
    float or None
        None where the accelerator was not synthesized.
    """
    area = _logic_area(build)
    if area is None:
        return None
    technology = build.technology()
    nands = area / smallest_gates(technology.library, technology.supply).nand_area
    roms = sum(each.bits for each in plan.memories if plan.place(each) == "logic")
    flops = sum(m.bits for m in plan.memories if plan.place(m) in ("flip-flops", "missing"))
    flop_um2 = 10 * nand_um2 if plan.family is None else plan.family.flip_flop_um2
    return nand_um2 * (nands + roms * MemoryCoefficients().gate_bit) + flops * flop_um2


def _logic_area(build: Build) -> float | None:
    try:
        return float(SynthResult.read(build.folder).area)
    except UserError:
        return None
