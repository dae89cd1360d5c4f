"""A small network of real digits, emitted on tiny accelerators, for the driver in C."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hawx_hw import datasets
from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan as simt_plan
from hawx_hw.architectures.systolic.plan import plan as systolic_plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.datasets.dataset import Split
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.pixel_header import pixel_header
from hawx_hw.gateware.register_documents import c_header
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.graph.graph import Flatten, Graph, Linear, MaxPool2d, Requantization, Tensor

__all__ = ["classifier", "digits", "emit", "plan", "write_headers"]

_POOL = 4
_HASH = 0x600D600D


def digits() -> Split:
    """Test images of digits."""
    return datasets.load("digits").test


def classifier() -> Graph:
    """The class whose mean of the pooled training images is the most similar to the image."""
    train = datasets.load("digits").train
    pixels = train.images[:, 0].astype(int)
    count, height, width = pixels.shape
    small = (height // _POOL, width // _POOL)
    pooled = pixels.reshape(count, small[0], _POOL, small[1], _POOL).max(axis=(2, 4))
    means = np.stack([pooled[train.labels == c].mean(axis=0).ravel() for c in range(10)])
    weight = np.rint(means * 127 / 255).astype(np.int8)
    # -|mean|^2 / 2 in units of weight times pixel, and what codes of pixel - 128 leave out.
    bias = np.rint(-(means**2).sum(axis=1) / 2 * 127 / 255) + 128 * weight.sum(axis=1, dtype=int)
    requantization = Requantization(np.array([60000]), 27, -80)
    return Graph(
        "means",
        "image",
        (
            MaxPool2d("pool", ("image",), kernel=(_POOL, _POOL), stride=(_POOL, _POOL)),
            Flatten("flat", ("pool",)),
            Linear("fc", ("flat",), weight, bias.astype(np.int32), requantization),
        ),
        {
            "image": Tensor((1, height, width), 1 / 255, -128),
            "pool": Tensor((1, *small), 1 / 255, -128),
            "flat": Tensor((small[0] * small[1],), 1 / 255, -128),
            "fc": Tensor((10,), 1.0, -80),
        },
    )


def plan(architecture: str) -> Plan:
    """It on a 2 x 2 array whose parameters are loaded, or on two lanes."""
    if architecture == "systolic":
        return systolic_plan(classifier(), ArrayShape.complete(2, 2, loadable=True), None)
    return simt_plan(classifier(), SimtConfig.model_validate({"lanes": 2}), {})


def emit(on: Plan, folder: Path) -> None:
    """Emit it, as ``hawx emit`` does."""
    emit_accelerator(on, folder, config_hash=_HASH)


def write_headers(on: Plan, folder: Path) -> None:
    """The headers alone, which takes no time."""
    registers = accelerator_registers(
        on.signature(), constants=on.constants(), config_hash=_HASH, version="0.0.0"
    )
    (folder / "hawx_registers.h").write_text(c_header(registers))
    shape = on.graph.tensors[on.graph.input].shape
    (folder / "hawx_pixels.h").write_text(pixel_header(on.graph.pixels, shape))
