"""What a stage's result depends on, as hashes that can be compared between runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any

__all__ = ["differences", "json_hash", "versions"]


def json_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON-able mapping; its order does not count."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def versions(*distributions: str) -> dict[str, str]:
    """Versions of installed Python distributions; what is not installed is left out."""
    installed = {}
    for name in distributions:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


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
