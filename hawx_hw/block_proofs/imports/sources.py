"""The texts of a user's Verilog files and of what they include, read before any tool sees them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError
from hawx_hw.util.files import read_bytes

__all__ = ["SourceText", "gather"]

_LARGEST = 32 << 20
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: Comments that hide text from some tools: what is checked and what is simulated would differ.
_HIDING = re.compile(r"\W*(?:\w+\s+){0,2}((?:translate|synthesis)_o(?:n|ff))\b", re.IGNORECASE)
_CONDITIONS = ("ifdef", "ifndef", "elsif")
#: Directives of one tool, and those that hide text or give inputs a value that is not written.
_REFUSED = re.compile(
    r"systemc_\w*|verilator_\w*|pragma|(?:end)?protect(?:ed)?|uselib|unconnected_drive|default_decay_time"
    r"|default_trireg_strength"
)
#: Macros that tools define, so that each tool would see another text.
_TOOLS = re.compile(
    r"verilator\w*|_*icarus(?:__)?|iverilog|yosys\w*|synthesis|synopsys|formal|cocotb_sim|model_tech"
    r"|modelsim|questa\w*|vcs|inca|ncverilog|xcelium|xilinx\w*|vivado|altera\w*|quartus|sv_cov_\w+"
    r"|__slang\w*|synplify",
    re.IGNORECASE,
)


#: A folder as errors name it, and its absolute path.
Folder = tuple[Path, Path]


@dataclass(frozen=True)
class SourceText:
    """A file's text.

    Parameters
    ----------
    shown : str
        The path by which errors name the file.
    path : str
        Its absolute path.
    text : str
    """

    shown: str
    path: str
    text: str


def gather(
    files: Sequence[tuple[str, Path]], defines: Collection[str] = ()
) -> tuple[list[SourceText], Mapping[str, SourceText]]:
    """The texts of ``files``, and of all that they may include, by absolute path.

    Parameters
    ----------
    files : sequence of (str, Path)
        Each file as errors name it, and its absolute path.
    defines : collection of str
        Macros that the user defines.

    Raises
    ------
    UserError
        A file cannot be read, includes one outside its folder, or holds a directive or a comment
        that hides text from some tools.
    """
    gatherer = _Gatherer(set(defines))
    # A file that is named twice is read once.
    unique = {path: shown for shown, path in reversed(files)}
    texts = [gatherer.add(unique[path], path) for path in dict.fromkeys(path for _, path in files)]
    return texts, gatherer.texts


class _Gatherer:
    def __init__(self, defined: set[str]):
        self.texts: dict[str, SourceText] = {}
        self._defined = defined

    def add(self, shown: str, path: Path, folder: Folder | None = None) -> SourceText:
        """Read a file and what it includes; all of that lies in ``folder``, or beside the file."""
        if str(path) not in self.texts:
            self.texts[str(path)] = SourceText(shown, str(path), _read(path, shown))
            self._scan(self.texts[str(path)], folder or _folder(self.texts[str(path)]))
        return self.texts[str(path)]

    def _scan(self, source: SourceText, folder: Folder) -> None:
        tokens = list(_tokens(source))
        for number, (raw, line) in enumerate(tokens):
            if not raw.startswith("`"):
                continue
            following = [text for text, other in tokens[number + 1 : number + 40] if other == line]
            name = raw[1:].removeprefix("\\")
            where = f"{source.shown}:{line}"
            if _REFUSED.fullmatch(name):
                raise UserError(
                    f"The directive `{name} is refused: what a tool makes of it cannot be checked",
                    where=where,
                    hint="Take it out of the Verilog.",
                )
            if name == "define" and following:
                self._defined.add(following[0])
            elif name in _CONDITIONS:
                self._check_condition(following, where)
            elif name == "include":
                self._include(source, following[0] if following else "", folder, where)

    def _check_condition(self, words: Sequence[str], where: str) -> None:
        names = [word for word in words[:1] if re.fullmatch(r"\w+", word)]
        if words and words[0] == "(":
            names = [word for word in words if re.fullmatch(r"\w+", word)]
        for name in names:
            if _TOOLS.fullmatch(name) and name not in self._defined:
                raise UserError(
                    f"The text depends on {name}, which some tools define and others do not",
                    where=where,
                    hint=f"Take the condition out of the Verilog, or define it for all tools with "
                    f"--define {name}.",
                )

    def _include(self, source: SourceText, quoted: str, folder: Folder, where: str) -> None:
        name = quoted[1:-1]
        if len(quoted) < 3 or quoted[0] != '"' or "\\" in name:
            raise UserError(
                f"An `include must name its file in quotes, not {quoted or 'nothing'}", where=where
            )
        for shown, beside in (_folder(source), folder):
            path = beside / name
            if not path.resolve().is_relative_to(folder[1].resolve()):
                raise UserError(
                    f"The included file {name!r} is not in the folder of the Verilog file",
                    where=where,
                    hint="Copy it there.",
                )
            if path.exists():
                included = self.add(str(shown / name), path, folder)
                # Where slang looks for it.
                self.texts[str(Path(source.path).parent / name)] = included
                return


def _folder(source: SourceText) -> Folder:
    return Path(source.shown).parent, Path(source.path).parent


def _read(path: Path, shown: str) -> str:
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise UserError(
                f"The file has {size:,} bytes, and must have at most {_LARGEST:,}", where=shown
            )
        content = read_bytes(path)
    except FileNotFoundError as error:
        raise UserError("There is no such Verilog file.", where=shown) from error
    except OSError as error:
        raise UserError(f"The file cannot be read: {error.strerror}", where=shown) from error
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                text = content.removeprefix(mark).decode(encoding)
            except UnicodeDecodeError as error:
                raise UserError(
                    f"The file begins with a mark of {encoding.upper()}, but is not: {error}",
                    where=shown,
                    hint="Save it as UTF-8.",
                ) from error
            break
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            # Only comments and strings may hold such letters, and Latin-1 has one for each byte.
            text = content.decode("latin-1")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(
            "The file holds a zero byte, so it is no Verilog",
            where=f"{shown}:{line}",
            hint="If it is UTF-16 without a byte order mark, save it as UTF-8.",
        )
    # A file may end within a comment or a directive; what follows it must not.
    return text if text.endswith("\n") else f"{text}\n"


def _tokens(source: SourceText) -> Iterator[tuple[str, int]]:
    """Words of a text with their lines, before macros are replaced.

    Raises
    ------
    UserError
        A comment hides text from some tools.
    """
    from pyslang import BumpAllocator, Diagnostics, SourceManager
    from pyslang.parsing import Lexer

    manager = SourceManager()
    buffer = manager.assignText(source.text)
    lexer = Lexer(buffer, BumpAllocator(), Diagnostics(), manager)
    content = source.text.encode()
    line, counted = 1, 0
    while True:
        token: Any = lexer.lex()
        comments = [t.getRawText() for t in token.trivia if t.kind.name.endswith("Comment")]
        offset = token.location.offset
        for comment in comments:
            match = _HIDING.match(comment)
            if match:
                before = content.rfind(comment.encode(), 0, offset)
                first = content.count(b"\n", 0, before) + 1
                raise UserError(
                    f"The comment {match[1]!r} hides text from some tools and not from others",
                    where=f"{source.shown}:{first}",
                    hint="Take out the text that it hides, and the comment.",
                )
        line += content.count(b"\n", counted, offset)
        counted = offset
        if token.kind.name == "EndOfFile":
            return
        yield token.rawText, line
