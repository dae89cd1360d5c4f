"""Proves a planned accelerator right: the job made of its plan, the account of what was found."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw import __version__
from hawx_hw.architectures.systolic.cycles import CycleReport, predict
from hawx_hw.architectures.systolic.gateware.core import core_signature
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.write_trace import Stores, layer_stores
from hawx_hw.design.emission import parameter_packet
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.gateware.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START
from hawx_hw.graph.reference import run, run_all
from hawx_hw.verification.job import SCENARIOS, Job, LayerTrace, register_table
from hawx_hw.verification.run import Mismatch, verify

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["accelerator_job", "cycle_ledger", "cycles_per_image", "verify_accelerator"]


def cycles_per_image(plan: Plan, cycles: CycleReport) -> int:
    """Cycles from the first byte of an image accepted to the last byte of its result accepted.

    Both are counted, nothing stalls, and the accelerator is idle before.
    """
    signature = core_signature(plan)
    return (
        signature.image_layout.bytes
        + CYCLES_BEFORE_START
        + cycles.core
        + CYCLES_AFTER_DONE
        + signature.result_layout.bytes
    )


def cycle_ledger(plan: Plan) -> list[dict[str, Any]]:
    """Where the cycles of an image go: an entry a layer, and one for what lies before and after.

    The causes of an entry add up to its ``cycles``, and those to the cycles of an image.
    """
    cycles = predict(plan)
    entries: list[dict[str, Any]] = []
    for layer in cycles.layers:
        causes = asdict(layer)
        entries.append(
            {
                "name": causes.pop("name"),
                "cycles": causes.pop("total"),
                "macs": causes.pop("macs"),
                "causes": causes,
            }
        )
    around = cycles_per_image(plan, cycles) - cycles.core
    entries.append(
        {
            "name": "image in, result out",
            "cycles": around,
            "macs": 0,
            "causes": dict.fromkeys(entries[0]["causes"], 0) | {"other": around},
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
    macs, multipliers = plan.graph.macs, plan.array.multipliers
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
    if images.dtype != np.int8 or images.shape[1:] != plan.input_shape:
        raise ValueError(
            f"Images must be int8 of shape (images, *{plan.input_shape}), not {images.shape}"
        )
    signature = core_signature(plan)
    cycles = predict(plan)
    architecture = plan.array
    registers = accelerator_registers(
        signature,
        rows=architecture.rows,
        columns=architecture.columns,
        config_hash=config_hash,
        version=__version__,
    )
    stores = layer_stores(plan, run_all(plan.graph, images[:traced], plan.assignment))
    layers = tuple(
        _trace(store, layer.total, operation.output_shape[2])
        for store, layer, operation in zip(stores, cycles.layers, plan.layers, strict=True)
    )
    return Job(
        name=plan.graph.name,
        images=_packets(images),
        results=_packets(run(plan.graph, images, plan.assignment)),
        layers=layers,
        cycles=cycles_per_image(plan, cycles),
        registers=register_table(registers),
        parameters=parameter_packet(plan) if architecture.loadable else b"",
        seed=seed,
        scenarios=scenarios,
    )


def _packets(tensors: np.ndarray) -> np.ndarray:
    """``(images, C, H, W)`` or ``(images, N)`` codes as packets, a pixel's channels together."""
    if tensors.ndim == 4:
        tensors = tensors.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(tensors).reshape(len(tensors), -1).view(np.uint8)


def _trace(stores: Stores, cycles: int, width: int) -> LayerTrace:
    rows, columns = np.divmod(stores.pixels, width)
    return LayerTrace(
        name=stores.name,
        cycles=cycles,
        address=stores.addresses,
        data=np.ascontiguousarray(stores.codes).view(np.uint8),
        place=np.stack([rows, columns], axis=1).astype(np.int32),
        channels=stores.channels.astype(np.int32),
    )
