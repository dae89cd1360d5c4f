"""One text of a user's Verilog files, the same for every tool that reads it.

slang replaces macros, includes files and decides conditions, once. The text is then written anew
from its words: without comments, directives and attributes, so that no tool can find an instruction
in it that another one ignores; without delays and ``specify`` blocks, which say nothing of what a
circuit computes; and without modules that the multiplier does not hold. What is left may not reach
beyond the circuit.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawx_hw.block_proofs.imports.returns import last_returns
from hawx_hw.block_proofs.imports.scopes import nodes, outside_names
from hawx_hw.block_proofs.imports.syntax import SyntaxUnit
from hawx_hw.block_proofs.imports.words import Word, check_words, written
from hawx_hw.errors import UserError

__all__ = ["Source", "preprocess"]

#: Parts of the syntax that are left out.
_DROPPED = frozenset(
    ("AttributeInstance", "SpecifyBlock", "SpecparamDeclaration", "Delay3", "DelayControl",
     "OneStepDelay", "TimeUnitsDeclaration")
)  # fmt: skip
#: Those that are refused, and what they are.
_REFUSED = {
    "DPIImport": "The import of a function in C",
    "DPIExport": "The export of a function to C",
    "BindDirective": "A bind of another module",
    "ProgramDeclaration": "A program",
    "ClassDeclaration": "A class",
    "CheckerDeclaration": "A checker",
    "ConfigDeclaration": "A configuration",
    "ForeverStatement": "An endless loop",
    "WaitStatement": "A wait for an event",
    "WaitForkStatement": "A wait for an event",
    "WaitOrderStatement": "A wait for an event",
    "ProceduralForceStatement": "A force of a signal",
    "ParallelBlockStatement": "A fork",
}
_EVENTS = ("EventControl", "EventControlWithExpression", "ImplicitEventControl")
_MODULES = ("ModuleDeclaration", "InterfaceDeclaration", "ProgramDeclaration", "UdpDeclaration")
#: A name with a dollar sign before it is a cell of Yosys.
_NAME = re.compile(r"[^$\\].*")
#: The modules around the circuit when it is simulated.
_RESERVED = ("hawx_import", "hawx_products", "hawx_testbench")
#: As Yosys, Verilator and Icarus write it, all with the position in the line or without.
_PLACE = re.compile(r"[^\s'\"()]*\bsource\.s?v:(\d+)(?:[.:]\d+(?:-\d+(?:\.\d+)?)?)?")
_VALUE = re.compile(r"-?\d+|\d*'[sS]?([bB][01_]+|[oO][0-7_]+|[dD][\d_]+|[hH][\da-fA-F_]+)")


@dataclass(frozen=True)
class Source:
    """The text that all tools read.

    Parameters
    ----------
    text : str
    top : str
        The name of the module in it.
    lines : tuple of str
        For each line of ``text`` its place in the user's files, such as ``mine.v:7``.
    systemverilog : bool
        Whether it is SystemVerilog, or Verilog-2005.
    renamed : mapping of str to str
        For names in ``text`` that stand for others, which are keywords of SystemVerilog, those.
    uses : mapping of str to str
        Modules that are used, and the first place of each.
    """

    text: str
    top: str
    lines: tuple[str, ...]
    systemverilog: bool
    renamed: Mapping[str, str]
    uses: Mapping[str, str]

    def place(self, line: int) -> str:
        """The user's file and line of a line of ``text``."""
        return self.lines[min(line, len(self.lines)) - 1]

    def located(self, text: str) -> str:
        """``text`` of a tool with the user's places for those in files named ``source``."""
        return _PLACE.sub(lambda match: self.place(int(match[1])), text)


