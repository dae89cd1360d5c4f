"""Verifies a planned accelerator: the job is made of its plan, the result has its cycle ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from hawx_hw import __version__
from hawx_hw.architectures.base import DebuggedPlan, LayerWrites, Plan
from hawx_hw.design.emission import plan_packet
from hawx_hw.errors import VerificationError
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.gateware.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START
from hawx_hw.graph.reference import run, run_all
from hawx_hw.verification.job import OPTIONAL_SCENARIOS, SCENARIOS, Job, LayerTrace, register_table
from hawx_hw.verification.memory_images import check_memory_images
from hawx_hw.verification.result import Cause, CyclesOfLayer, SimulationResult, VerifyResult
from hawx_hw.verification.run import Mismatch, failure, verify

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = [
    "AROUND",
    "AcceleratorMismatch",
    "accelerator_job",
    "cycle_ledger",
    "cycles_per_image",
    "packets",
    "verify_accelerator",
]

#: Name of the cycles in which an image comes in and its result goes out.
AROUND = "image in, result out"


class AcceleratorMismatch(Mismatch):
    """The accelerator and the reference disagree; ``result`` is that of the verification."""

    result: VerifyResult


def cycles_per_image(plan: Plan) -> int:
    """Cycles from the first byte of an image accepted to the last byte of its result accepted.

    Both are counted, nothing stalls, and the accelerator is idle before.
    """
    signature = plan.signature()
    return (
        signature.image_layout.bytes
        + CYCLES_BEFORE_START
        + plan.cycles().core
        + CYCLES_AFTER_DONE
        + signature.result_layout.bytes
    )


def cycle_ledger(plan: Plan) -> tuple[CyclesOfLayer, ...]:
    """Where the cycles of an image go: an entry a layer, and one for what lies before and after.

    The causes of an entry add up to its ``cycles``, and those to the cycles of an image.
    """
    report = plan.cycles()
    around = cycles_per_image(plan) - report.core
    return (
        *(
            CyclesOfLayer(name=layer.name, cycles=layer.total, macs=layer.macs, causes=layer.causes)
            for layer in report.layers
        ),
        CyclesOfLayer(
            name=AROUND,
            cycles=around,
            macs=0,
            causes=dict.fromkeys(report.causes, 0) | {"other": around},
        ),
    )


def verify_accelerator(
    directory: Path,
    plan: Plan,
    images: np.ndarray,
    *,
    config_hash: int,
    workdir: Path,
    simulator: str = "auto",
    traced: int = 2,
    seed: int = 0,
    scenarios: tuple[str, ...] | None = None,
    progress: Progress | None = None,
) -> VerifyResult:
    """Simulate the emitted accelerator of ``plan`` on ``images``; see :func:`.run.verify`.

    Its memory images are compared with the network first. Where a result differs in a scenario that
    does not compare writes, the image is simulated once more by itself, for the first layer,
    channel and pixel that differ.

    Raises
    ------
    AcceleratorMismatch
        Something differs, or takes another time than predicted.
    UserError, VerificationError
        As :func:`.run.verify` and :func:`.memory_images.check_memory_images`.
    """
    job = accelerator_job(
        plan, images, config_hash=config_hash, traced=traced, seed=seed, scenarios=scenarios
    )
    check_memory_images(plan, directory / "mem")
    try:
        result = verify(directory, job, workdir=workdir, simulator=simulator, progress=progress)
    except Mismatch as mismatch:
        write = mismatch.write
        if write is None and mismatch.image is not None:
            again = accelerator_job(
                plan,
                images[mismatch.image : mismatch.image + 1],
                config_hash=config_hash,
                traced=1,
                scenarios=("inference",),
                first_image=mismatch.image,
            )
            write = _first_write(directory, again, workdir=workdir, simulator=simulator)
        raise _located(mismatch, write, plan) from None
    return _with_ledger(result, plan)


def _first_write(directory: Path, job: Job, *, workdir: Path, simulator: str) -> str | None:
    """The first write that differs when an image is simulated by itself, in words."""
    try:
        verify(directory, job, workdir=workdir, simulator=simulator)
    except Mismatch as mismatch:
        return mismatch.write
    except VerificationError:
        # The first simulation's message stands.
        return None
    return None


def _located(mismatch: Mismatch, write: str | None, plan: Plan) -> AcceleratorMismatch:
    """The mismatch, with the first write that differs as the first failure of its scenario."""
    result, scenario = mismatch.result, mismatch.scenario
    if scenario is None or write is None or mismatch.write is not None:
        return AcceleratorMismatch(str(mismatch), _with_ledger(result, plan))
    entry = result.scenarios[scenario]
    entry = entry.model_copy(update={"failures": (write, *entry.failures)})
    result = result.model_copy(update={"scenarios": {**result.scenarios, scenario: entry}})
    return AcceleratorMismatch(failure(scenario, write), _with_ledger(result, plan))


def _with_ledger(result: SimulationResult, plan: Plan) -> VerifyResult:
    macs, multipliers = plan.graph.macs, plan.multipliers
    return VerifyResult(
        **dict(result),
        macs=macs,
        multipliers=multipliers,
        utilization=macs / (multipliers * result.cycles_predicted),
        causes=tuple(Cause(name=name, title=title) for name, title in plan.cycles().causes.items()),
        ledger=cycle_ledger(plan),
    )


def accelerator_job(
    plan: Plan,
    images: np.ndarray,
    *,
    config_hash: int,
    traced: int = 2,
    seed: int = 0,
    scenarios: tuple[str, ...] | None = None,
    first_image: int = 0,
) -> Job:
    """Expectations for ``images``, from the integer reference and the cycle model.

    Parameters
    ----------
    plan : Plan
    images : ndarray of int8
        ``(images, channels, height, width)`` input codes.
    config_hash : int
        As it was emitted.
    traced : int
        For so many images every write of every layer is compared; 0: for none.
    seed : int
        Of everything that is drawn.
    scenarios : tuple of str or None
        What to run; None: all that the accelerator can be put through.
    first_image : int
        The first image's number in messages.
    """
    shape = plan.graph.tensors[plan.graph.input].shape
    if images.dtype != np.int8 or images.shape[1:] != shape:
        raise ValueError(f"Images must be int8 of shape (images, *{shape}), not {images.shape}")
    signature = plan.signature()
    debugged = signature.debug is not None and len(images) > 0
    if scenarios is None:
        can = {"watchdog": signature.trap is not None and len(images) > 0, "debug": debugged}
        scenarios = (*SCENARIOS, *(name for name in OPTIONAL_SCENARIOS if can[name]))
    registers = accelerator_registers(
        signature,
        constants=plan.constants(),
        config_hash=config_hash,
        version=__version__,
    )
    writes = plan.write_trace(run_all(plan.graph, images[: max(traced, 1)], plan.assignment))
    layers = tuple(
        _trace(each, layer.total, traced)
        for each, layer in zip(writes, plan.cycles().layers, strict=True)
    )
    return Job(
        name=plan.graph.name,
        images=packets(images),
        results=packets(run(plan.graph, images, plan.assignment)),
        layers=layers,
        cycles=cycles_per_image(plan),
        registers=register_table(registers),
        parameters=plan_packet(plan) if plan.loadable else b"",
        seed=seed,
        scenarios=scenarios,
        first_image=first_image,
        debugging=cast(DebuggedPlan, plan).debugging(images[0]) if "debug" in scenarios else None,
    )


def packets(tensors: np.ndarray) -> np.ndarray:
    """Codes as the packets of the streams, a pixel's channels together.

    Parameters
    ----------
    tensors : ndarray of int8
        ``(images, C, H, W)`` or ``(images, N)``.

    Returns
    -------
    ndarray of uint8, shape (images, bytes)
    """
    if tensors.ndim == 4:
        tensors = tensors.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(tensors).reshape(len(tensors), -1).view(np.uint8)


def _trace(writes: LayerWrites, cycles: int, traced: int) -> LayerTrace:
    return LayerTrace(
        name=writes.name,
        cycles=cycles,
        address=writes.addresses,
        data=np.ascontiguousarray(writes.codes).view(np.uint8)[:traced],
        place=writes.places,
        channels=writes.channels,
    )
