import gzip
import struct

import numpy as np
import pytest

from hawx_hw.datasets.idx import parse, read_content
from hawx_hw.errors import UserError


def idx(array):
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim)
    return header + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_parse_reads_what_was_written():
    array = np.random.default_rng(0).integers(0, 256, (3, 4, 5)).astype(np.uint8)
    np.testing.assert_array_equal(parse(idx(array), "f"), array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f: The file is not an idx file of unsigned bytes."),
        (b"\0\0\x0d\1\0\0\0\0", "f: The file is not an idx file of unsigned bytes."),
        (b"\0\0\x08\0", "f: The file is not an idx file of unsigned bytes."),
        (b"\0\0\x08\3\0\0\0\1", "f: The idx file ends within its header."),
        (b"\0\0\x08\1\0\0\0\5abc", "f: The idx file announces 5 bytes ((5,)) but holds 3."),
        (b"\0\0\x08\1\0\0\0\2abc", "f: The idx file announces 2 bytes ((2,)) but holds 3."),
    ],
)
def test_parse_refuses(content, message):
    with pytest.raises(UserError) as caught:
        parse(content, "f")
    assert str(caught.value) == message


def test_read_content_decompresses_by_name(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"abc"))
    (tmp_path / "a").write_bytes(b"abc")
    assert read_content(tmp_path / "a.gz") == read_content(tmp_path / "a") == b"abc"


@pytest.mark.parametrize("damage", ["cut", "altered", "not gzip", "empty"])
def test_read_content_names_a_damaged_file(tmp_path, damage):
    packed = bytearray(gzip.compress(bytes(range(256)) * 20))
    if damage == "cut":
        del packed[-20:]
    elif damage == "altered":
        packed[len(packed) // 2] ^= 0xFF
    elif damage == "not gzip":
        packed[:2] = b"PK"
    else:
        packed.clear()
    path = tmp_path / "x.gz"
    path.write_bytes(packed)
    if damage == "empty":  # an empty gzip stream is an empty content, which parse() refuses
        assert read_content(path) == b""
        return
    with pytest.raises(UserError, match=r"x\.gz: The file cannot be read: .* Remove it"):
        read_content(path)
