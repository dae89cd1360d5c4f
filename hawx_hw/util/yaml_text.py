"""YAML 1.2, as plain Python values, and the lines of its keys.

Scalars follow the core schema of YAML 1.2: ``010`` is ten, ``1e3`` is a number, and ``yes``,
``1:30``, ``1_000`` and ``2026-01-01`` are texts. A key that stands twice is an error, and no tag
makes more than plain values. Texts are ones that a message, a path and a file can hold, and whole
numbers ones that 64 bits can.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruamel.yaml import YAML

__all__ = ["YamlError", "line_of", "read_yaml", "spelling_hint", "write_yaml"]

#: Reading takes seconds a million characters.
_LONGEST = 1_000_000
_LARGEST = 2**63 - 1
#: What no path, name or message holds: control characters, but for those that end a line, and
#: halves of surrogate pairs.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_TAG = "tag:yaml.org,2002:"
#: The core schema (YAML 1.2.2, section 10.3.2), and merge keys: what a plain scalar is, by the
#: characters that it may begin with.
_CORE = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("merge", "<<", "<"),
)


#: Booleans of YAML 1.1 and of habit.
_WORDS = {
    **dict.fromkeys(("yes", "y", "on", "true", "1"), "true"),
    **dict.fromkeys(("no", "n", "off", "false", "0"), "false"),
}
_SEXAGESIMAL = re.compile(r"[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?")


class YamlError(Exception):
    """A text cannot be read.

    Parameters
    ----------
    problem : str
    line : int or None
        Counted from 1; None where the text as a whole is meant.
    hint : str or None
        What to do about it.
    """

    def __init__(self, problem: str, line: int | None = None, hint: str | None = None):
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.hint = hint


def read_yaml(text: str) -> Any:
    """The value of a YAML document: dicts, lists, texts, numbers, booleans and None.

    Raises
    ------
    YamlError
        It is not YAML, holds a key twice, is nested too deeply, or is larger than a person writes.
    """
    from ruamel.yaml.error import YAMLError

    if len(text) > _LONGEST:
        raise YamlError(
            f"This has {len(text):,} characters, and at most {_LONGEST:,} are read",
            hint="Remove what it does not need.",
        )
    try:
        reader = _yaml()
        node = reader.compose(text)
        return None if node is None else reader.constructor.construct_document(node)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise YamlError(f"This is not YAML: {problem}", mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise YamlError("This is nested too deeply") from error


def write_yaml(content: Any) -> str:
    """The text of what :func:`read_yaml` would read; mappings in their order."""
    from ruamel.yaml import YAML

    stream = io.StringIO()
    writer: Any = YAML(typ="safe", pure=True)
    writer.sort_base_mapping_type_on_output = False
    writer.default_flow_style = False
    writer.width = 100
    writer.dump(content, stream)
    return stream.getvalue()


def line_of(text: str, key: Iterable[str | int]) -> int | None:
    """The line of a key, counted from 1.

    Parameters
    ----------
    text : str
        A document that :func:`read_yaml` reads.
    key : iterable of str or int
        Keys and indices from the outside in. Where an inner one is not in the text, the line is
        that of the nearest around it.

    Returns
    -------
    int or None
        None where not even the outermost one is in the text.
    """
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    line = None
    node = _composed(text)
    for part in map(str, key):
        if isinstance(node, MappingNode):
            pairs = {str(name.value): (name, value) for name, value in node.value}
            if part not in pairs:
                break
            place, node = pairs[part]
        elif isinstance(node, SequenceNode) and part.isdigit() and int(part) < len(node.value):
            place = node = node.value[int(part)]
        else:
            break
        line = place.start_mark.line + 1
    return line


def spelling_hint(value: Any, expected: str) -> str | None:
    """How to write what YAML 1.2 reads otherwise than YAML 1.1, other languages, or its writer.

    Parameters
    ----------
    value : object
        The value that was read.
    expected : str
        ``int``, ``float``, ``bool`` or ``string``: what should have been.

    Returns
    -------
    str or None
        None where there is nothing to suggest.
    """
    if expected == "bool":
        word = _WORDS.get(str(value).lower())
        return f"Write {word}." if word else None
    if expected == "string":
        return "Put it into quotes." if isinstance(value, (int, float)) else None
    if expected not in ("int", "float"):
        return None
    number = _number(value)
    if number is None or (expected == "int" and number != int(number)):
        return "Write it without a colon." if _SEXAGESIMAL.fullmatch(str(value)) else None
    return f"Write {int(number) if number == int(number) else number}."


def _number(value: Any) -> float | None:
    """The finite number that a writer meant by another spelling."""
    try:
        if isinstance(value, str):
            text = value.strip().replace("_", "")
            value = int(text, 0) if re.fullmatch(r"[-+]?0[bBoOxX]\w+", text) else float(text)
        elif isinstance(value, bool) or not isinstance(value, float):
            return None
        return value if abs(value) < _LARGEST else None
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _composed(text: str) -> Any:
    """The nodes of a document; whoever asks for one line often asks for more."""
    return _yaml().compose(text)


def _yaml() -> YAML:
    """A fresh reader: an error leaves the old one in the middle of its text."""
    from ruamel.yaml import YAML

    # Without files of plug-ins, which are looked for otherwise; only pure Python reads 1.2.
    reader = YAML(typ="safe", pure=True, plug_ins=[])
    reader.Resolver, reader.Constructor = _classes()
    return reader


@cache
def _classes() -> tuple[Any, Any]:
    from ruamel.yaml.constructor import ConstructorError, SafeConstructor
    from ruamel.yaml.resolver import VersionedResolver

    patterns: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for name, pattern, first in _CORE:
        for character in first:
            compiled = re.compile(rf"(?:{pattern})\Z")
            patterns.setdefault(character, []).append((f"{_TAG}{name}", compiled))

    class Resolver(VersionedResolver):
        # A %YAML directive does not change how a text is read.
        processing_version = (1, 2)
        versioned_resolver = patterns

    class Constructor(SafeConstructor):
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                value = super().construct_object(node, deep)
            except (ValueError, KeyError, IndexError) as error:
                kind = str(node.tag).removeprefix(_TAG)
                kind = {"int": "a whole number", "float": "a number"}.get(kind, kind)
                text = str(node.value)
                shown = text if len(text) <= 40 else f"{text[:40]}..."
                problem = f"{shown!r} cannot be read as {kind}"
                raise ConstructorError(None, None, problem, node.start_mark) from error
            _check_scalar(value, node.start_mark.line + 1)
            return value

        def flatten_mapping(self, node: Any) -> None:
            if getattr(node, "merge", None) is None:
                _check_keys(node)
            super().flatten_mapping(node)
            if getattr(node, "merge", None) is not None:
                # Merges of merges would grow without end.
                node.merge, node.value = _last_of_each(node.merge), _last_of_each(node.value)

    return Resolver, Constructor


def _check_scalar(value: Any, line: int) -> None:
    if isinstance(value, int) and abs(value) > _LARGEST:
        digits = f"{value.bit_length() * 0.30103:,.0f}"
        raise YamlError(f"A number of some {digits} digits is larger than any key takes", line)
    if isinstance(value, str) and (match := _UNPRINTABLE.search(value)):
        raise YamlError(f"A text holds the character U+{ord(match[0]):04X}", line, "Remove it.")


def _check_keys(node: Any) -> None:
    """Refuse keys that are lists, or stand twice, which ruamel.yaml overlooks beside merges."""
    lines: dict[str, int] = {}
    for key, _ in node.value:
        name, line = key.value, key.start_mark.line + 1
        if not isinstance(name, str):
            raise YamlError("A key must be a text, not a list or a mapping", line)
        if name in lines:
            raise YamlError(
                f"{name} stands here a second time",
                line,
                f"Remove it, or the one in line {lines[name]}.",
            )
        lines[name] = line


def _last_of_each(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return list({key.value: (key, value) for key, value in pairs}.values())
