"""Readable hierarchy: one Verilog module per kind of component, however often it is used.

Amaranth writes a module for every *instance* of a component. A design of 64 equal cells would
become 64 equal modules, slow to read and to synthesize. :func:`place` adds a component to a
module in one of two ways, chosen by the platform:

- with an :class:`Emission` as platform, the component is written once as a Verilog module of its
  own, and each use is an ``Instance`` of that module;
- with any other platform (Amaranth's simulator has none), it is an ordinary submodule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

__all__ = ["Emission", "place"]

ComponentT = TypeVar("ComponentT", bound=wiring.Component)

_CLOCK_PORT = re.compile(r"^\s*wire width 1 input \d+\s+\\(clk|rst)$", re.MULTILINE)


class Emission:
    """Collects the kinds of component that a design is made of, each as RTLIL text.

    Attributes
    ----------
    modules : dict of str to str
        RTLIL of each kind by module name, parts before the whole.
    """

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self._clocked: dict[str, tuple[str, ...]] = {}
        self._signatures: dict[str, wiring.Signature] = {}

    def define(self, name: str, component: wiring.Component) -> None:
        """Write ``component`` as module ``name``; twice with one name and two signatures is an
        error."""
        if name in self.modules:
            if self._signatures[name] != component.signature:
                raise ValueError(f"Two kinds of component are named {name!r}")
            return
        text = rtlil.convert(component, name=name, platform=self, emit_src=False)
        own = text[text.rindex(f"module \\{name}\n") :]
        self._clocked[name] = tuple(dict.fromkeys(_CLOCK_PORT.findall(own)))
        self._signatures[name] = component.signature
        self.modules[name] = text

    def interface(self, kind: str, name: str) -> Any:
        """Fresh signals for the ports of module ``kind``, their names beginning with ``name``."""
        return self._signatures[kind].create(path=(name,))

    def instance(self, name: str, interface: Any) -> Instance:
        """An instance of module ``name`` whose ports are the members of ``interface``."""
        ports: dict[str, Any] = {}
        for path, member, value in self._signatures[name].flatten(interface):
            ports[f"{'i' if member.flow == In else 'o'}_{'__'.join(map(str, path))}"] = value
        for port in self._clocked[name]:
            ports[f"i_{port}"] = ClockSignal() if port == "clk" else ResetSignal()
        return Instance(name, **ports)


def place(
    m: Module, platform: Any, name: str, kind: str, make: Callable[[], ComponentT]
) -> ComponentT:
    """Add a component to ``m`` as submodule ``name`` and return what carries its ports.

    Parameters
    ----------
    m : Module
    platform : Emission or anything else
        The platform that ``elaborate`` was given.
    name : str
        Name of the submodule.
    kind : str
        Name of the Verilog module. Components of one kind must be equal in every parameter.
    make : callable
        Makes the component.

    Returns
    -------
    Component or its interface
        With the members of the component's signature.
    """
    if not isinstance(platform, Emission):
        component = make()
        setattr(m.submodules, name, component)
        return component
    if kind not in platform.modules:
        platform.define(kind, make())
    interface = platform.interface(kind, name)
    setattr(m.submodules, name, platform.instance(kind, interface))
    return interface
