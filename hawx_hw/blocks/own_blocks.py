"""The user's own blocks that a file or a config names, wherever it names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError

__all__ = ["own_circuits", "own_names"]

#: Prefixes of names whose blocks may change while the name stays.
_PREFIXES = ("import:", "python:")


def own_names(content: Any) -> list[str]:
    """The names of the user's own blocks among all texts of some JSON-able content, in order."""
    return sorted({text.strip() for text in _texts(content) if text.strip().startswith(_PREFIXES)})


def own_circuits(names: Iterable[str], folder: Path | None = None) -> dict[str, str | None]:
    """What results depend on of some blocks; see :attr:`Block.circuit_digest`.

    Parameters
    ----------
    names : iterable of str
    folder : Path or None
        See :func:`~hawx_hw.blocks.registry.by_name`.

    Returns
    -------
    dict of str to str or None
        By name; None for a block that is not there or cannot be loaded.
    """
    return {name: _circuit(name, folder) for name in names}


def _circuit(name: str, folder: Path | None) -> str | None:
    # Amaranth takes a quarter of a second to import, and most configs name no block of the user's.
    from hawx_hw.blocks.registry import by_name

    try:
        return by_name(name, folder).circuit_digest
    except UserError:
        return None


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(content, (list, tuple)):
        for value in content:
            yield from _texts(value)
