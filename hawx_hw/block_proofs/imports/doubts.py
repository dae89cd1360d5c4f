"""Reasons to doubt that an imported circuit was read as its author intended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.blocks.user.imported import ImportedCircuit, read_codes

__all__ = ["doubts"]

#: Ways to read the operands, and the flags that ask for them: the plain ones first.
_READINGS = {
    (True, True): ("signed", "--signed"),
    (False, False): ("unsigned", "--unsigned"),
    (True, False): ("signed by unsigned", "--a-signed --b-unsigned"),
    (False, True): ("unsigned by signed", "--a-unsigned --b-signed"),
}


def doubts(circuit: ImportedCircuit) -> tuple[str, ...]:
    """Reasons to doubt that the products were read as the author intended."""
    errors = {reading: _mean_error(circuit, *reading) for reading in _READINGS}
    own = circuit.a_signed, circuit.b_signed
    best = min(errors, key=lambda reading: errors[reading])
    if errors[best] >= errors[own]:
        return ()
    kind, flags = _READINGS[best]
    return (
        f"Read as {_READINGS[own][0]}, its mean absolute error is {errors[own]:.1f}, but "
        f"{errors[best]:.1f} if it were {kind}. If it is, import it again with {flags} --replace.",
    )


def _mean_error(circuit: ImportedCircuit, a_signed: bool, b_signed: bool) -> float:
    """Mean absolute error if the operands, and with them the product, are read so."""
    other = replace(circuit, a_signed=a_signed, b_signed=b_signed)
    products = read_codes(circuit.table, circuit.product.width, a_signed or b_signed)
    return float(np.abs(products - other.exact()).mean())
