"""The job that proves a planned accelerator right."""

from __future__ import annotations

import numpy as np

from hawx_hw import __version__
from hawx_hw.gateware.common.register_map import accelerator_registers
from hawx_hw.gateware.common.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START
from hawx_hw.gateware.emit import parameter_packet
from hawx_hw.gateware.systolic.core import core_signature
from hawx_hw.mapping.cycles import CycleReport, predict
from hawx_hw.mapping.plan import Plan
from hawx_hw.mapping.stores import Stores, layer_stores
from hawx_hw.quantize.reference import run, run_all
from hawx_hw.verification.job import SCENARIOS, Job, LayerTrace, register_table

__all__ = ["accelerator_job", "cycles_per_image"]


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
    architecture = plan.architecture
    registers = accelerator_registers(
        signature,
        rows=architecture.rows,
        columns=architecture.columns,
        config_hash=config_hash,
        version=__version__,
    )
    stores = layer_stores(plan, run_all(plan.graph, images[:traced]))
    layers = tuple(
        _trace(store, layer.total, operation.output_shape)
        for store, layer, operation in zip(stores, cycles.layers, plan.layers, strict=True)
    )
    return Job(
        name=plan.graph.name,
        images=_packets(images),
        results=_packets(run(plan.graph, images)),
        layers=layers,
        cycles=cycles_per_image(plan, cycles),
        registers=register_table(registers),
        parameters=parameter_packet(plan) if architecture.loadable else b"",
        seed=seed,
        scenarios=scenarios,
    )


def _packets(tensors: np.ndarray) -> np.ndarray:
    """``(images, C, H, W)`` or ``(images, N)`` codes as packets: the channels of a pixel together."""
    if tensors.ndim == 4:
        tensors = tensors.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(tensors).reshape(len(tensors), -1).view(np.uint8)


def _trace(stores: Stores, cycles: int, shape: tuple[int, int, int]) -> LayerTrace:
    rows, columns = np.divmod(stores.pixels, shape[2])
    return LayerTrace(
        name=stores.name,
        cycles=cycles,
        address=stores.addresses,
        data=np.ascontiguousarray(stores.codes).view(np.uint8),
        place=np.stack([stores.channels, rows, columns], axis=1).astype(np.int32),
        channels=shape[0],
    )
