"""One module of the Verilog that Yosys writes, taken apart into declarations and blocks.

Only that text is read: one declaration, assignment, condition or label a line, as Amaranth's own
Yosys writes it. Verilog of others is parsed by slang.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

__all__ = [
    "Assign", "Body", "Case", "Declaration", "If", "Item", "Line", "Part", "Process", "Register",
    "assignments", "changed", "joined", "names", "parsed", "parts", "reads", "renamed", "text_of",
    "written",
]  # fmt: skip

_WIDTH = 100
_NAME = r"(?:\\\S+(?=\s)|[A-Za-z_]\w*)"
# Numbers and the system functions are no names, but hold letters.
_TOKEN = re.compile(rf"\d*'s?[bodhBODH][0-9a-fA-FxzXZ?_]+|\$\w+|({_NAME})")
_DECLARATION = re.compile(
    rf"  (input|output|wire|reg)( signed)?(?: \[(\d+):0\])? ({_NAME}) ?(?: = (\S+))?;"
)
_CLOCK = re.compile(rf"  always @\(posedge ({_NAME}) ?\)")
_REGISTER = re.compile(rf"    ({_NAME}(?: ?\[[\d:]+\])?) ? <= ({_NAME}) ?;")
_ASSIGN = re.compile(r"(.+?) += (.+);")
_PART = re.compile(rf"({_NAME})(?: ?\[(\d+)(?::(\d+))?\])?")
_IF, _ELSE_IF = re.compile(r"if \((.+)\) begin"), re.compile(r"end else if \((.+)\) begin")
_CASE, _LABEL = re.compile(r"casez \((.+)\)"), re.compile(r"(.+):")
_EMPTY = "/* empty */;"


@dataclass(frozen=True)
class Assign:
    """Parts of variables, from the highest on, that get a value, which is Verilog."""

    target: tuple[Part, ...]
    value: str

    def text(self, arrow: str) -> str:
        """``target = value;`` or ``target <= value;``."""
        return f"{joined(self.target)} {arrow} {self.value};"


@dataclass(frozen=True)
class If:
    """Conditions with what they do, the first that holds; then what is done otherwise."""

    branches: tuple[tuple[str, Body], ...]
    otherwise: Body


@dataclass(frozen=True)
class Case:
    """A ``casez``: labels (``default`` among them) with what they do."""

    select: str
    branches: tuple[tuple[str, Body], ...]


Statement = Assign | If | Case
Body = tuple[Statement, ...]


@dataclass(frozen=True)
class Declaration:
    """A port, a wire or a variable.

    Parameters
    ----------
    kind : str
        ``input``, ``output``, ``wire`` or ``reg``.
    signed : bool
    bits : int
    name : str
        An escaped name without the space that ends it.
    init : str or None
        What a variable starts from.
    """

    kind: str
    signed: bool
    bits: int
    name: str
    init: str | None = None

    def text(self, kind: str | None = None) -> str:
        """Up to the semicolon, without its initial value, as another kind if need be."""
        sign = " signed" if self.signed else ""
        width = f" [{self.bits - 1}:0]" if self.bits > 1 else ""
        return f"{kind or self.kind}{sign}{width} {written(self.name)}"


@dataclass(frozen=True)
class Register:
    """Flip-flops that take the variable ``source`` at every edge of a clock."""

    clock: str
    target: Part
    source: str


@dataclass(frozen=True)
class Process:
    """A combinational block, or what follows the edge of ``clock``."""

    body: Body
    clock: str | None = None


@dataclass(frozen=True)
class Line:
    """Anything else, word by word."""

    text: str


Item = Declaration | Register | Process | Line


def names(text: str) -> list[str]:
    """The names in Verilog, in order; escaped ones without the space that ends them."""
    return [match[1] for match in _TOKEN.finditer(text) if match[1]]


def written(name: str) -> str:
    """A name as it stands before anything else: an escaped one ends with a space."""
    return f"{name} " if name.startswith("\\") else name


def renamed(text: str, new: Callable[[str], str]) -> str:
    """Verilog with other names.

    The space that ends an escaped name goes where the new name needs none.
    """

    def replaced(match: re.Match[str]) -> str:
        if not match[1]:
            return match[0]
        name = new(match[1])
        space = match[2] if name.startswith("\\") or not match[1].startswith("\\") else match[2][1:]
        return name + space

    return re.sub(rf"(?:{_TOKEN.pattern})( *)", replaced, text)


@dataclass(frozen=True)
class Part:
    """All of a variable, where there are no numbers, or some of its bits."""

    name: str
    high: int | None = None
    low: int = 0

    def text(self) -> str:
        """As Verilog; an escaped name ends with its space."""
        if self.high is None:
            return written(self.name)
        bits = f"{self.high}:{self.low}" if self.high > self.low else f"{self.low}"
        return f"{written(self.name)}[{bits}]"


def parts(target: str) -> list[Part]:
    """What is assigned to: a name, or a concatenation of parts, from the highest on."""
    return [
        Part(match[1], int(match[2]), int(match[3] or match[2])) if match[2] else Part(match[1])
        for match in _PART.finditer(f"{target} ")
    ]


def joined(target: Sequence[Part]) -> str:
    """Parts as Verilog: one by itself, several as a concatenation."""
    texts = [part.text() for part in target]
    return texts[0] if len(texts) == 1 else "{ " + ", ".join(texts) + " }"


def parsed(module: str) -> tuple[str, list[Item]]:
    """The line with the ports, and what follows up to ``endmodule``."""
    lines = module.splitlines()
    if lines[-1] != "endmodule":
        raise ValueError("A module must end with endmodule")
    return lines[0], list(_items(lines[1:-1]))


def _items(lines: list[str]) -> Iterator[Item]:
    at = 0
    while at < len(lines):
        line = lines[at]
        clock = _CLOCK.fullmatch(line)
        if clock and (match := _REGISTER.fullmatch(lines[at + 1])):
            yield Register(clock[1], parts(match[1])[0], match[2])
            at += 2
        elif line == "  always @* begin":
            end = lines.index("  end", at)
            yield Process(_body([text.strip() for text in lines[at + 1 : end]]))
            at = end + 1
        elif line == "  always @*":
            yield Process(_body([lines[at + 1].strip()]))
            at += 2
        elif match := _DECLARATION.fullmatch(line):
            bits = int(match[3]) + 1 if match[3] else 1
            yield Declaration(match[1], match[2] is not None, bits, match[4], match[5])
            at += 1
        else:
            yield Line(line)
            at += 1


def _body(lines: list[str]) -> Body:
    at, body = _statements(lines, 0, ())
    if at != len(lines):
        raise ValueError(f"{lines[at]!r} is no statement that Yosys writes")
    return body


def _statements(lines: list[str], at: int, ends: tuple[str, ...]) -> tuple[int, Body]:
    """Statements up to a line that begins with one of ``ends``."""
    body: Body = ()
    while at < len(lines) and not lines[at].startswith(ends or "\n"):
        at, own = _statement(lines, at)
        body += own
    return at, body


def _statement(lines: list[str], at: int) -> tuple[int, Body]:
    """The statement that begins at a line: none, one, or those of a group."""
    line = lines[at]
    if line == _EMPTY or line.endswith(") begin end"):
        return at + 1, ()
    if line == "begin":
        at, body = _statements(lines, at + 1, ("end",))
        return at + 1, body
    if match := _IF.fullmatch(line):
        return _if(lines, at, match[1])
    if match := _CASE.fullmatch(line):
        return _case(lines, at, match[1])
    if match := _ASSIGN.fullmatch(line):
        target = tuple(parts(match[1]))
        # A field of no bits is assigned as an empty concatenation.
        return at + 1, (Assign(target, match[2]),) if target else ()
    raise ValueError(f"{line!r} is no statement that Yosys writes")


def _if(lines: list[str], at: int, condition: str) -> tuple[int, Body]:
    branches: list[tuple[str, Body]] = []
    while True:
        at, body = _statements(lines, at + 1, ("end",))
        branches.append((condition, body))
        match = _ELSE_IF.fullmatch(lines[at])
        if match is None:
            break
        condition = match[1]
    otherwise: Body = ()
    if lines[at] == "end else begin":
        at, otherwise = _statements(lines, at + 1, ("end",))
    return at + 1, (If(tuple(branches), otherwise),)


def _case(lines: list[str], at: int, select: str) -> tuple[int, Body]:
    branches: list[tuple[str, Body]] = []
    at += 1
    while lines[at] != "endcase":
        match = _LABEL.fullmatch(lines[at])
        if match is None:
            raise ValueError(f"{lines[at]!r} is no label that Yosys writes")
        at, body = _statement(lines, at + 1)
        branches.append((match[1], body))
    return at + 1, (Case(select, tuple(branches)),)


def text_of(body: Body, indent: str, arrow: str) -> list[str]:
    """The lines of statements; ``arrow`` is ``=`` or ``<=``."""
    lines: list[str] = []
    for statement in body:
        match statement:
            case Assign():
                lines.append(indent + statement.text(arrow))
            case If(branches, otherwise):
                word = "if"
                for condition, inner in branches:
                    lines += _controlled(f"{indent}{word} ({condition})", inner, indent, arrow)
                    word = "else if"
                if otherwise:
                    lines += _controlled(f"{indent}else", otherwise, indent, arrow)
            case Case(select, branches):
                lines.append(f"{indent}casez ({select})")
                for label, inner in branches:
                    lines += _controlled(f"{indent}  {label}:", inner, f"{indent}  ", arrow)
                lines.append(f"{indent}endcase")
    return lines


def _controlled(head: str, body: Body, indent: str, arrow: str) -> list[str]:
    """What a condition or a label controls: on its line where it is one short assignment."""
    if not body:
        return [f"{head} ;"]
    if len(body) == 1 and isinstance(body[0], Assign):
        (line,) = text_of(body, "", arrow)
        if len(head) + 1 + len(line) <= _WIDTH:
            return [f"{head} {line}"]
        return [head, f"{indent}  {line}"]
    return [f"{head} begin", *text_of(body, f"{indent}  ", arrow), f"{indent}end"]


def assignments(body: Body) -> Iterator[Assign]:
    """All assignments of a block, in order."""
    for statement in body:
        match statement:
            case Assign():
                yield statement
            case If(branches, otherwise):
                for _, inner in branches:
                    yield from assignments(inner)
                yield from assignments(otherwise)
            case Case(_, branches):
                for _, inner in branches:
                    yield from assignments(inner)


def reads(body: Body) -> Iterator[str]:
    """The names that a block reads, in order, each as often as it does."""
    for statement in body:
        match statement:
            case Assign(_, value):
                yield from names(value)
            case If(branches, otherwise):
                for condition, inner in branches:
                    yield from names(condition)
                    yield from reads(inner)
                yield from reads(otherwise)
            case Case(select, branches):
                yield from names(select)
                for _, inner in branches:
                    yield from reads(inner)


def changed(body: Body, change: Callable[[Assign], Assign | None]) -> Body:
    """The block with other assignments, or without; what decides on none of them goes, too."""
    new: list[Statement] = []
    for statement in body:
        match statement:
            case Assign():
                other = change(statement)
                if other is not None:
                    new.append(other)
            case If(branches, otherwise):
                inner = tuple((condition, changed(each, change)) for condition, each in branches)
                rest = changed(otherwise, change)
                if rest or any(each for _, each in inner):
                    new.append(If(inner, rest))
            case Case(select, branches):
                inner = tuple((label, changed(each, change)) for label, each in branches)
                if any(each for _, each in inner):
                    new.append(Case(select, inner))
    return tuple(new)
