"""What a stage's result depends on, as hashes that can be compared between runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from hawx_hw import resources
from hawx_hw.files import sha256_file

__all__ = ["code_hash", "differences", "json_hash", "versions"]

_PACKAGE = Path(__file__).resolve().parent
_BESIDE = {"rtl_templates": resources.rtl_templates, "sim": resources.sim}


@cache
def code_hash(part: str) -> str:
    """SHA-256 over the names and contents of all files of a part of this program.

    Parameters
    ----------
    part : str
        A module or folder of the package, such as ``"quantize"`` or ``"stages/emit.py"``, or
        ``"rtl_templates"`` or ``"sim"``.
    """
    root = _BESIDE[part]() if part in _BESIDE else _PACKAGE / part
    if not root.exists():
        raise ValueError(f"Code must be a file or folder of the program, not {part!r}")
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    state = hashlib.sha256()
    for file in files:
        name = file.relative_to(root.parent)
        if not any(piece == "__pycache__" or piece.startswith(".") for piece in name.parts):
            state.update(f"{name.as_posix()}\0{sha256_file(file)}\0".encode())
    return state.hexdigest()


def json_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON-able mapping; its order does not count."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def versions(*distributions: str) -> dict[str, str]:
    """Versions of installed Python distributions; what is not installed is left out."""
    found = {}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def differences(before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Dotted names of the entries that changed, came or went, in order."""
    changed = []
    for key in sorted({*before, *now}):
        name = f"{prefix}{key}"
        old, new = before.get(key), now.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            changed += differences(old, new, f"{name}.")
        elif old != new:
            changed.append(name)
    return changed
