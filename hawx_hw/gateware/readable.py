"""Verilog of Yosys written as one would by hand: clocked blocks, assignments, functions, names.

Yosys writes the next value of each register as a combinational block of its own, with a number for
a name::

    always @* begin
      \\$4  = present;
      if (swap) begin
        \\$4  = following;
      end
    end
    always @(posedge clk)
      present <= \\$4 ;

Here that is ::

    always @(posedge clk)
      if (swap) present <= following;

A combinational block runs when something changes that it reads. What never does, such as a register
that stays as it began, would leave its result unknown in an event-driven simulator, so that Yosys
adds an event at time zero to every block. Here such a block is an assignment instead, which needs
no event: of conditional operators where these are few, otherwise of a function that holds the
block's statements. The hardware is the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hawx_hw.gateware.verilog_text import (
    Assign,
    Body,
    Case,
    Declaration,
    If,
    Item,
    Line,
    Part,
    Process,
    Register,
    assignments,
    changed,
    joined,
    names,
    parsed,
    reads,
    text_of,
    written,
)
from hawx_hw.gateware.wire_names import fresh, plain, with_fields, with_names, without_copies

__all__ = ["readable"]

# The event at time zero: a variable of the verilog_backend, and what makes it change.
_EVENT = re.compile(r"\\\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+")
_LABEL = re.compile(r"\d+'h[0-9a-f]+")
#: More values than these become a function.
_VALUES = 6
_WIDTH = 100


def readable(module: str, *, initial_values: bool = True) -> str:
    """One module as Yosys writes it, for readers; the hardware is the same.

    Parameters
    ----------
    module : str
    initial_values : bool
        Whether registers keep what they start from.

    Raises
    ------
    ValueError
        The text is none that Yosys writes.
    """
    header, items = parsed(without_copies(with_fields(module)))
    items = [item for item in items if not _is_event(item)]
    items = _assigned(_clocked(list(_single(items))))
    lines = [line for item in items for line in _lines(item)]
    if initial_values:
        lines += _initial(items)
    return with_names("\n".join([header, *lines, "endmodule\n"]))


def _initial(items: Sequence[Item]) -> list[str]:
    """What registers start from, in one block: Verilator warns of values where they are declared.

    A flip-flop that an FPGA's configuration sets needs no reset to begin.
    """
    values = [
        f"    {written(item.name)} = {item.init};"
        for item in items
        if isinstance(item, Declaration) and item.init is not None
    ]
    return ["  initial begin", *values, "  end"] if values else []


def _is_event(item: Item) -> bool:
    """Whether something belongs to the event at time zero."""
    if isinstance(item, Declaration):
        return _EVENT.fullmatch(item.name) is not None
    return isinstance(item, Line) and _EVENT.search(item.text) is not None


def _lines(item: Item) -> list[str]:
    match item:
        case Line(text):
            return [text]
        case Declaration():
            return [f"  {item.text()};"]
        case Register(clock, target, source):
            value = Assign((target,), written(source))
            return [f"  always @(posedge {clock})", f"    {value.text('<=')}"]
        case Process(body, clock):
            statements = text_of(body, "    ", "<=")
            if len(body) == 1:
                return [f"  always @(posedge {clock})", *statements]
            return [f"  always @(posedge {clock}) begin", *statements, "  end"]


def _single(items: Sequence[Item]) -> Iterator[Item]:
    """A block for each variable that a combinational block assigns."""
    for item in items:
        if not isinstance(item, Process):
            yield item
            continue
        for target in _targets(item.body):

            def own(each: Assign, target: str = target) -> Assign | None:
                return each if each.target[0].name == target else None

            yield Process(changed(item.body, own))


def _targets(body: Body) -> list[str]:
    """The variables that a block assigns, in order."""
    targets: dict[str, None] = {}
    for each in assignments(body):
        own = {part.name for part in each.target}
        if len(own) != 1:
            raise ValueError(f"{joined(each.target)!r} must be parts of one variable")
        targets |= dict.fromkeys(own)
    return list(targets)


def _clocked(items: list[Item]) -> list[Item]:
    """Next values that nothing but their registers read become the registers' own blocks."""
    uses = Counter(name for item in items for name in names(_text(item)))
    registers = {item.source: item for item in items if isinstance(item, Register)}
    blocks: dict[str, Process] = {}
    for item in items:
        if isinstance(item, Process):
            (target,) = _targets(item.body)
            # Declared, and read by the register.
            others = uses[target] - names(_text(item)).count(target)
            if target in registers and others == 2:
                blocks[target] = _own_block(item.body, registers[target])
    new: list[Item] = []
    for item in items:
        match item:
            case Register(source=source) if source in blocks:
                new.append(blocks[source])
            case Process(body) if _targets(body)[0] in blocks:
                pass
            case Declaration(name=name) if name in blocks:
                pass
            case _:
                new.append(item)
    return new


def _text(item: Item) -> str:
    """All names of an item, among others."""
    match item:
        case Line(text):
            return text
        case Declaration(name=name):
            return written(name)
        case Register(clock, target, source):
            return " ".join((clock, target.text(), source, ""))
        case Process(body):
            return "\n".join(text_of(body, "", "="))


def _own_block(body: Body, register: Register) -> Process:
    """The statements of a next value as those of its register, which holds otherwise."""
    place = register.target

    def part(own: Part) -> Part:
        if own.high is None:
            return place
        return Part(place.name, own.high + place.low, own.low + place.low)

    def moved(each: Assign) -> Assign:
        return Assign(tuple(map(part, each.target)), each.value)

    new = changed(body, moved)
    if isinstance(new[0], Assign) and joined(new[0].target).strip() == new[0].value.strip():
        new = new[1:]
    return Process(new, register.clock)


