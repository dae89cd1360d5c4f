"""Image files and folders for tests."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["encoded", "folder", "noise"]


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """Random pixels: uint8 ``shape``."""
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def encoded(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The content of a file of an image, ``(H, W)`` or ``(H, W, C)``."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def folder(path: Path, files: Mapping[str, bytes | np.ndarray | str]) -> Path:
    """Write files by their paths in a folder: contents, or pixels that become PNG."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, np.ndarray):
            content = encoded(content)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
