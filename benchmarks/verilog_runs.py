"""Emits a planned accelerator, compiles it and verifies it, with the time that each step takes."""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.architectures.base import Plan
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.design.sources import WAIVERS, verilog_sources
from hawx_hw.graph.reference import run_all
from hawx_hw.simulation.build import build_simulation
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.verification.accelerator_job import verify_accelerator
from hawx_hw.verification.result import VerifyResult

__all__ = ["VerilogRun", "run_in_verilog"]


@dataclass(frozen=True)
class VerilogRun:
    """An accelerator whose results, stored codes and cycles were those predicted.

    Parameters
    ----------
    result : VerifyResult
    codes : int
        Codes, stored by any layer, that were compared with the integer model.
    emit_seconds, compile_seconds, simulate_seconds : float
        Time to write the Verilog, to compile it, and to simulate it; the last includes the
        integer model's.
    cpu_seconds : float
        Time of processors that all of it took, which other work on the machine hardly changes.
    """

    result: VerifyResult
    codes: int
    emit_seconds: float
    compile_seconds: float
    simulate_seconds: float
    cpu_seconds: float


def run_in_verilog(
    plan: Plan,
    images: np.ndarray,
    *,
    simulator: str = "auto",
    traced: int = 1,
    scenarios: tuple[str, ...] | None = None,
) -> VerilogRun:
    """Emit, compile and simulate an accelerator as ``hawx verify`` does.

    Parameters
    ----------
    plan : Plan
    images : ndarray of int8
        ``(images, channels, height, width)`` input codes.
    simulator : str
        ``verilator``, ``icarus`` or ``auto``.
    traced : int
        For so many images every code that any layer stores is compared.
    scenarios : tuple of str or None
        What to run; None: all.

    Raises
    ------
    AcceleratorMismatch
        A result, a stored code or a number of cycles is another than predicted.
    """
    with tempfile.TemporaryDirectory(prefix="hawx-verilog-") as name:
        design, work = Path(name) / "accelerator", Path(name) / "work"
        start, cpu = time.perf_counter(), _cpu_seconds()
        emit_accelerator(plan, design, config_hash=0)
        emitted = time.perf_counter()
        # The verification compiles nothing anew where this has.
        build_simulation(
            find_simulator(simulator),
            verilog_sources(design),
            top=TOP,
            workdir=work,
            waivers=[design / "rtl" / WAIVERS],
        )
        compiled = time.perf_counter()
        result = verify_accelerator(
            design,
            plan,
            images,
            config_hash=0,
            traced=traced,
            simulator=simulator,
            workdir=work,
            seed=0,
            scenarios=scenarios,
        )
        end = time.perf_counter()
    return VerilogRun(
        result=result,
        codes=result.traced * stored_codes(plan, images[:1]),
        emit_seconds=emitted - start,
        compile_seconds=compiled - emitted,
        simulate_seconds=end - compiled,
        cpu_seconds=_cpu_seconds() - cpu,
    )


def _cpu_seconds() -> float:
    """Time of processors that this program and the tools that it started have taken."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def stored_codes(plan: Plan, image: np.ndarray) -> int:
    """How many codes all layers store, an image."""
    writes = plan.write_trace(run_all(plan.graph, image, plan.assignment))
    return sum(int((layer.channels >= 0).sum()) for layer in writes)
