"""Verilog taken apart into modules that can be synthesized each by itself.

The text is parsed by slang: where a module begins and ends, which modules it holds, which ports it
has. That holds for what this project wrote as for Verilog of users: the text that is synthesized is
the only description of a design, so nothing that is kept beside it can contradict it. What goes
beyond single modules is refused, so that the design is synthesized as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hawx_hw.util.macros import MACROS
from hawx_hw.util.quoting import verilog_name

if TYPE_CHECKING:
    from pyslang.syntax import ModuleDeclarationSyntax, SyntaxNode

__all__ = ["NEUTRAL", "Part", "read_parts"]

#: Stands for the name of a module in its own text.
NEUTRAL = "hawx_module"
#: Words such as ``bit`` and ``logic`` are names in Verilog, which is what Yosys reads.
_VERILOG = b'`begin_keywords "1364-2005"\n'
#: Members of a module that reach beyond it.
_BEYOND = ("DefParam", "BindDirective", "ModuleDeclaration", "InterfaceDeclaration",
           "ProgramDeclaration", "PackageImportDeclaration")  # fmt: skip
_GENERATED = ("GenerateRegion", "GenerateBlock", "LoopGenerate", "IfGenerate", "CaseGenerate")


@dataclass(frozen=True)
class Part:
    """One module.

    Parameters
    ----------
    name : str
    text : str
        Its Verilog; the whole file of a memory macro.
    neutral : str
        Its Verilog with :data:`NEUTRAL` for its own name and numbered names for the files that its
        read-only memories start from, so that modules that differ in nothing else are one.
    files : tuple of str
        The names that those numbers stand for, as Verilog strings.
    source : str
        Name of its file.
    line : int
        The line of that file, counted from 0, on which its text begins.
    declaration : str or None
        Its name and ports as an empty module; None where a port's range is not of numbers.
    uses : tuple of str
        The modules that it holds, each once, in order of appearance.
    specialized : frozenset of str
        Those of ``uses`` that it gives parameters to.
    macro : bool
        A memory macro.
    """

    name: str
    text: str
    neutral: str
    files: tuple[str, ...]
    source: str
    line: int
    declaration: str | None
    uses: tuple[str, ...]
    specialized: frozenset[str]
    macro: bool


@dataclass(frozen=True)
class _Source:
    """A file as bytes, which is how slang counts places, with its modules."""

    name: str
    text: bytes
    modules: list[ModuleDeclarationSyntax]
    _owner: object  # slang's manager and tree, which the modules are parts of

    def place(self, offset: int) -> int:
        """A place in the text, from one that slang gives."""
        return offset - len(_VERILOG)


def read_parts(sources: Mapping[str, str]) -> dict[str, Part] | None:
    """The modules of Verilog files, by name.

    Parameters
    ----------
    sources : mapping of str to str
        Text of each file by its name.

    Returns
    -------
    dict or None
        None where the files hold errors or what goes beyond single modules: compiler directives,
        parameters set from afar, packages, a module twice.
    """
    files = [_parsed(name, text) for name, text in sources.items()]
    if any(file is None for file in files):
        return None
    modules = [(file, module) for file in files if file is not None for module in file.modules]
    names = {module.header.name.valueText for _, module in modules}
    if len(names) != len(modules):
        return None
    parts = {}
    for file, module in modules:
        part = _part(file, module, names)
        if part is None:
            return None
        parts[part.name] = part
    return parts


def _parsed(name: str, text: str) -> _Source | None:
    """A file; None where it holds an error, a directive, or other things than modules."""
    from pyslang import SourceManager
    from pyslang.syntax import SyntaxTree

    manager = SourceManager()
    tree = SyntaxTree.fromFileInMemory(_VERILOG.decode() + text, manager)
    root: Any = tree.root
    modules = list(root.members)
    if any(member.kind.name != "ModuleDeclaration" for member in modules):
        return None
    macro = len(modules) == 1 and modules[0].header.name.valueText in MACROS
    if not macro and ("`" in text or any(diagnostic.isError() for diagnostic in tree.diagnostics)):
        return None
    return _Source(name, text.encode(), modules, (manager, tree))


def _part(file: _Source, module: ModuleDeclarationSyntax, names: set[str]) -> Part | None:
    """One module of a file; None where it reaches beyond itself."""
    name = module.header.name.valueText
    if name in MACROS:
        whole = file.text.decode()
        return Part(name, whole, whole, (), file.name, 0, whole, (), frozenset(), True)
    if any(member.kind.name in _BEYOND for member in module.members) or module.header.imports:
        return None
    uses: dict[str, None] = {}
    specialized = set()
    memories: list[Any] = []
    for instantiation in _instantiations(module.members):
        child = instantiation.type.valueText
        memories += _init_files(instantiation)
        if child in names - {name}:
            uses[child] = None
            if instantiation.parameters is not None:
                specialized.add(child)
    start = file.place(module.header.moduleKeyword.location.offset)
    end = file.place(module.endmodule.range.end.offset)
    own = module.header.name.range
    replaced = [(own.start.offset, own.end.offset, NEUTRAL)]
    replaced += [
        (memory.range.start.offset, memory.range.end.offset, f'"{NEUTRAL}_{number}"')
        for number, memory in enumerate(memories)
    ]
    return Part(
        name,
        file.text[start:end].decode() + "\n",
        _with(file, start, end, replaced) + "\n",
        tuple(memory.rawText for memory in memories),
        file.name,
        file.text.count(b"\n", 0, start),
        _declaration(module),
        tuple(uses),
        frozenset(specialized),
        False,
    )


def _with(file: _Source, start: int, end: int, replaced: list[tuple[int, int, str]]) -> str:
    """A part of a file's text with some places replaced, which stand in order."""
    pieces = []
    for first, last, text in replaced:
        pieces += [file.text[start : file.place(first)].decode(), text]
        start = file.place(last)
    return "".join([*pieces, file.text[start:end].decode()])


