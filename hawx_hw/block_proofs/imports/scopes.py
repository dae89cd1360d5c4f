"""Names of other scopes: a simulator looks for them around the circuit too, and Yosys does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["nodes", "outside_names"]

#: Names of generate blocks that have none of their own.
_UNNAMED = re.compile(r"genblk\d+")
_DECLARING = ("Declarator", "InstanceName", "NamedBlockClause", "NamedLabel")


def nodes(root: Any) -> Iterator[Any]:
    """Every node below ``root`` and itself in order, without words."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node is not None and not hasattr(node, "rawText"):
            yield node
            stack.extend(reversed(list(node)))


def outside_names(module: Any) -> Iterator[Any]:
    """The first words of names such as ``other.x`` where the module declares no ``other``.

    Parameters
    ----------
    module : ModuleDeclarationSyntax

    Yields
    ------
    Token
    """
    declared: set[str] = set()
    firsts = []
    for node in nodes(module):
        kind = node.kind.name
        if kind in _DECLARING:
            declared.add(node.name.valueText)
        elif kind == "ScopedName" and node.separator.kind.name == "Dot":
            first = node.left.getFirstToken()
            # The left of x.y.z is x.y, which is a node of its own.
            if node.left.kind.name != kind and first.kind.name == "Identifier":
                firsts.append(first)
    for first in firsts:
        if first.valueText not in declared and not _UNNAMED.fullmatch(first.valueText):
            yield first
