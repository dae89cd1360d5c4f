"""Return statements of functions, which Yosys does not read, as assignments to the function's name.

The two are the same where nothing of the function is executed after the statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["last_returns"]


def last_returns(function: Any) -> Iterator[Any]:
    """The return statements of a function after which nothing of it is executed.

    Parameters
    ----------
    function : FunctionDeclarationSyntax

    Yields
    ------
    ReturnStatementSyntax
    """
    statements = [item for item in function.items if not hasattr(item, "rawText")]
    if statements:
        yield from _last(statements[-1])


def _last(statement: Any) -> Iterator[Any]:
    kind = statement.kind.name
    if kind == "ReturnStatement":
        yield statement
    elif kind == "SequentialBlockStatement":
        inner = [item for item in statement.items if not hasattr(item, "rawText")]
        if inner:
            yield from _last(inner[-1])
    elif kind == "ConditionalStatement":
        yield from _last(statement.statement)
        if statement.elseClause is not None:
            yield from _last(statement.elseClause.clause)
    elif kind == "CaseStatement":
        for item in statement.items:
            yield from _last(item.clause)
