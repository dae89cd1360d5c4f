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
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, TypeVar

import numpy as np
from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Value, ValueCastable
from amaranth.lib import wiring
from amaranth.lib.wiring import In

__all__ = ["Emission", "place"]

ComponentT = TypeVar("ComponentT", bound=wiring.Component)

#: How objects compare whose class does not define it.
_IDENTITY: Any = object.__eq__
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
        self._components: dict[str, wiring.Component] = {}

    def define(self, name: str, component: wiring.Component) -> None:
        """Write ``component`` as module ``name``, unless one like it is written already.

        Raises
        ------
        ValueError
            Another component of that name differs in its type, its signature or its parameters:
            what its constructor has made attributes of.
        """
        if name in self.modules:
            # It is not elaborated: Amaranth warns of components that nothing has used.
            component._MustUse__used = True
            if not _alike(self._components[name], component):
                raise ValueError(f"Two kinds of component are named {name!r}")
            return
        text = rtlil.convert(component, name=name, platform=self, emit_src=False)
        own = text[text.rindex(f"module \\{name}\n") :]
        self._clocked[name] = tuple(dict.fromkeys(_CLOCK_PORT.findall(own)))
        self._components[name] = component
        self.modules[name] = text

    def interface(self, kind: str, name: str) -> Any:
        """Fresh signals for the ports of module ``kind``, their names beginning with ``name``."""
        return self._components[kind].signature.create(path=(name,))

    def instance(self, name: str, interface: Any) -> Instance:
        """An instance of module ``name`` whose ports are the members of ``interface``."""
        ports: dict[str, Any] = {}
        for path, member, value in self._components[name].signature.flatten(interface):
            if not len(Value.cast(value)):
                continue  # Verilog has no such ports
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
        Makes the component; called for every use, so that all of a kind can be compared.

    Returns
    -------
    Component or its interface
        With the members of the component's signature.

    Raises
    ------
    ValueError
        Two different components are of one kind; see :meth:`Emission.define`.
    """
    if not isinstance(platform, Emission):
        component = make()
        setattr(m.submodules, name, component)
        return component
    platform.define(kind, make())
    interface = platform.interface(kind, name)
    setattr(m.submodules, name, platform.instance(kind, interface))
    return interface


def _alike(first: Any, second: Any) -> bool:
    """Whether two components, or two of their parameters, make the same hardware.

    Parameters whose class does not define equality are compared by their attributes, and functions
    by their code and what they close over. Signals are part of the component, no parameters.
    """
    if first is second:
        return True
    if isinstance(first, type) or isinstance(second, type):
        return _name(first) == _name(second)
    if type(first) is not type(second) and not (
        # A class that a function defines is another one each time.
        _name(type(first)) == _name(type(second))
        and _alike(_functions(type(first)), _functions(type(second)))
    ):
        return False
    if isinstance(first, wiring.Component) and _ports(first) != _ports(second):
        return False
    if isinstance(first, Value | ValueCastable | wiring.PureInterface):
        return True
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second)
    if isinstance(first, Mapping):
        return first.keys() == second.keys() and all(
            _alike(value, second[key]) for key, value in first.items()
        )
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(_alike, first, second))
    if isinstance(first, FunctionType):
        return first.__code__ == second.__code__ and _alike(_enclosed(first), _enclosed(second))
    if type(first).__eq__ is _IDENTITY and hasattr(first, "__dict__"):
        return _alike(_attributes(first), _attributes(second))
    return bool(first == second)


def _name(kind: Any) -> tuple[str | None, str | None]:
    return getattr(kind, "__module__", None), getattr(kind, "__qualname__", None)


def _functions(kind: type) -> dict[str, FunctionType]:
    return {name: value for name, value in vars(kind).items() if isinstance(value, FunctionType)}


def _ports(component: wiring.Component) -> list[tuple[Any, ...]]:
    """Path, direction, shape and initial value of each port.

    Amaranth compares signatures of a class of their own by identity.
    """
    return [
        (path, member.flow, member.shape, member.init, member.dimensions)
        for path, member in component.signature.members.flatten()
        if member.is_port
    ]


def _attributes(parameter: Any) -> dict[str, Any]:
    """The attributes, without Amaranth's own and the ports."""
    ports = parameter.signature.members if isinstance(parameter, wiring.Component) else ()
    return {
        name: value
        for name, value in vars(parameter).items()
        if name not in ports and not name.startswith(("_MustUse__", "_Component__"))
    }


def _enclosed(function: FunctionType) -> list[Any]:
    """What a function closes over, and its defaults."""
    cells = function.__closure__ or ()
    return [*(cell.cell_contents for cell in cells), function.__defaults__, function.__kwdefaults__]
