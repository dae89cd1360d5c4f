"""What of a design is laid out: a multiplier cell, four of them as they stand in it, a block, any
module.

A part is a netlist of its own with the same cells as in the whole design: nothing is synthesized
anew for it, so that areas agree. A *unit* is a module that holds a block: a PE, or a lane.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hawx_hw.netlist.netlist import Instance, Module, Netlist

__all__ = ["BLOCK_PREFIX", "Part", "array_part", "block_parts", "module_part", "unit_part", "units"]

#: Modules of blocks begin with it.
BLOCK_PREFIX = "hawx_block_"
#: Units in an array: two by two, or as many in a line.
_SIDE = 2


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a design.

    Parameters
    ----------
    name : str
        Letters, digits and underscores, beginning with a letter.
    title : str
        For people.
    netlist : Netlist
    """

    name: str
    title: str
    netlist: Netlist


def units(netlist: Netlist) -> Counter[str]:
    """How often the design holds each kind of unit."""
    return Counter(
        {
            name: netlist.uses[name]
            for name in netlist.order
            if any(each.kind.startswith(BLOCK_PREFIX) for each in netlist.modules[name].instances)
        }
    )


def module_part(netlist: Netlist, name: str) -> Part:
    """A module with what it holds.

    Raises
    ------
    ValueError
        The design has no such module, or it holds no cell.
    """
    if name not in netlist.order:
        raise ValueError(f"module must be one of {', '.join(netlist.order)}, not {name!r}")
    part = Netlist(name, netlist.modules, netlist.library)
    if not part.report().cells:
        raise ValueError(f"module must hold cells; {name!r} holds none")
    return Part(_plain(name.removeprefix("hawx_")), name, part)


def unit_part(netlist: Netlist) -> Part:
    """The kind of unit that the design holds most of; the largest one of several.

    Raises
    ------
    ValueError
        The design has none.
    """
    kinds = units(netlist)
    if not kinds:
        raise ValueError("a design must hold blocks to have units")
    areas = {name: Netlist(name, netlist.modules, netlist.library).report().area for name in kinds}
    return module_part(netlist, max(sorted(kinds), key=lambda name: (kinds[name], areas[name])))


def block_parts(netlist: Netlist) -> list[Part]:
    """Every kind of block that the design holds and that takes cells, by name."""
    blocks = [name for name in sorted(netlist.order) if name.startswith(BLOCK_PREFIX)]
    return [
        module_part(netlist, name)
        for name in blocks
        if Netlist(name, netlist.modules, netlist.library).report().cells
    ]


def array_part(netlist: Netlist) -> Part:
    """Two by two PEs, or four lanes, wired as in the module that holds them.

    It is cut out of the module with the most units. Nets that lead out of it, or come in, are its
    ports.

    Raises
    ------
    ValueError
        No module holds as many units.
    """
    kinds = units(netlist)

    def units_in(name: str) -> list[Instance]:
        return [each for each in netlist.modules[name].instances if each.kind in kinds]

    parents = sorted(netlist.order, key=lambda name: (-len(units_in(name)), name))
    chosen = _corner(units_in(parents[0])) if parents else []
    if len(chosen) < _SIDE * _SIDE:
        raise ValueError(f"a module must hold {_SIDE * _SIDE} units for an array")
    inside = {each.name for each in chosen}
    parent = netlist.modules[parents[0]]
    outside = [
        *(net for _, nets in parent.ports.values() for net in nets),
        *(
            net
            for each in parent.instances
            if each.name not in inside
            for nets in each.pins.values()
            for net in nets
        ),
    ]
    name = "array"
    modules = {**netlist.modules, name: _cut(name, chosen, set(outside), netlist)}
    listed = ", ".join(each.name for each in chosen)
    return Part(name, f"{listed} of {parent.name}", Netlist(name, modules, netlist.library))


def _corner(instances: Sequence[Instance]) -> list[Instance]:
    """Those with numbers 0 and 1 where names end in two numbers each, else the first four."""
    numbered = sorted((_numbers(each.name), each.name, each) for each in instances)
    if all(len(numbers) >= _SIDE for numbers, _, _ in numbered):
        return [each for numbers, _, each in numbered if all(n < _SIDE for n in numbers[-2:])]
    return [each for _, _, each in numbered[: _SIDE * _SIDE]]


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(text) for text in re.findall(r"(?<=_)\d+", name))


def _cut(
    name: str, instances: Sequence[Instance], outside: set[int | str], netlist: Netlist
) -> Module:
    """A module of some instances of another one; of nets that are not driven each is an input."""
    ports: dict[str, tuple[str, list[int | str]]] = {}
    placed: set[int | str] = set()
    driven = {net for _, _, net, output in _bits(instances, netlist) if output}
    for instance, pin, net, output in _bits(instances, netlist):
        if isinstance(net, str) or net in placed or output != (net in driven):
            continue
        if net in outside or not output:
            placed.add(net)
            direction = "output" if output else "input"
            _, nets = ports.setdefault(f"{instance}_{pin}", (direction, []))
            nets.append(net)
    return Module(name, ports, list(instances))


def _bits(
    instances: Iterable[Instance], netlist: Netlist
) -> Iterable[tuple[str, str, int | str, bool]]:
    """Instance, pin, net and whether the instance drives it, of each bit."""
    for each in instances:
        for pin, nets in each.pins.items():
            output = netlist.modules[each.kind].ports[pin][0] == "output"
            for net in nets:
                yield each.name, pin, net, output


def _plain(name: str) -> str:
    """A name that is one in every tool."""
    plain = re.sub(r"\W+", "_", name)
    return plain if plain[:1].isalpha() else f"m_{plain}"
