"""Verilog taken apart into modules that can be synthesized each by itself.

It reads just enough Verilog for that: where a module begins and ends, which modules it holds, which
ports it has. What it does not understand is said, so that the design is synthesized as one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hawx_hw.netlist.netlist import MACROS

__all__ = ["NEUTRAL", "Part", "read_parts"]

#: Stands for the name of a module in its own text.
NEUTRAL = "hawx_module"
_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/|\(\*(?!\s*\)).*?\*\))
    |(?P<text>"(?:\\.|[^"\\])*")
    |(?P<name>\\\S+|[A-Za-z_$][\w$]*)
    |(?P<number>\d*\s*'[sS]?[bodhBODH]\s*[\w?]+|\d[\w.]*)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_DIRECTIONS = ("input", "output", "inout")
_KINDS = ("wire", "reg", "logic", "signed")
_INIT_FILE = re.compile(r'(\.INIT_FILE\()("(?:\\.|[^"\\])*")(\))')


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
        Its name and ports as an empty module; None where they are not plainly written.
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
class _Token:
    kind: str
    text: str
    at: int


def read_parts(sources: Mapping[str, str]) -> dict[str, Part] | None:
    """The modules of Verilog files, by name.

    Parameters
    ----------
    sources : mapping of str to str
        Text of each file by its name.

    Returns
    -------
    dict or None
        None where the files hold what goes beyond single modules: compiler directives, parameters
        set from afar, packages, a module twice.
    """
    raw: list[tuple[str, str, int, str, list[_Token]]] = []
    for source, text in sources.items():
        tokens = list(_tokens(text))
        found = _modules(text, tokens)
        if found is None:
            return None
        raw += [(source, *module) for module in found]
    names = {name for _, name, *_ in raw}
    if len(names) != len(raw):
        return None
    parts = {}
    for source, name, start, text, tokens in raw:
        if name in MACROS:
            whole = sources[source]
            parts[name] = Part(name, whole, whole, (), source, 0, whole, (), frozenset(), True)
            continue
        uses, specialized = _uses(tokens, names - {name})
        neutral, files = _neutral(text, tokens)
        parts[name] = Part(
            name, text, neutral, files, source, sources[source].count("\n", 0, start),
            _declaration(name, tokens), uses, specialized, False,
        )  # fmt: skip
    return parts


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "blank":
            yield _Token(str(match.lastgroup), match[0], match.start())


def _modules(text: str, tokens: list[_Token]) -> list[tuple[str, int, str, list[_Token]]] | None:
    """Name, place, text and tokens of each module of a file."""
    heads = [b.text for a, b in itertools.pairwise(tokens) if a.text == "module"]
    if len(heads) == 1 and heads[0] in MACROS:
        return [(heads[0], 0, text, tokens)]
    found = []
    inside: list[_Token] | None = None
    for token in tokens:
        if token.text == "`" or (token.kind == "name" and token.text == "defparam"):
            return None
        if inside is not None:
            inside.append(token)
            if token.text == "endmodule":
                if inside[1].kind != "name":
                    return None
                end = token.at + len("endmodule")
                start = inside[0].at
                found.append((inside[1].text.lstrip("\\"), start, text[start:end] + "\n", inside))
                inside = None
        elif token.text == "module":
            inside = [token]
        else:
            return None
    return None if inside is not None else found


def _uses(tokens: list[_Token], names: set[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    uses: dict[str, None] = {}
    specialized = set()
    for token, following in itertools.pairwise(tokens):
        name = token.text.lstrip("\\")
        if token.kind != "name" or name not in names:
            continue
        if following.text == "#":
            specialized.add(name)
        if following.text == "#" or following.kind == "name":
            uses[name] = None
    return tuple(uses), frozenset(specialized)


def _neutral(text: str, tokens: list[_Token]) -> tuple[str, tuple[str, ...]]:
    start = tokens[1].at - tokens[0].at
    text = text[:start] + NEUTRAL + text[start + len(tokens[1].text) :]
    files: list[str] = []

    def number(match: re.Match[str]) -> str:
        files.append(match[2])
        return f'{match[1]}"{NEUTRAL}_{len(files) - 1}"{match[3]}'

    return _INIT_FILE.sub(number, text), tuple(files)


def _declaration(name: str, tokens: list[_Token]) -> str | None:
    """The module without its content, where every port has a direction and a range of numbers."""
    if tokens[2].text != "(":
        return None
    end = next((at for at, token in enumerate(tokens) if token.text == ")"), None)
    if end is None or tokens[end + 1].text != ";":
        return None
    header = tokens[3:end]
    ports: dict[str, str]
    if header and header[0].text in _DIRECTIONS:
        ports = {}
        if not _ports(header, ports):
            return None
    else:
        ports = {token.text: "" for token in header if token.text != ","}
        if any(token.kind != "name" for token in header if token.text != ","):
            return None
        body = iter(tokens[end + 2 :])
        for token in body:
            if token.kind == "name" and token.text in _DIRECTIONS:
                statement = [token]
                for following in body:
                    if following.text == ";":
                        break
                    statement.append(following)
                declared: dict[str, str] = {}
                if not _ports(statement, declared) or not declared.keys() <= ports.keys():
                    return None
                ports |= declared
    if not all(ports.values()):
        return None
    lines = [f"  {direction} {port} ;\n" for port, direction in ports.items()]
    escaped = name if re.fullmatch(r"[A-Za-z_][\w$]*", name) else f"\\{name} "
    names = ", ".join(f"{port} " for port in ports)
    return f"module {escaped}({names});\n{''.join(lines)}endmodule\n"


def _ports(tokens: list[_Token], ports: dict[str, str]) -> bool:
    """Put the ports of a list of declarations into ``ports``, each with what stands before it."""
    before: list[str] = []
    position = 0
    fresh = True
    while position < len(tokens):
        token = tokens[position]
        if token.text in _DIRECTIONS:
            before = [token.text]
        elif token.text in _KINDS:
            if token.text == "signed":
                before.append("signed")
        elif token.text == "[":
            numbers = tokens[position + 1 : position + 5]
            if (
                [number.kind for number in numbers] != ["number", "other", "number", "other"]
                or numbers[1].text != ":"
                or numbers[3].text != "]"
            ):
                return False
            before.append(f"[{numbers[0].text}:{numbers[2].text}]")
            position += 4
        elif token.kind == "name" and fresh and before:
            ports[token.text] = " ".join(before)
            fresh = False
        elif token.text == "," and not fresh:
            fresh = True
        else:
            return False
        position += 1
    return not fresh
