"""A design as slang elaborates it: what an independent front end makes of the Verilog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawx_hw.util.files import read_text

__all__ = ["Elaborated", "elaborate"]


@dataclass(frozen=True)
class Elaborated:
    """An elaborated design.

    Parameters
    ----------
    compilation : pyslang.Compilation
    errors : tuple of str
        Errors, as slang words them, with file and line.
    """

    compilation: Any
    errors: tuple[str, ...]

    @property
    def tops(self) -> list[str]:
        """Modules that no other one instantiates."""
        return [instance.name for instance in self.compilation.getRoot().topInstances]

    def ports(self, top: str) -> dict[str, tuple[str, int]]:
        """Direction (``input``, ``output`` or ``inout``) and width in bits of a top's ports."""
        names = {"In": "input", "Out": "output", "InOut": "inout"}
        return {
            port.name: (names[port.direction.name], port.type.bitWidth)
            for instance in self.compilation.getRoot().topInstances
            if instance.name == top
            for port in instance.body.portList
        }


def elaborate(sources: Sequence[Path]) -> Elaborated:
    """Read and elaborate Verilog files, in their order.

    Parameters
    ----------
    sources : sequence of Path
    """
    import pyslang

    compilation = pyslang.ast.Compilation()
    for path in sources:
        text = read_text(path)
        compilation.addSyntaxTree(pyslang.syntax.SyntaxTree.fromText(text, path.name))
    wrong = [each for each in compilation.getAllDiagnostics() if each.isError()]
    report = pyslang.DiagnosticEngine.reportAll(compilation.sourceManager, wrong)
    errors = tuple(line for line in report.splitlines() if ": error: " in line)
    return Elaborated(compilation, errors)
