"""Image files: exact where they are read, refused by name where something would be guessed."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from hawx_hw.datasets import image_files
from hawx_hw.datasets.image_files import decode, quiet_decoder
from hawx_hw.errors import UserError
from tests.datasets.images import encoded, noise

RGB, GREY = noise(13, 17, 3), noise(13, 17)


def planes(pixels: np.ndarray) -> np.ndarray:
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (encoded(RGB), RGB),
        (encoded(GREY), GREY),
        (encoded(RGB, "WEBP", lossless=True), RGB),
        (encoded(RGB, optimize=True), RGB),
        (encoded((GREY // 128 * 255).astype(bool)), GREY // 128 * 255),
    ],
)
def test_lossless_files(content: bytes, expected: np.ndarray) -> None:
    image = decode(content, "f")
    assert image.pixels.dtype == np.uint8 and not image.transparent
    np.testing.assert_array_equal(image.pixels, planes(expected))


@pytest.mark.parametrize("pixels", [RGB, GREY])
def test_jpeg_is_what_pillow_decodes(pixels: np.ndarray) -> None:
    smooth = np.full_like(pixels, 99)
    content = encoded(smooth, "JPEG", quality=95)
    np.testing.assert_allclose(decode(content, "f").pixels, planes(smooth), atol=2)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_is_scaled_to_the_whole_range(bits: int) -> None:
    levels = 2**bits
    line = np.packbits(
        np.unpackbits(np.arange(8, dtype=np.uint8)[:, np.newaxis] % levels, axis=1)[:, 8 - bits :]
    ).tobytes()
    content = png(struct.pack(">IIBBBBB", 8, 1, bits, 0, 0, 0, 0), zlib.compress(b"\0" + line))
    expected = np.arange(8) % levels * 255 // (levels - 1)
    assert decode(content, "f").pixels.tolist() == [[expected.tolist()]]


def png(header: bytes, data: bytes) -> bytes:
    """A PNG of a header and compressed lines, whatever they are."""
    parts = (b"IHDR", header), (b"IDAT", data), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(piece(kind, body) for kind, body in parts)


def piece(kind: bytes, body: bytes) -> bytes:
    """A part of a PNG."""
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


def test_transparency_is_dropped() -> None:
    alpha = noise(13, 17, 1, seed=1)
    for content, expected in [
        (encoded(np.concatenate([RGB, alpha], axis=2)), RGB),
        (encoded(Image.merge("LA", [Image.fromarray(GREY)] * 2)), GREY),
        (encoded(np.concatenate([RGB, alpha], axis=2), "WEBP", lossless=True, exact=True), RGB),
        (encoded(RGB, transparency=(1, 2, 3)), RGB),
        (encoded(GREY, transparency=7), GREY),
    ]:
        image = decode(content, "f")
        assert image.transparent
        np.testing.assert_array_equal(image.pixels, planes(expected))


@pytest.mark.parametrize("options", [{}, {"transparency": 0}, {"transparency": bytes(range(4))}])
def test_palettes_become_their_colors(options: dict[str, object]) -> None:
    image = Image.fromarray(RGB).quantize(4)
    expected = np.asarray(image.convert("RGB"))
    result = decode(encoded(image, **options), "f")
    np.testing.assert_array_equal(result.pixels, planes(expected))
    assert result.transparent == bool(options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(kind: str) -> None:
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16] = 200  # left half is bright
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise: the left side is then the top
    options = {"lossless": True} if kind == "WEBP" else {}
    image = decode(encoded(pixels, kind, exif=exif, **options), "f").pixels
    assert image.shape == (3, 32, 16)
    assert image[:, :15].mean() > 190 and image[:, 17:].mean() < 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            encoded(noise(5, 5).astype(np.uint16) * 257),
            "The image has 16 bits a channel. Convert it to a PNG of 8 bits",
        ),
        (
            png(struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0), zlib.compress(bytes(7))),
            "The image has 16 bits a channel.",
        ),
        (encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG"), "The image is of the kind CMYK."),
        (
            encoded(RGB, "GIF"),
            "The image cannot be read: it is no PNG, JPEG or WebP, or is cut off.",
        ),
        (encoded(RGB, "TIFF"), "The image cannot be read: it is no PNG, JPEG or WebP"),
        (encoded(RGB, "BMP"), "The image cannot be read: it is no PNG, JPEG or WebP"),
        (encoded(RGB, "PDF"), "The image cannot be read: it is no PNG, JPEG or WebP"),
        (b"", "The image cannot be read: it is no PNG, JPEG or WebP"),
        (b"<svg/>", "The image cannot be read: it is no PNG, JPEG or WebP"),
        (
            encoded(RGB, save_all=True, append_images=[Image.fromarray(255 - RGB)]),
            "The file has 2 frames.",
        ),
        (
            encoded(RGB, "WEBP", save_all=True, append_images=[Image.fromarray(255 - RGB)]),
            "The file has 2 frames.",
        ),
        (
            png(struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0), b""),
            "The image cannot be read: it has more than 67,108,864 pixels.",
        ),
        (
            png(struct.pack(">IIBBBBB", 10_000, 7_000, 8, 0, 0, 0, 0), b""),
            "The image has 10,000 x 7,000 pixels, more than 67,108,864. Make it smaller.",
        ),
        (png(struct.pack(">IIBBBBB", 2**31 - 1, 1, 8, 0, 0, 0, 0), b""), "The image"),
        (png(struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0), b"none"), "The image cannot be read: "),
        (
            png(struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0), zlib.compress(bytes(5))),
            "The image cannot be read: ",
        ),
        (png(struct.pack(">IIBBBBB", 0, 9, 8, 0, 0, 0, 0), b""), "The image"),
    ],
)
def test_what_is_refused(content: bytes, message: str) -> None:
    with quiet_decoder(), pytest.raises(UserError) as caught:
        decode(content, "cat/1.png")
    assert str(caught.value).startswith(f"cat/1.png: {message}")
    assert "\n" not in str(caught.value) and "BytesIO" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "head"), [(b"zTXt", b"k\0\0"), (b"iTXt", b"k\0\1\0\0\0"), (b"iCCP", b"p\0\0")]
)
def test_a_bomb_beside_the_pixels(kind: bytes, head: bytes) -> None:
    content = encoded(RGB)
    bomb = content[:33] + piece(kind, head + zlib.compress(bytes(4 << 20))) + content[33:]
    with pytest.raises(UserError, match="The image cannot be read: Decompressed data too large"):
        decode(bomb, "f")


def test_a_webp_that_declares_a_size() -> None:
    content = bytearray(encoded(noise(16, 16, 3), "WEBP", lossless=True))
    (bits,) = struct.unpack("<I", content[21:25])
    content[21:25] = struct.pack("<I", (bits >> 28 << 28) | 16382 | 16382 << 14)
    with quiet_decoder(), pytest.raises(UserError, match="has more than 67,108,864 pixels"):
        decode(bytes(content), "f")


FILES = {
    "PNG": encoded(RGB),
    "palette": encoded(Image.fromarray(RGB).quantize(4)),
    "JPEG": encoded(RGB, "JPEG"),
    "progressive": encoded(RGB, "JPEG", progressive=True),
    "WebP": encoded(RGB, "WEBP"),
    "lossless WebP": encoded(RGB, "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", FILES)
def test_no_cut_file_gives_other_pixels(name: str) -> None:
    """A cut one is refused, wherever it is cut, but for a checksum at its end."""
    content = FILES[name]
    whole, read = decode(content, "f").pixels, 0
    for length in {*range(0, len(content), 7), *range(len(content) - 24, len(content))}:
        try:
            image = decode(content[:length], "f")
        except UserError:
            continue
        read += 1
        np.testing.assert_array_equal(image.pixels, whole)
    assert read <= 4


@pytest.mark.parametrize("name", FILES)
def test_no_damage_escapes(name: str) -> None:
    """Whatever byte is altered: an image of some size, or one UserError."""
    content, rng = FILES[name], np.random.default_rng(1)
    for position in [*range(40), *rng.integers(40, len(content), 60)]:
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(rng.integers(8))
        try:
            with quiet_decoder():
                assert decode(bytes(damaged), "f").pixels.ndim == 3
        except UserError as error:
            assert str(error).startswith("f: The ")


def test_a_limit_of_pixels_before_any_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_files, "PIXELS_MAX", 13 * 17 - 1)
    with pytest.raises(UserError, match="The image has 17 x 13 pixels, more than 220"):
        decode(FILES["JPEG"], "f")
