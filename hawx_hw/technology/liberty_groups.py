"""The tree of groups in a liberty file.

``name (arguments) { ... }`` is a group, with attributes ``name : value;`` and ``name (values);``.
Groups that are not used (noise, current source models) are skipped unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Group", "parse"]

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r'"[^"]*"|[{}();:]|[^\s{}();:"]+')
_READ = frozenset(
    {
        "library", "cell", "pin", "bus", "bundle", "timing", "ff", "latch", "statetable",
        "test_cell", "lu_table_template",
        "cell_rise", "cell_fall", "rise_transition", "fall_transition",
        "rise_constraint", "fall_constraint",
        "power_lut_template", "internal_power", "rise_power", "fall_power", "power",
        "leakage_power", "operating_conditions",
    }
)  # fmt: skip


@dataclass
class Group:
    """A group: its kind, what stands in its parentheses, its attributes, the groups within it."""

    kind: str
    arguments: list[str]
    attributes: dict[str, list[str]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """The first value of an attribute."""
        return self.attributes.get(name, [default])[0]

    def number(self, name: str, default: float = 0.0) -> float:
        """The first value of an attribute as a number."""
        return float(self.attributes.get(name, [str(default)])[0])

    def children(self, *kinds: str) -> Iterator[Group]:
        """The groups within, of these kinds."""
        return (group for group in self.groups if group.kind in kinds)


def parse(text: str) -> Group:
    """The groups of a liberty file within one nameless group.

    Raises
    ------
    ValueError, IndexError
        The text is not liberty.
    """
    text = _COMMENT.sub(" ", text).replace("\\\n", " ").replace("\\\r\n", " ")
    tokens = _TOKEN.finditer(text)
    root = Group("", [])
    stack = [root]
    name = ""
    for match in tokens:
        token = match[0]
        if token == "(":
            arguments = []
            for inner in tokens:
                if inner[0] == ")":
                    break
                arguments += [part for part in inner[0].strip('"').split(",") if part.strip()]
            arguments = [argument.strip() for argument in arguments]
            stack[-1].attributes[name] = arguments or [""]
        elif token == ":":
            parts = []
            for inner in tokens:
                if inner[0] in (";", "}"):
                    break
                parts.append(inner[0].strip('"'))
            stack[-1].attributes[name] = [" ".join(parts)]
            if inner[0] == "}":
                stack.pop()
        elif token == "{":
            group = Group(name, stack[-1].attributes.pop(name, []))
            if name in _READ:
                stack[-1].groups.append(group)
                stack.append(group)
            else:
                depth = 1
                for inner in tokens:
                    depth += {"{": 1, "}": -1}.get(inner[0], 0)
                    if depth == 0:
                        break
        elif token == "}":
            stack.pop()
        elif token != ";":
            name = token
    if len(stack) != 1:
        raise ValueError("the braces do not match")
    return root
