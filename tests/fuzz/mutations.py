"""Changes of good inputs: of trees of keys and values, of texts by tokens, of bytes."""

from __future__ import annotations

import copy
import re
import string
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

__all__ = ["NESTED", "ODD", "mutated_bytes", "mutated_text", "mutated_tree"]

#: Values of every type, of extreme sizes, and texts that mean something to some reader.
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 255, 2**31, 2**63, -(2**64), 10**30, 10**400,
    0.0, -0.0, 0.5, 1e-300, 1e308, float("inf"), float("-inf"), float("nan"),
    "", " ", "0", "-1", "1e3", "010", "1:3", "nan", "null", "a" * 300, "9" * 5000, "\0", "a\0b",
    "\n", "\u00e4\u4e2d", "\ud7ff", "\U0001f600", "../../x", "/", "~", "~nosuchuser/x", ".", "..",
    "$(touch x)", "`x`", "{}", "%s", "'\"\\", "-x", "exact", "drum(k=4)", "drum(k=-4)", "import:x",
    "python:x.py", "python:../x", "x.npz", "x.lib", "x.safetensors", "/dev/null", "0-1000000000",
    "2026-13-45", [], {}, [[]], {"": ""}, [None], ["exact", 1],
)  # fmt: skip
_TOKENS = (
    "", "(", ")", "{", "}", "[", "]", '"', "'", ";", ":", ",", "\\", "\n", "\0", "/*", "//", "#",
    "0", "-1", "1e999", "nan", "inf", "9" * 400, "0x", "$", "`", "&a", "*a", "!!python/none",
    "\u00e4", "\u2028", "\ufeff", "\x85", "a" * 300, "---", "...", "<<", "%", "@", "|", "1:3",
)  # fmt: skip
_WORDS = re.compile(r"[A-Za-z_$`][\w$]*|\d[\w.]*|\s+|.", re.S)
#: Stands in a tree for lists in lists, which no program of ours can write.
NESTED = "<nested>"


def mutated_tree(rng: Random, tree: Any) -> Any:
    """A copy of nested dicts and lists with one to four changes."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        tree = _changed_tree(rng, tree)
    return tree


def _changed_tree(rng: Random, tree: Any) -> Any:
    places = list(_places(tree))
    if not places:
        return rng.choice(ODD)
    parent, key = rng.choice(places)
    change = rng.randrange(7)
    if change <= 1:
        parent[key] = rng.choice(ODD)
    elif change == 2:
        parent[key] = _near(rng, parent[key])
    elif change == 3:
        del parent[key]
    elif change == 4 and isinstance(parent, dict):
        parent[str(rng.choice(ODD)) or "x"] = parent[key]
    elif change == 4:
        parent.insert(key, parent[key])
    elif change == 5:
        other, name = rng.choice(places)
        parent[key] = copy.deepcopy(other[name])
    else:
        parent[key] = [parent[key]] if rng.randrange(2) else {"x": parent[key]}
        if not rng.randrange(40):
            parent[key] = NESTED
    return tree


def _near(rng: Random, value: Any) -> Any:
    """A value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, -value, value * 1000, 0, value * 10**12))
    if isinstance(value, float):
        return rng.choice((-value, value * 1e9, 0.0, value * 1e300, float("nan")))
    if isinstance(value, str):
        return mutated_text(rng, value)
    return value


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a tree with each of its keys."""
    if isinstance(tree, dict):
        for key, value in list(tree.items()):
            yield tree, key
            yield from _places(value)
    elif isinstance(tree, list):
        # Of a long list a few entries stand for all.
        for index, value in enumerate(tree[:6]):
            yield tree, index
            yield from _places(value)


def mutated_text(rng: Random, text: str) -> str:
    """A text with one to six of its tokens or lines removed, repeated, exchanged or replaced."""
    for _ in range(rng.choice((1, 1, 2, 6))):
        text = _changed_text(rng, text)
    return text


def _changed_text(rng: Random, text: str) -> str:
    if not rng.randrange(4):
        lines = text.splitlines(keepends=True) or [""]
        _shuffle(rng, lines)
        return "".join(lines)
    tokens = _WORDS.findall(text) or [""]
    index = rng.randrange(len(tokens))
    change = rng.randrange(4)
    if change == 0:
        tokens[index] = rng.choice(_TOKENS)
    elif change == 1:
        tokens[index] += rng.choice((*_TOKENS, rng.choice(string.printable)))
    elif change == 2:
        tokens[index] = rng.choice(tokens)
    else:
        _shuffle(rng, tokens)
    return "".join(tokens)


def _shuffle(rng: Random, parts: list[str]) -> None:
    """Remove, repeat or move a part, or cut the rest off."""
    index, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    change: Callable[[], object] = rng.choice(
        (
            lambda: parts.pop(index),
            lambda: parts.insert(other, parts[index]),
            lambda: parts.insert(other, parts.pop(index)),
            lambda: parts.__delitem__(slice(index, index + 5)),
        )
    )
    change()
    if not rng.randrange(12):
        del parts[index:]


def mutated_bytes(rng: Random, content: bytes) -> bytes:
    """Bytes with one to six places altered, removed, repeated or cut off."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 6))):
        if not data:
            return b""
        # Headers decide more than what follows them.
        end = len(data) if rng.randrange(2) else min(len(data), 300)
        at = rng.randrange(end)
        change = rng.randrange(7)
        if change == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            data[at] = rng.choice((0, 0x0A, 0x22, 0x7F, 0x80, 0xFF))
        elif change == 2:
            del data[at : at + rng.choice((1, 2, 8, 100))]
        elif change == 3:
            data[at:at] = data[at : at + rng.choice((1, 8, 100))]
        elif change == 4:
            data[at : at + 8] = rng.choice((b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f"))
        elif change == 5:
            data[at:at] = rng.choice(_TOKENS).encode()
        else:
            del data[at:]
    return bytes(data)
