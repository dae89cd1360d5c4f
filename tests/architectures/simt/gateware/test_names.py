"""Modules of a unit have names of their own."""

from __future__ import annotations

from hawx_hw.architectures.simt.gateware import names
from hawx_hw.util.macros import MACROS


def test_names() -> None:
    values = [getattr(names, name) for name in names.__all__]
    assert len(set(values)) == len(values)
    assert all(value.startswith("hawx_") for value in values)
    assert not set(values) & set(MACROS)
