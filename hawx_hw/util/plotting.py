"""Pictures that are the same bytes for the same content."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.util.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SUFFIXES", "can_draw", "picture"]

#: What a picture's file may end in.
SUFFIXES = (".png", ".svg")


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


@contextmanager
def picture(path: Path, size: tuple[float, float], *, where: str | None = None) -> Iterator[Figure]:
    """An empty figure that is written when its block ends.

    Parameters
    ----------
    path : Path
        Ends in one of :data:`SUFFIXES`.
    size : tuple of float
        Width and height in inches.
    where : str or None
        What names the path, for errors.

    Raises
    ------
    UserError
        Another ending, or matplotlib is missing.
    """
    if path.suffix not in SUFFIXES:
        raise UserError(
            f"A picture must be a file {' or '.join(SUFFIXES)}, not {path.name!r}", where=where
        )
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as New
    except ImportError as error:
        raise UserError(
            "Pictures need matplotlib, which is missing.",
            hint="Install it with: python -m pip install matplotlib",
        ) from error
    content = io.BytesIO()
    # Text as text, and no random identifiers.
    with mpl.rc_context({"svg.hashsalt": "hawx", "svg.fonttype": "none", "font.size": 8}):
        figure = New(figsize=size, layout="constrained")
        yield figure
        # Neither the date nor the version of matplotlib.
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(content, format=path.suffix[1:], dpi=120, metadata=metadata)
    write_bytes(path, content.getvalue())
