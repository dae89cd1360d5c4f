"""JSON, with one error for all that can be wrong with a text."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["JsonError", "read_json"]

#: Deeper than any file of ours. Python's own limit depends on who calls.
_DEEPEST = 100


class JsonError(ValueError):
    """A text is no JSON, or none that a file of ours could hold."""


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text: dicts, lists, texts, numbers, booleans and None.

    Raises
    ------
    JsonError
        The text is no JSON, is nested more than a hundred levels deep, or holds a number of
        thousands of digits.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise JsonError("it is nested too deeply") from None
    except ValueError as error:
        raise JsonError(str(error)) from error
    level = [content]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _parts(outer)]
        if not level:
            return content
    raise JsonError("it is nested too deeply")


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
