"""Reasons to doubt that an imported circuit was read as its author intended."""

from __future__ import annotations

import numpy as np

from hawx_hw.blocks.user.imported import ImportedCircuit

__all__ = ["doubts"]


def doubts(circuit: ImportedCircuit) -> tuple[str, ...]:
    """Reasons to doubt that the products were read as the author intended."""
    error, other = (_mean_error(circuit, signed) for signed in (circuit.signed, not circuit.signed))
    if other >= error:
        return ()
    kinds = ("signed", "unsigned") if circuit.signed else ("unsigned", "signed")
    return (
        f"Read as {kinds[0]}, its mean absolute error is {error:.1f}, but {other:.1f} if it were "
        f"{kinds[1]}. If it is, import it again with --{kinds[1]} --replace.",
    )


def _mean_error(circuit: ImportedCircuit, signed: bool) -> float:
    """Mean absolute error if operands and product are read as ``signed`` or not."""

    def read(patterns: np.ndarray, bits: int) -> np.ndarray:
        patterns = patterns & ((1 << bits) - 1)
        return patterns - (patterns >> (bits - 1) << bits) if signed else patterns

    a, b = (
        read(np.arange(1 << port.width, dtype=np.int64), port.width)
        for port in (circuit.a, circuit.b)
    )
    products = read(circuit.table.astype(np.int64), circuit.product.width)
    return float(np.abs(products - a[:, None] * b).mean())
