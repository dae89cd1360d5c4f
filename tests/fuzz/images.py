"""Folders of images for the fuzzer: good ones with one change in names, files, links or tables."""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from tests.datasets.images import encoded, noise
from tests.fuzz.mutations import mutated_bytes, mutated_text

__all__ = ["write_images"]

_TABLE = "file,label,split\n" + "".join(
    f"c{n % 2}/{n}.png,c{n % 2},{'test' if n > 5 else 'train'}\n" for n in range(8)
)
_CLASSES = "index,name\n0,c0\n1,c1\n2,c2\n"
_NAMES = (
    "train", "test", "val", "c0/deep/x.png", "x.png", ".hidden/x.png", "a\nb.png", "c0/x.gif",
    "labels.csv", "classes.csv", "classes.txt", "c" * 200, "007/x.png", "-1/x.png", "é/x.PNG",
)  # fmt: skip


def write_images(rng: Random, folder: Path) -> str:
    """Write a changed folder; returns the path that a config names, relative to ``folder``."""
    root = folder / "images"
    for number in range(8):
        _write(root / f"c{number % 2}" / f"{number}.png", _image(rng, number))
    if tables := rng.randrange(4):
        (root / "labels.csv").write_text(_TABLE, encoding="utf-8")
    if tables > 1:
        (root / "classes.csv").write_text(_CLASSES, encoding="utf-8")
    for _ in range(rng.randrange(1, 4)):
        # What the file system refuses is no input.
        with contextlib.suppress(OSError):
            _change(rng, root)
    return rng.choice(("images", "images/", "images/labels.csv", "images/c0"))


def _image(rng: Random, number: int) -> bytes:
    pixels = noise(12, 13, 3, seed=number)
    kind = rng.randrange(12)
    if kind == 0:
        return encoded(pixels, "JPEG", progressive=bool(rng.randrange(2)))
    if kind == 1:
        return encoded(pixels, "WEBP", lossless=bool(rng.randrange(2)))
    if kind == 2:
        mode = rng.choice(("1", "L", "LA", "P", "RGBA", "I;16"))
        wide = np.asarray(pixels[..., 0], dtype=np.uint16)
        return encoded(
            Image.fromarray(wide) if mode == "I;16" else Image.fromarray(pixels).convert(mode)
        )
    return encoded(pixels)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _change(rng: Random, root: Path) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    chosen, kind = rng.choice(files), rng.randrange(6)
    if kind == 0 and chosen.suffix in (".csv", ".txt"):
        text = mutated_text(rng, chosen.read_text("utf-8", "replace"))
        chosen.write_bytes(text.encode("utf-8", "surrogatepass"))
    elif kind <= 1:
        chosen.write_bytes(mutated_bytes(rng, chosen.read_bytes()))
    elif kind == 2:
        chosen.write_bytes(chosen.read_bytes()[: rng.randrange(200)])
    elif kind == 3:
        chosen.unlink()
    elif kind == 4:
        _write(root / rng.choice(_NAMES), chosen.read_bytes())
    else:
        targets = ("/etc/hostname", "..", ".", "nowhere", "c0", str(chosen), "../tiny.npz")
        Path(root / rng.choice(("c3", "c0/l.png", "l.png", "c1/d"))).symlink_to(rng.choice(targets))