def preprocess(
    files: Sequence[tuple[str, Path]],
    module: str,
    *,
    parameters: Mapping[str, str] | None = None,
    defines: Mapping[str, str] | None = None,
    cells: Collection[str] = (),
) -> Source:
    """The text of ``module`` and all that it holds.

    Parameters
    ----------
    files : sequence of (str, Path)
        Each file as errors name it, and its absolute path.
    module : str
    parameters : mapping of str to str or None
        Values of the module's parameters, as Verilog numbers.
    defines : mapping of str to str or None
        Macros that are defined for all files.
    cells : collection of str
        Modules that a library defines, whatever the files do.

    Raises
    ------
    UserError
        There is no such module, or what it holds is no Verilog that can be imported.
    """
    try:
        return _preprocess(files, module, parameters or {}, defines or {}, cells)
    except UnicodeDecodeError as error:
        # slang cuts what it does not understand between any two bytes.
        raise UserError(
            "The text holds letters that are not ASCII outside of comments",
            where=", ".join(shown for shown, _ in files),
        ) from error


def _preprocess(
    files: Sequence[tuple[str, Path]],
    module: str,
    parameters: Mapping[str, str],
    defines: Mapping[str, str],
    cells: Collection[str],
) -> Source:
    unit = SyntaxUnit(files, defines)
    modules: dict[str, Any] = {}
    for member in unit.members:
        if member.kind.name in _MODULES:
            modules.setdefault(_name(member).valueText, member)
    if module not in modules:
        raise UserError(
            f"There is no module {module!r}",
            where=", ".join(shown for shown, _ in files),
            hint=f"The modules are: {', '.join(sorted(modules)) or 'none'}.",
        )
    if modules[module].kind.name != "ModuleDeclaration":
        raise UserError(f"{module} is no module", where=unit.place(_name(modules[module]).location))
    reached, uses = _reachable(unit, modules, module, cells)
    _check_names(unit, {name: modules[name] for name in sorted(reached)})
    values = _overrides(unit, modules[module], parameters)
    words = list(_words(unit, reached, values))
    check_words(words)
    text, lines, renamed = written(words)
    top = next((name for name, own in renamed.items() if own == module), module)
    return Source(text, top, lines, unit.systemverilog, renamed, uses)


def _name(member: Any) -> Any:
    return member.name if member.kind.name == "UdpDeclaration" else member.header.name


def _reachable(
    unit: SyntaxUnit, modules: Mapping[str, Any], top: str, cells: Collection[str]
) -> tuple[set[str], dict[str, str]]:
    """The modules that ``top`` holds and itself, and the first place of each that is used."""
    reached = {top}
    uses: dict[str, str] = {}
    waiting = [top]
    while waiting:
        for node in nodes(modules[waiting.pop()]):
            if node.kind.name != "HierarchyInstantiation":
                continue
            name, place = node.type.valueText, unit.place(node.type.location)
            uses.setdefault(name, place)
            if name in cells or name not in modules:
                continue
            if modules[name].kind.name == "UdpDeclaration":
                raise UserError(
                    f"{name} is a primitive with a table, which Yosys does not read",
                    where=place,
                    hint="Where it belongs to the cells of a library, say which with --technology; "
                    "the library's functions then take the place of the cells' Verilog.",
                )
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached, uses


def _check_names(unit: SyntaxUnit, modules: Mapping[str, Any]) -> None:
    """Refuse names by which a module is not itself, or reaches out of itself."""
    for name, module in modules.items():
        if name in _RESERVED or not _NAME.fullmatch(name):
            raise UserError(
                f"A module must not be named {name!r}",
                where=unit.place(_name(module).location),
                hint="Rename it.",
            )
        for first in outside_names(module):
            raise UserError(
                f"{first.valueText} is not declared in module {name}: a name may not reach out of "
                "its module",
                where=unit.place(first.location),
                hint="Use ports.",
            )


def _overrides(
    unit: SyntaxUnit, module: Any, parameters: Mapping[str, str]
) -> dict[tuple[int, int], str]:
    """The user's values for parameters of the module, by the place of their names."""
    place = unit.place(_name(module).location)
    declared: dict[str, tuple[int, int]] = {}
    keyword = ""
    for node in nodes(module):
        if node.kind.name != "ParameterDeclaration":
            continue
        # In a list of ports, one without a keyword is as that before it.
        keyword = node.keyword.rawText or keyword
        if keyword != "localparam":
            for declarator in node.declarators:
                if not hasattr(declarator, "rawText"):
                    declared[declarator.name.valueText] = _key(declarator.name)
    for name, value in parameters.items():
        if name not in declared:
            raise UserError(
                f"The module has no parameter {name!r}",
                where=place,
                hint=f"Its parameters are: {', '.join(declared) or 'none'}.",
            )
        if not _VALUE.fullmatch(value):
            raise UserError(
                f"The value of {name} must be a Verilog number, not {value!r}", where="--parameter"
            )
    return {declared[name]: value for name, value in parameters.items()}


