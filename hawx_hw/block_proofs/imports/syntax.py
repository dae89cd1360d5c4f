"""A user's Verilog files as one syntax tree, with the place of each word in them."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hawx_hw.block_proofs.imports.sources import SourceText, gather
from hawx_hw.errors import UserError

__all__ = ["SyntaxUnit"]

#: Words such as ``bit`` and ``logic`` are names in Verilog-2005.
_BEGIN, _END = '`begin_keywords "1364-2005"\n', "`end_keywords\n"


class SyntaxUnit:
    """The files as one compilation unit, in order: macros of one are known in the next.

    Parameters
    ----------
    files : sequence of (str, Path)
        Each file as errors name it, and its absolute path. SystemVerilog ends with ``.sv``.
    defines : mapping of str to str
        Macros that are defined for all files.

    Raises
    ------
    UserError
        A file cannot be read or is no Verilog.
    """

    def __init__(self, files: Sequence[tuple[str, Path]], defines: Mapping[str, str]):
        self._defines = defines
        self._sources, self._texts = gather(files, defines)
        self._parse(keywords=True)
        self.systemverilog = any(_is_systemverilog(source) for source in self._sources)
        self._check_includes()
        error = self._first_error()
        if error is not None:
            place, what = error
            raise UserError(f"{what[:1].upper()}{what[1:]}", where=place, hint=self._hint(place))

    @property
    def root(self) -> Any:
        """The root of the tree."""
        return self._tree.root

    @property
    def members(self) -> list[Any]:
        """Modules and other declarations outside of modules."""
        root: Any = self._tree.root
        return list(root.members) if root.kind.name == "CompilationUnit" else [root]

    def place(self, location: Any) -> str:
        """The user's file and line of a place, such as ``mine.v:7``."""
        location = self._manager.getFullyExpandedLoc(location)
        key = location.buffer.id
        if key not in self._lines:
            path = str(self._manager.getFullPath(location.buffer))
            source = self._texts.get(path, self._ends.get(path))
            content = (source.text if source else "").encode()
            starts = [match.end() for match in re.finditer(b"\n", content)]
            self._lines[key] = (source.shown if source else path, starts, path in self._ends)
        shown, starts, after = self._lines[key]
        line = len(starts) if after else bisect.bisect_right(starts, location.offset) + 1
        return f"{shown}:{line}"

    def _parse(self, *, keywords: bool) -> None:
        """Parse the texts, with the keywords of Verilog-2005 in its files or those of all."""
        from pyslang import Bag, SourceManager
        from pyslang.parsing import PreprocessorOptions
        from pyslang.syntax import SyntaxTree

        self._manager = SourceManager()
        self._lines: dict[int, tuple[str, list[int], bool]] = {}
        #: What follows a file, as a text of its own.
        self._ends: dict[str, SourceText] = {}
        buffers = {
            path: self._manager.assignText(path, source.text)
            for path, source in self._texts.items()
        }
        options = PreprocessorOptions()
        options.predefines = [f"{name}={value}" for name, value in self._defines.items()]
        options.undefines = ["__slang__"]
        ordered: list[Any] = []
        for number, source in enumerate(self._sources):
            verilog = keywords and not _is_systemverilog(source)
            if verilog:
                ordered.append(self._manager.assignText(f"begin {number}", _BEGIN))
            ordered.append(buffers[source.path])
            if verilog:
                self._ends[f"end {number}"] = source
                ordered.append(self._manager.assignText(f"end {number}", _END))
        self._tree = SyntaxTree.fromBuffers(ordered, self._manager, Bag([options]))

    def _check_includes(self) -> None:
        # Of a name that a macro makes up, the scan of the text knew nothing.
        for include in self._tree.getIncludeDirectives():
            path = Path(include.path)
            if str(path) not in self._texts and path.exists():
                raise UserError(
                    "An `include must name its file in quotes, without macros",
                    where=self.place(include.syntax.directive.location),
                )

    def _errors(self) -> Iterator[tuple[str, str]]:
        from pyslang import DiagnosticEngine

        engine = DiagnosticEngine(self._manager)
        for diagnostic in self._tree.diagnostics:
            if diagnostic.isError():
                after = str(self._manager.getFullPath(diagnostic.location.buffer)) in self._ends
                what = "the text ends too early" if after else engine.formatMessage(diagnostic)
                yield self.place(diagnostic.location), what

    def _first_error(self) -> tuple[str, str] | None:
        return next(self._errors(), None)

    def _hint(self, place: str) -> str:
        shown = place.rpartition(":")[0]
        if not self.systemverilog:
            self._parse(keywords=False)
            if self._first_error() is None:
                return f"It is SystemVerilog: give {Path(shown).name} the ending .sv."
        return "Correct the Verilog."


def _is_systemverilog(source: SourceText) -> bool:
    return source.path.endswith(".sv")
