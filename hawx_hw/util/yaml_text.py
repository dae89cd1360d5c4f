"""YAML 1.2, as plain Python values, and the lines of its keys.

Scalars follow the core schema of YAML 1.2: ``010`` is ten, ``1e3`` is a number, and ``yes``,
``1:30``, ``1_000`` and ``2026-01-01`` are texts. A key that stands twice is an error, and no tag
makes more than plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruamel.yaml import YAML

__all__ = ["YamlError", "line_of", "read_yaml"]

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
        It is not YAML, holds a key twice, or is nested too deeply.
    """
    from ruamel.yaml.error import YAMLError

    try:
        return _yaml().load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise YamlError(f"This is not YAML: {problem}", mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise YamlError("This is nested too deeply") from error


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
    node = _yaml().compose(text)
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
                return super().construct_object(node, deep)
            except (ValueError, KeyError, IndexError) as error:
                problem = f"{str(node.value)[:40]!r} cannot be read as {node.tag}"
                raise ConstructorError(None, None, problem, node.start_mark) from error

        def flatten_mapping(self, node: Any) -> None:
            if getattr(node, "merge", None) is None:
                _check_keys(node)
            super().flatten_mapping(node)
            if getattr(node, "merge", None) is not None:
                # Merges of merges would grow without end.
                node.merge, node.value = _last_of_each(node.merge), _last_of_each(node.value)

    return Resolver, Constructor


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
