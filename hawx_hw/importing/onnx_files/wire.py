"""Counts the parts of a protobuf message before it is parsed.

A parsed message takes up to a hundred times the memory of its bytes: an empty part takes two bytes
in the file and an object in memory. What a file makes of the parser's memory is bounded by the
number of its parts, which this module counts without keeping any.
"""

from __future__ import annotations

from typing import Any

__all__ = ["WireError", "count_parts"]

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_DEEPEST = 50


class WireError(ValueError):
    """Bytes that are no protobuf message, or one of too many parts or too deep."""


def count_parts(data: bytes | memoryview, descriptor: Any, limit: int) -> int:
    """The number of parts of a message, those of its parts included.

    Parameters
    ----------
    data : bytes
    descriptor : protobuf Descriptor
        Of the message.
    limit : int
        More parts are refused.

    Raises
    ------
    WireError
    """
    return _Counter(limit).count(memoryview(data), descriptor, 0)


class _Counter:
    def __init__(self, limit: int):
        self._limit = limit
        self._count = 0

    def count(self, data: memoryview, descriptor: Any, depth: int) -> int:
        if depth > _DEEPEST:
            raise WireError(f"its parts are nested deeper than {_DEEPEST}")
        fields = descriptor.fields_by_number
        position, end = 0, len(data)
        while position < end:
            self._count += 1
            if self._count > self._limit:
                raise WireError(f"it has more than {self._limit:,} parts")
            tag, position = _varint(data, position)
            kind = tag & 7
            if kind == _LENGTH:
                length, position = _varint(data, position)
                if length > end - position:
                    raise WireError("it ends early")
                field = fields.get(tag >> 3)
                if field is not None and field.message_type is not None:
                    part = data[position : position + length]
                    self.count(part, field.message_type, depth + 1)
                position += length
            elif kind == _VARINT:
                _, position = _varint(data, position)
            elif kind in (_FIXED32, _FIXED64):
                position += 4 if kind == _FIXED32 else 8
            else:
                raise WireError("it is no protobuf message")
        if position != end:
            raise WireError("it ends early")
        return self._count


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for index in range(10):
        if position >= len(data):
            raise WireError("it ends early")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, position
    raise WireError("it is no protobuf message")
