"""Image files -> uint8, where nothing is guessed and nothing but transparency is lost.

=====================  ============================================================================
PNG, JPEG, WebP        by their content; the ending of the name does not matter
grey, RGB, 8 bits      as they are; grey of 1, 2 or 4 bits is scaled to 0 to 255, as PNG defines
palette                to RGB, which is exact
transparency           dropped, and noted
EXIF orientation       applied
color profiles, gamma  not applied
16 bits, CMYK, others  refused
several frames         refused
=====================  ============================================================================

The bytes of a file are all that is read. A file that declares more than :data:`PIXELS_MAX` pixels
is refused before any is decoded.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image as ImageType

__all__ = ["ENDINGS", "FORMATS", "PIXELS_MAX", "DecodedImage", "decode", "quiet_decoder"]

#: Formats that are read, as Pillow names them, and the endings of their files' names.
FORMATS = ("PNG", "JPEG", "WEBP")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
#: Pixels of the largest image.
PIXELS_MAX = 1 << 26
_TO_GREY, _TO_RGB = ("1", "L", "LA"), ("RGB", "RGBA", "RGBX", "P", "PA")
_WITH_ALPHA = ("LA", "RGBA", "PA")
_HINT = "Convert it to a PNG of 8 bits, grey or RGB."
#: Where the header of a PNG has its number of bits.
_PNG, _BITS_AT = b"\x89PNG\r\n\x1a\n", 24


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """An image.

    Parameters
    ----------
    pixels : ndarray of uint8
        ``(1, H, W)`` or ``(3, H, W)``.
    transparent : bool
        Whether the file has transparency, which is dropped.
    """

    pixels: np.ndarray
    transparent: bool


@contextmanager
def quiet_decoder() -> Iterator[None]:
    """Within it, :func:`decode` warns of nothing; for all threads, so around them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def decode(content: bytes, where: str) -> DecodedImage:
    """The image in the content of a file.

    Parameters
    ----------
    content : bytes
    where : str
        The file, for errors.

    Raises
    ------
    UserError
        It is no such image, is damaged or truncated, too large, or of a kind that is refused.
    """
    try:
        return _decoded(content, where)
    except UserError:
        raise
    except Exception as error:  # Pillow raises a dozen types on damaged files
        detail = str(error).partition("\n")[0][:200].rstrip(".") or type(error).__name__
        raise UserError(
            f"The image cannot be read: {_described(detail)}.",
            where=where,
            hint="Remove the file, or write it anew as PNG, JPEG or WebP.",
        ) from error


def _described(detail: str) -> str:
    # Pillow names the object that it reads from, and limits pixels by itself.
    if "cannot identify image file" in detail:
        return "it is no PNG, JPEG or WebP, or is cut off"
    return f"it has more than {PIXELS_MAX:,} pixels" if "exceeds limit of" in detail else detail


def _decoded(content: bytes, where: str) -> DecodedImage:
    from PIL import Image, ImageOps

    if content.startswith(_PNG):
        # Decoding takes a PNG for whole whose last chunk is cut or has another checksum.
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            _check(image, content, where)
            image.verify()
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        _check(image, content, where)
        image.load()
        transparent = image.mode in _WITH_ALPHA or "transparency" in image.info
        mode = "L" if image.mode in _TO_GREY else "RGB"
        upright = ImageOps.exif_transpose(image)
        if upright.mode == "P" and "transparency" in upright.info:
            # Pillow warns of what is dropped here.
            upright = upright.convert("RGBA")
        pixels = np.asarray(upright if upright.mode == mode else _plain(upright, mode))
    planes = pixels[np.newaxis] if mode == "L" else pixels.transpose(2, 0, 1)
    return DecodedImage(np.ascontiguousarray(planes), transparent)


def _plain(image: ImageType, mode: str) -> ImageType:
    """Without transparency; what is covered by it shows, as it is stored."""
    from PIL import Image

    if image.mode in ("LA", "RGBA"):
        bands = image.split()[:-1]
        return bands[0] if mode == "L" else Image.merge("RGB", bands)
    return image.convert(mode)


def _check(image: ImageType, content: bytes, where: str) -> None:
    width, height = image.size
    if width * height > PIXELS_MAX:
        _refuse(
            f"The image has {width:,} x {height:,} pixels, more than {PIXELS_MAX:,}.",
            where,
            "Make it smaller.",
        )
    if (frames := getattr(image, "n_frames", 1)) != 1:
        _refuse(f"The file has {frames} frames.", where, "Store each as an image of its own.")
    if content.startswith(_PNG) and content[_BITS_AT : _BITS_AT + 1] == b"\x10":
        _refuse("The image has 16 bits a channel.", where, _HINT)
    if image.mode not in (*_TO_GREY, *_TO_RGB):
        _refuse(f"The image is of the kind {image.mode}.", where, _HINT)


def _refuse(what: str, where: str, hint: str) -> NoReturn:
    raise UserError(what, where=where, hint=hint)
