"""Connects the members of the same names of two interfaces that differ in others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring

__all__ = ["connect_members"]


class _Members:
    """Some members of an interface, as an interface of their own."""

    def __init__(self, interface: Any, names: Sequence[str]):
        self.signature = wiring.Signature(
            {name: interface.signature.members[name] for name in names}
        )
        for name in names:
            setattr(self, name, getattr(interface, name))


def connect_members(m: Module, first: Any, second: Any, names: Sequence[str]) -> None:
    """Connect members of two interfaces, each output to the input of the same name.

    Parameters
    ----------
    m : Module
    first, second : interfaces
        As ``amaranth.lib.wiring.connect`` takes them.
    names : sequence of str
        Members that both have.

    Raises
    ------
    SignatureError or ConnectionError
        A member is missing, or two of one name do not match.
    """
    wiring.connect(m, _Members(first, names), _Members(second, names))