def _key(token: Any) -> tuple[int, int]:
    return token.location.buffer.id, token.location.offset


def _words(
    unit: SyntaxUnit, reached: Collection[str], values: Mapping[tuple[int, int], str]
) -> Iterator[Word]:
    """The words of what is reached, in order."""
    returns: dict[tuple[int, int], Any] = {}
    stack = [(unit.root, False)]
    while stack:
        node, dropped = stack.pop()
        if node is None:
            continue
        if hasattr(node, "rawText"):
            place = unit.place(node.location)
            yield from _directives(node, place)
            if not dropped and node.rawText:
                yield Word(node.kind.name, node.rawText, node.valueText, place)
            continue
        kind = node.kind.name
        dropped = dropped or kind in _DROPPED
        dropped = dropped or (kind in _MODULES and _name(node).valueText not in reached)
        if not dropped:
            _check_node(unit, node)
        children = [(child, dropped) for child in node]
        if kind == "FunctionDeclaration":
            name = node.prototype.name.getFirstToken()
            returns |= {_key(r.returnKeyword): name for r in last_returns(node)}
        elif kind == "ReturnStatement" and not dropped:
            yield from _returned(unit, node, returns)
            children = [(child, False) for child in (node.returnValue, node.semi)]
        elif not dropped and kind == "Declarator" and _key(node.name) in values:
            place = unit.place(node.name.location)
            yield Word("Identifier", node.name.rawText, node.name.valueText, place)
            for part in ("=", values[_key(node.name)]):
                yield Word("Value", part, part, place)
            children = [(child, True) for child in node]
        stack.extend(reversed(children))


def _returned(
    unit: SyntaxUnit, statement: Any, names: Mapping[tuple[int, int], Any]
) -> Iterator[Word]:
    """What begins an assignment to a function's name instead of a return."""
    place = unit.place(statement.returnKeyword.location)
    name = names.get(_key(statement.returnKeyword))
    if name is None:
        raise UserError(
            "A return before the end of a function is not read by Yosys",
            where=place,
            hint="Assign to the function's name instead, or use if and else.",
        )
    if statement.returnValue is not None:
        yield Word("Identifier", name.rawText, name.valueText, place)
        yield Word("Equals", "=", "=", place)


def _directives(token: Any, place: str) -> Iterator[Word]:
    """Directives before a word that decide what the text means."""
    for trivia in token.trivia:
        if trivia.kind.name != "Directive":
            continue
        directive = trivia.syntax()
        if directive.kind.name == "DefaultNetTypeDirective":
            kind = directive.netType.rawText
            if kind not in ("wire", "none"):
                raise UserError(
                    f"Nets that are not declared must not be {kind}",
                    where=place,
                    hint="Use `default_nettype wire or none.",
                )
            yield Word("Directive", f"`default_nettype {kind}", "", place)
        elif directive.kind.name == "ResetAllDirective":
            yield Word("Directive", "`default_nettype wire", "", place)


def _check_node(unit: SyntaxUnit, node: Any) -> None:
    kind = node.kind.name
    if kind == "NamedType":
        place = unit.place(node.getFirstToken().location)
        if not place.rpartition(":")[0].endswith(".sv"):
            raise UserError(
                f"Verilog-2005 has no type {str(node).strip()}",
                where=place,
                hint="If it is SystemVerilog, give the file the ending .sv.",
            )
    what = _REFUSED.get(kind)
    if kind == "AlwaysBlock":
        statement = node.statement
        waits = (
            statement.kind.name == "TimingControlStatement"
            and statement.timingControl.kind.name in _EVENTS
        )
        what = None if waits else "An always block that waits for no change of its inputs"
    if what is not None:
        place = unit.place(node.getFirstToken().location)
        raise UserError(f"{what} is refused", where=place, hint="A block must be plain logic.")
