"""The memories of a design: every instance of the macros of rtl/, as slang elaborates it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.util.macros import ADDRESS_WIDTH, DEPTH, MACROS, WIDTH, MacroKind

if TYPE_CHECKING:
    from pyslang.ast import InstanceSymbol

__all__ = ["Memory", "design_memories"]


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
    from pyslang import DiagnosticEngine, SourceManager
    from pyslang.ast import Compilation
    from pyslang.syntax import SyntaxTree

    # One of its own: the common manager never reads a file a second time.
    compilation, manager = Compilation(), SourceManager()
    for path in sources:
        compilation.addSyntaxTree(SyntaxTree.fromFile(str(path), manager))
    tops = {each.name: each for each in compilation.getRoot().topInstances}
    errors = [each for each in compilation.getAllDiagnostics() if each.isError()]
    if errors:
        text = " ".join(DiagnosticEngine.reportAll(manager, errors).split())
        raise UserError(f"The Verilog has errors: {text[:300]}", where=str(sources[0].parent))
    if top not in tops:
        raise UserError(f"There is no top module {top}.", where=str(sources[0].parent))
    return sorted(_below(tops[top]))


def _below(instance: InstanceSymbol) -> Iterator[Memory]:
    from pyslang.ast import InstanceSymbol

    for member in instance.body:
        if not isinstance(member, InstanceSymbol):
            continue
        kind = member.body.definition.name
        if kind not in MACROS:
            yield from _below(member)
            continue
        values = {each.name: each.value for each in member.body.parameters}
        yield Memory(
            path=member.hierarchicalPath.partition(".")[2],
            kind=MACROS[kind].kind,
            width=int(values[WIDTH].value),
            depth=int(values[DEPTH].value),
            address_width=int(values[ADDRESS_WIDTH].value),
        )
