"""Sets of indices as people write them: ``3``, ``0-3``, ``"0-3, 8"`` or a list of these."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from hawx_hw.errors import shown

__all__ = ["Indices", "indices"]

_PART = re.compile(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?")
#: Ranges as other languages write them.
_FOREIGN = re.compile(r"\s*(\d{1,9})\s*(?::|\.\.+|\u2013|\u2014|to)\s*(\d{1,9})\s*")
_LIMIT = 1 << 20


def indices(value: int | str | list[int | str] | tuple[int | str, ...]) -> tuple[int, ...]:
    """The indices in ascending order, each once.

    Raises
    ------
    ValueError
        This is not a set of indices >= 0.
    """
    result: set[int] = set()
    for entry in value if isinstance(value, (list, tuple)) else [value]:
        for part in str(entry).split(",") if isinstance(entry, (int, str)) else [""]:
            match = None if isinstance(entry, bool) else _PART.fullmatch(part)
            if match is None:
                raise ValueError(f"must be indices such as 3, 0-3 or [0, 4-7], not {shown(value)}")
            first, last = int(match[1]), int(match[2] or match[1])
            if first > last or last >= _LIMIT:
                raise ValueError(f"must be indices in ascending order, not {shown(part.strip())}")
            result.update(range(first, last + 1))
    if not result:
        raise ValueError("must name at least one index")
    return tuple(sorted(result))


def _checked(value: Any) -> tuple[int, ...]:
    try:
        return indices(value)
    except ValueError as error:
        parts = value if isinstance(value, (list, tuple)) else [value]
        texts = [text for part in parts if isinstance(part, str) for text in part.split(",")]
        foreign = next(filter(None, map(_FOREIGN.fullmatch, texts)), None)
        if foreign is None:
            raise
        context = {"what": str(error), "hint": f"Write {foreign[1]}-{foreign[2]}."}
        raise PydanticCustomError("user_error", "{what}", context) from error


_ENTRY = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}

#: Of a pydantic model: a tuple of indices, from any of the ways to write them.
Indices = Annotated[
    tuple[int, ...],
    BeforeValidator(_checked),
    WithJsonSchema({"anyOf": [*_ENTRY["anyOf"], {"type": "array", "items": _ENTRY}]}),
]
