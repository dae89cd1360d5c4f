"""Damaged versions of a file's content, for tests of what reads it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

__all__ = ["damaged"]


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 10**12, 1.5, "", "x", "0-999999", "import:nothing", "../x"),
    *([], {}, [[]], {"a": 1}, [None], [1, 2, 3], _nested(60)),
)


def damaged(content: Any, *, entries: int = 2) -> Iterator[tuple[str, Any]]:
    """Versions of JSON-able content in which one value is another, or missing.

    Parameters
    ----------
    content : object
    entries : int
        How many entries of a list are damaged, one at a time.

    Yields
    ------
    (str, object)
        What was done, and the whole content with it.
    """
    for path in _paths(content, entries):
        for value in _VALUES:
            yield f"{'.'.join(map(str, path))} = {str(value)[:30]}", _with(content, path, value)
        if path:
            yield f"no {'.'.join(map(str, path))}", _without(content, path)


def _paths(content: Any, entries: int, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _paths(value, entries, (*path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content[:entries]):
            yield from _paths(value, entries, (*path, index))


def _with(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.copy(content)
    changed[path[0]] = _with(content[path[0]], path[1:], value)
    return changed


def _without(content: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.copy(content)
    if len(path) == 1:
        del changed[path[0]]
    else:
        changed[path[0]] = _without(content[path[0]], path[1:])
    return changed
