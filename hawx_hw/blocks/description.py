"""The description of a block for users and tools."""

from __future__ import annotations

from typing import Any

import numpy as np

from hawx_hw.blocks.block import CODES, Block
from hawx_hw.blocks.catalogue import other_names
from hawx_hw.blocks.evoapprox import circuit_of
from hawx_hw.blocks.members import equal_within_codes
from hawx_hw.blocks.rank import integer_rank
from hawx_hw.blocks.statistics import ErrorMoments, statistics, statistics_of
from hawx_hw.blocks.user.imported import ImportedBlock, ImportedCircuit

__all__ = ["describe"]


def describe(block: Block, moments: ErrorMoments | None = None) -> dict[str, Any]:
    """Describe ``block``, for JSON: names, statistics, ranks, factors, codes, gateware.

    Parameters
    ----------
    block : Block
    moments : ErrorMoments or None
        Included in the description where given.
    """
    factors, published = block.factors(), circuit_of(block)
    content: dict[str, Any] = {
        "name": block.name,
        "digest": block.digest,
        "also": list(other_names(block)),
        "also_within_codes": [other.name for other in equal_within_codes(block)],
        "statistics": statistics(block).as_dict(),
        "statistics_over": _operands(block),
        "rank": integer_rank(block.table),
        "error_rank": integer_rank(block.table - CODES[:, None] * CODES),
        "factors": None
        if factors is None
        else {
            "terms": int(factors[0].shape[1]),
            "weights": _range(factors[0]),
            "activations": _range(factors[1]),
        },
        "weights": [block.weights[0], block.weights[-1]],
        "activations": [block.activations[0], block.activations[-1]],
        "weight_step": block.weight_step,
        "activation_step": block.activation_step,
        "activation_offset": block.activation_offset,
        "product_bits": block.product_bits,
        "implementations": list(block.implementations),
    }
    if isinstance(block, ImportedBlock) and not block.circuit.a_signed:
        content |= _circuit(block.circuit)
    if published is not None:
        content["published"] = {
            "process": "45 nm",
            "power_mw": published.power_mw,
            "area_um2": published.area_um2,
            "delay_ns": published.delay_ns,
        }
    if moments is not None:
        content["on_histograms"] = {"mean_error": moments.mean_error, "variance": moments.variance}
    return content


def _range(factors: np.ndarray) -> list[int]:
    """The least and the greatest factor; [0, 0] where a table of zeros needs none."""
    return [int(factors.min()), int(factors.max())] if factors.size else [0, 0]


def _operands(block: Block) -> dict[str, Any]:
    """What the statistics are over: the hardware's operands, in its own numbers."""
    offset = block.activation_offset
    return {
        "weights": [block.weights[0], block.weights[-1]],
        "activations": [block.activations[0] + offset, block.activations[-1] + offset],
        "pairs": len(block.weights) * len(block.activations),
    }


def _circuit(circuit: ImportedCircuit) -> dict[str, Any]:
    """Statistics of a circuit of unsigned weights over all its own operands.

    They differ from those of the block, which takes weights by their magnitude, of 0 to 128, and
    most magnitudes twice.
    """
    a, b = ([int(values.min()), int(values.max())] for values in circuit.operands())
    return {
        "circuit_statistics": statistics_of(circuit.table, circuit.exact()).as_dict(),
        "circuit_statistics_over": {"a": a, "b": b, "pairs": circuit.table.size},
    }
