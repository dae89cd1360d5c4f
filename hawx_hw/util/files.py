"""Files that are never seen half-written: write aside in the same folder, then rename."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["sha256_file", "write_bytes", "write_json", "write_text"]


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` at once; its folder is created if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; these are ordinary ones.
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in UTF-8 at once."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Replace ``path`` by ``content`` as JSON with sorted keys at once."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True) + "\n")


def sha256_file(path: Path) -> str:
    """SHA-256 of the file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
