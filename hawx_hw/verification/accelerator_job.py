"""Proves a planned accelerator right: the job made of its plan, the account of what was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw import __version__
from hawx_hw.architectures.base import LayerWrites, Plan
from hawx_hw.design.emission import plan_packet
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.gateware.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START
from hawx_hw.graph.reference import run, run_all
from hawx_hw.verification.job import SCENARIOS, Job, LayerTrace, register_table
from hawx_hw.verification.run import Mismatch, verify

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["accelerator_job", "cycle_ledger", "cycles_per_image", "verify_accelerator"]


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


def cycle_ledger(plan: Plan) -> list[dict[str, Any]]:
    """Where the cycles of an image go: an entry a layer, and one for what lies before and after.

    The causes of an entry add up to its ``cycles``, and those to the cycles of an image.
    """
    cycles = plan.cycles()
    entries: list[dict[str, Any]] = [
        {
            "name": layer.name,
            "cycles": layer.total,
            "macs": layer.macs,
            "causes": dict(layer.causes),
        }
        for layer in cycles.layers
    ]
    around = cycles_per_image(plan) - cycles.core
    entries.append(
        {
            "name": "image in, result out",
            "cycles": around,
            "macs": 0,
            "causes": dict.fromkeys(cycles.causes, 0) | {"other": around},
        }
    )
    return entries


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
    scenarios: tuple[str, ...] = SCENARIOS,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Simulate the emitted accelerator of ``plan`` on ``images``; see :func:`.run.verify`.

    Returns
    -------
    dict
        What :func:`.run.verify` returns, and ``macs``, ``multipliers``, ``utilization`` (part of
        all multiplier-cycles of an image in which a product of the network is computed) and
        ``ledger``.

    Raises
    ------
    UserError, Mismatch, VerificationError
        As :func:`.run.verify`; the report of a ``Mismatch`` has the same entries.
    """
    job = accelerator_job(
        plan, images, config_hash=config_hash, traced=traced, seed=seed, scenarios=scenarios
    )
    macs, multipliers = plan.graph.macs, plan.multipliers
    account = {
        "macs": macs,
        "multipliers": multipliers,
        "utilization": macs / (multipliers * job.cycles),
        "ledger": cycle_ledger(plan),
    }
    try:
        return (
            verify(directory, job, workdir=workdir, simulator=simulator, progress=progress)
            | account
        )
    except Mismatch as mismatch:
        raise Mismatch(str(mismatch), mismatch.report | account) from None


def accelerator_job(
    plan: Plan,
    images: np.ndarray,
    *,
    config_hash: int,
    traced: int = 2,
    seed: int = 0,
    scenarios: tuple[str, ...] = SCENARIOS,
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
        For so many images every store of every layer is compared.
    seed : int
        Of everything that is drawn.
    scenarios : tuple of str
        What to run.
    """
    shape = plan.graph.tensors[plan.graph.input].shape
    if images.dtype != np.int8 or images.shape[1:] != shape:
        raise ValueError(f"Images must be int8 of shape (images, *{shape}), not {images.shape}")
    registers = accelerator_registers(
        plan.signature(),
        constants=plan.constants(),
        config_hash=config_hash,
        version=__version__,
    )
    writes = plan.write_trace(run_all(plan.graph, images[:traced], plan.assignment))
    layers = tuple(
        _trace(each, layer.total) for each, layer in zip(writes, plan.cycles().layers, strict=True)
    )
    return Job(
        name=plan.graph.name,
        images=_packets(images),
        results=_packets(run(plan.graph, images, plan.assignment)),
        layers=layers,
        cycles=cycles_per_image(plan),
        registers=register_table(registers),
        parameters=plan_packet(plan) if plan.loadable else b"",
        seed=seed,
        scenarios=scenarios,
    )


def _packets(tensors: np.ndarray) -> np.ndarray:
    """``(images, C, H, W)`` or ``(images, N)`` codes as packets, a pixel's channels together."""
    if tensors.ndim == 4:
        tensors = tensors.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(tensors).reshape(len(tensors), -1).view(np.uint8)


def _trace(writes: LayerWrites, cycles: int) -> LayerTrace:
    return LayerTrace(
        name=writes.name,
        cycles=cycles,
        address=writes.addresses,
        data=np.ascontiguousarray(writes.codes).view(np.uint8),
        place=writes.places,
        channels=writes.channels,
    )