def _assigned(items: list[Item]) -> list[Item]:
    """Combinational blocks become assignments, and their variables wires."""
    blocks = [item for item in items if isinstance(item, Process) and item.clock is None]
    wires = {target for block in blocks for target in _targets(block.body)}
    declared = {item.name: item for item in items if isinstance(item, Declaration)}
    used = {name for item in items for name in names(_text(item))}
    new: list[Item] = []
    for item in items:
        match item:
            case Declaration(kind="reg", name=name) if name in wires:
                new.append(replace(item, kind="wire", init=None))
            case Process(body, None):
                new += map(Line, _assignment(body, declared, used))
            case _:
                new.append(item)
    return new


def _assignment(body: Body, declared: dict[str, Declaration], used: set[str]) -> list[str]:
    """A combinational block of one variable as lines that assign to it."""
    (target,) = _targets(body)
    first = body[0]
    if len(body) == 1 and isinstance(first, Assign):
        return [f"  assign {first.text('=')}"]
    value = _value(body, None)
    if value is not None and _count(value) <= _VALUES:
        return _operators(target, value)
    return _function(declared[target], body, declared, used)


@dataclass(frozen=True)
class _Choice:
    """``condition ? yes : no``."""

    condition: str
    yes: _Value
    no: _Value

    def text(self) -> str:
        if (self.yes, self.no) == ("1'h1", "1'h0"):
            return self.condition
        yes = f"({self.yes.text()})" if isinstance(self.yes, _Choice) else self.yes
        no = self.no.text() if isinstance(self.no, _Choice) else self.no
        return f"{self.condition} ? {yes} : {no}"


_Value = str | _Choice


def _count(value: _Value) -> int:
    return 1 if isinstance(value, str) else _count(value.yes) + _count(value.no)


def _value(body: Body, before: _Value | None) -> _Value | None:
    """What a variable has in the end; None where that is not one value of all of it."""
    for statement in body:
        match statement:
            case Assign((Part(high=None),), value):
                before = value
            case Assign():
                return None
            case If(branches, otherwise):
                before = _chosen(branches, otherwise, before)
            case Case(select, ((label, inner),)) if _LABEL.fullmatch(label):
                before = _chosen([(f"{select} == {label}", inner)], (), before)
            case Case():
                return None
    return before


def _chosen(
    branches: Sequence[tuple[str, Body]], otherwise: Body, before: _Value | None
) -> _Value | None:
    result = _value(otherwise, before)
    for condition, inner in reversed(branches):
        yes = _value(inner, before)
        if yes is None or result is None:
            return None
        result = yes if yes == result else _Choice(condition, yes, result)
    return result


def _operators(target: str, value: _Value) -> list[str]:
    """An assignment of conditional operators, one a line where they do not fit one."""
    head = f"  assign {written(target)} ="
    text = value.text() if isinstance(value, _Choice) else value
    if len(head) + len(text) + 2 <= _WIDTH:
        return [f"{head} {text};"]
    lines = [head]
    while isinstance(value, _Choice):
        yes = f"({value.yes.text()})" if isinstance(value.yes, _Choice) else value.yes
        lines.append(f"    {value.condition} ? {yes} :")
        value = value.no
    return [*lines, f"    {value};"]


def _function(
    own: Declaration, body: Body, declared: dict[str, Declaration], used: set[str]
) -> list[str]:
    """A function of the names that a block reads, and the assignment of its result.

    Where the block assigns some bits only, the function has a variable of all of them.
    """
    name = fresh(f"choose_{plain(own.name)}", used)
    bits = _bits(body, own.bits)
    whole = len(bits) == own.bits
    inside = name if whole else fresh(f"{name}_bits", used)

    def named(each: Assign) -> Assign:
        return Assign(tuple(replace(part, name=inside) for part in each.target), each.value)

    inputs = list(dict.fromkeys(reads(body)))
    width = f" [{len(bits) - 1}:0]" if len(bits) > 1 else ""
    lines = [f"  function{width} {name};"]
    lines += [f"    {declared[each].text('input')};" for each in inputs]
    if not whole:
        lines.append(f"    {replace(own, name=inside).text('reg')};")
    lines += ["    begin", *text_of(changed(body, named), "      ", "=")]
    if not whole:
        lines.append(f"      {name} = {joined(_parts(inside, bits))};")
    target = written(own.name) if whole else joined(_parts(own.name, bits))
    arguments = ", ".join(map(written, inputs))
    return [
        *lines,
        "    end",
        "  endfunction",
        f"  assign {target} = {name}({arguments});",
    ]


def _bits(body: Body, width: int) -> list[int]:
    """The bits that a block assigns, from the lowest one on."""
    bits: set[int] = set()
    for each in assignments(body):
        for part in each.target:
            bits |= set(range(width if part.high is None else part.high + 1)) - set(range(part.low))
    return sorted(bits)


def _parts(name: str, bits: Sequence[int]) -> list[Part]:
    """Bits as parts of a variable, from the highest one on."""
    runs: list[tuple[int, int]] = []
    for bit in bits:
        if runs and runs[-1][0] == bit - 1:
            runs[-1] = (bit, runs[-1][1])
        else:
            runs.append((bit, bit))
    return [Part(name, high, low) for high, low in reversed(runs)]