def _instantiations(members: Any) -> Iterator[Any]:
    """Instantiations of modules among the members of a module, in generated ones too."""
    for member in members:
        if member.kind.name == "HierarchyInstantiation":
            yield member
        elif member.kind.name in _GENERATED:
            inner: list[SyntaxNode] = []

            def note(node: Any, inner: list[SyntaxNode] = inner) -> None:
                if getattr(node.kind, "name", "") == "HierarchyInstantiation":
                    inner.append(node)

            member.visit(note)
            yield from inner


def _init_files(instantiation: Any) -> Iterator[Any]:
    """Tokens that name the files which memories start from."""
    for parameter in instantiation.parameters.parameters if instantiation.parameters else ():
        if (
            parameter.kind.name == "NamedParamAssignment"
            and parameter.name.valueText == "INIT_FILE"
        ):
            text = parameter.expr
            if text is not None and text.kind.name == "StringLiteralExpression":
                yield text.literal


def _declaration(module: ModuleDeclarationSyntax) -> str | None:
    """The module without its content, where every port has a direction and a range of numbers."""
    listed = module.header.ports
    if listed is None or module.header.parameters is not None:
        return None
    ports: dict[str, str] | None
    if listed.kind.name == "AnsiPortList":
        ports = _ansi_ports(_nodes(listed.ports))
    else:
        ports = _plain_ports(_nodes(listed.ports), module.members)
    if ports is None:
        return None
    lines = [f"  {direction} {port} ;\n" for port, direction in ports.items()]
    name = module.header.name.valueText
    names = ", ".join(f"{port} " for port in ports)
    return f"module {verilog_name(name)}({names});\n{''.join(lines)}endmodule\n"


def _ansi_ports(listed: list[Any]) -> dict[str, str] | None:
    """Ports that are declared in the list itself; one without a direction is as that before it."""
    ports: dict[str, str] = {}
    before: str | None = None
    for port in listed:
        if port.kind.name != "ImplicitAnsiPort" or port.declarator.dimensions:
            return None
        if str(port.header).strip():
            before = _direction(port.header)
        if before is None:
            return None
        ports[port.declarator.name.rawText] = before
    return ports


def _plain_ports(listed: list[Any], members: Any) -> dict[str, str] | None:
    """Ports of which the list has the names, and members of the module the directions."""
    directions: dict[str, str] = {}
    for member in members:
        if member.kind.name == "PortDeclaration":
            direction = _direction(member.header)
            declarators = _nodes(member.declarators)
            if direction is None or any(declarator.dimensions for declarator in declarators):
                return None
            directions |= dict.fromkeys(
                (declarator.name.rawText for declarator in declarators), direction
            )
    ports = {}
    for port in listed:
        expression = getattr(port, "expr", None)
        if expression is None or expression.kind.name != "PortReference" or expression.select:
            return None
        name = expression.name.rawText
        if port.kind.name != "ImplicitNonAnsiPort" or name not in directions:
            return None
        ports[name] = directions.pop(name)
    return None if directions else ports


def _direction(header: Any) -> str | None:
    """Direction, sign and range of a port, such as ``input signed [7:0]``."""
    data = getattr(header, "dataType", None)
    if data is None or data.kind.name not in ("ImplicitType", "RegType", "LogicType"):
        return None
    words = [header.direction.rawText]
    if words[0] not in ("input", "output", "inout"):
        return None
    if data.signing.rawText == "signed":
        words.append("signed")
    for dimension in data.dimensions:
        select = getattr(dimension.specifier, "selector", None)
        if select is None or select.kind.name != "SimpleRangeSelect":
            return None
        ends = (select.left, select.right)
        if any(end.kind.name != "IntegerLiteralExpression" for end in ends):
            return None
        words.append(f"[{':'.join(str(end).strip() for end in ends)}]")
    return " ".join(words)


def _nodes(separated: Any) -> list[Any]:
    """The elements of a list without the tokens between them."""
    return [element for element in separated if not hasattr(element, "rawText")]
