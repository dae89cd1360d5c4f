"""Instances in a design, as slang elaborates it: its memories, and those of macros."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.util.macros import ADDRESS_WIDTH, DEPTH, MACROS, WIDTH, MacroKind

if TYPE_CHECKING:
    from pyslang.ast import InstanceSymbol, Symbol

__all__ = ["Memory", "design_memories", "module_instances"]


@dataclass(frozen=True, order=True)
class Memory:
    """One memory.

    Parameters
    ----------
    path : str
        Its instance, from the top module's instances down, such as ``core.program.macro``.
    kind : str
        One of :data:`~hawx_hw.util.macros.MACROS`.
    width, depth, address_width : int
        Bits of a word, words, and bits of an address.
    """

    path: str
    kind: MacroKind
    width: int
    depth: int
    address_width: int

    @property
    def bits(self) -> int:
        """The number of all bits."""
        return self.width * self.depth


def design_memories(sources: Sequence[Path], top: str) -> list[Memory]:
    """The memories below a top module, by path.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files.
    top : str
        The module's name.

    Raises
    ------
    UserError
        slang reports an error, or there is no such top module.
    """
    memories = []
    for instance in _instances(sources, top, MACROS):
        values = {each.name: each.value for each in instance.body.parameters}
        memories.append(
            Memory(
                path=_path(instance),
                kind=MACROS[instance.body.definition.name].kind,
                width=int(values[WIDTH].value),
                depth=int(values[DEPTH].value),
                address_width=int(values[ADDRESS_WIDTH].value),
            )
        )
    return sorted(memories)


def module_instances(
    sources: Sequence[Path], top: str, modules: Collection[str]
) -> dict[str, list[str]]:
    """The instances of some modules below a top module: sorted paths, by module.

    Parameters
    ----------
    sources, top
        See :func:`design_memories`.
    modules : collection of str
        What is inside them is not looked at.

    Raises
    ------
    UserError
        See :func:`design_memories`.
    """
    paths: dict[str, list[str]] = {name: [] for name in sorted(modules)}
    for instance in _instances(sources, top, modules):
        paths[instance.body.definition.name].append(_path(instance))
    return {name: sorted(each) for name, each in paths.items()}


def _path(instance: InstanceSymbol) -> str:
    return str(instance.hierarchicalPath.partition(".")[2])


def _instances(
    sources: Sequence[Path], top: str, modules: Collection[str]
) -> Iterator[InstanceSymbol]:
    from pyslang import DiagnosticEngine, SourceManager
    from pyslang.ast import Compilation
    from pyslang.syntax import SyntaxTree

    # One of its own: the common manager never reads a file a second time.
    compilation, manager = Compilation(), SourceManager()
    for path in sources:
        try:
            compilation.addSyntaxTree(SyntaxTree.fromFile(str(path), manager))
        except OSError as error:
            raise UserError(f"It cannot be read: {error.strerror}.", where=str(path)) from error
    tops = {each.name: each for each in compilation.getRoot().topInstances}
    errors = [each for each in compilation.getAllDiagnostics() if each.isError()]
    if errors:
        text = " ".join(DiagnosticEngine.reportAll(manager, errors).split())
        raise UserError(f"The Verilog has errors: {text[:300]}", where=str(sources[0].parent))
    if top not in tops:
        raise UserError(f"There is no top module {top}.", where=str(sources[0].parent))
    # A list, while the compilation lives that the instances are parts of.
    yield from list(_below(tops[top].body, modules))


def _below(scope: Iterable[Symbol], modules: Collection[str]) -> Iterator[InstanceSymbol]:
    from pyslang.ast import GenerateBlockSymbol, InstanceSymbol

    for member in scope:
        if isinstance(member, InstanceSymbol):
            if member.body.definition.name in modules:
                yield member
            else:
                yield from _below(member.body, modules)
        elif isinstance(member, GenerateBlockSymbol) and not member.isUninstantiated:
            yield from _below(member, modules)
