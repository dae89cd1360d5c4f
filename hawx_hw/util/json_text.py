"""JSON, with one error for all that can be wrong with a text."""

from __future__ import annotations

import json
from collections import Counter
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
        The text is no JSON, is nested more than a hundred levels deep, holds a number of
        thousands of digits, a key twice in one object, or half of a character.
    """
    try:
        content = json.loads(text, object_pairs_hook=_distinct)
        if "\\u" in text if isinstance(text, str) else b"\\u" in text:
            # Half of a surrogate pair becomes a text that no file can hold.
            json.dumps(content, ensure_ascii=False).encode()
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


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise JsonError(f"the key {twice[:100]!r} stands twice in one object")
    return content


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
