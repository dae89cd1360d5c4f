import json
import struct

import pytest
import safetensors.torch
import torch

from hawx_hw.networks.tensor_file import pack, unpack

TENSORS = {
    "first": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "second": torch.tensor([-1, 7], dtype=torch.int64),
}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_tensors_and_metadata_are_those_that_were_packed():
    tensors, metadata = unpack(pack(TENSORS, {"epoch": "3", "identity": "a"}))
    assert equal(tensors, TENSORS)
    assert metadata == {"epoch": "3", "identity": "a"}


def test_other_programs_read_the_file():
    assert equal(safetensors.torch.load(pack(TENSORS)), TENSORS)


def test_the_same_tensors_are_the_same_bytes():
    assert pack(TENSORS) == pack(TENSORS)


def test_a_file_without_a_checksum_is_read():
    tensors, metadata = unpack(safetensors.torch.save(TENSORS, {"made by": "another program"}))
    assert equal(tensors, TENSORS)
    assert metadata == {"made by": "another program"}


def test_no_altered_bit_changes_a_tensor_or_the_metadata_unnoticed():
    whole = pack(TENSORS, {"epoch": "3"})
    refused = 0
    for position in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << bit
            try:
                tensors, metadata = unpack(bytes(damaged))
            except ValueError:
                refused += 1
                continue
            # Only the name of the checksum's own entry may change: then there is none to compare.
            assert equal(tensors, TENSORS)
            assert metadata["epoch"] == "3"
            assert len(metadata) == 2
    assert refused > 0.9 * 8 * len(whole)


@pytest.mark.parametrize("end", range(0, len(pack(TENSORS)), 13))
def test_a_truncated_file_is_refused(end):
    with pytest.raises(ValueError):
        unpack(pack(TENSORS)[:end])


def test_the_checksum_cannot_be_replaced():
    with pytest.raises(ValueError, match="Metadata must not contain 'sha256'"):
        pack(TENSORS, {"sha256": "0"})


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"dtype": "F32", "shape": [0, 2**63], "data_offsets": [0, 0]}, "Overflow"),
        ({"dtype": "F4", "shape": [16], "data_offsets": [0, 8]}, "no numbers of type 'F4'"),
        ({"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}, "invalid value"),
        ([], "invalid"),
    ],
)
def test_an_entry_of_a_wrong_structure_is_refused(entry, problem):
    header = json.dumps({"a": entry}).encode()
    with pytest.raises(ValueError, match=problem):
        unpack(struct.pack("<Q", len(header)) + header + bytes(8 if "0, 8" in str(entry) else 0))


@pytest.mark.parametrize("header", [b"[]", b"null", b"[" * 100_000, b"9" * 5000, b""], ids=range(5))
def test_a_header_of_a_wrong_structure_is_refused(header):
    with pytest.raises(ValueError):
        unpack(struct.pack("<Q", len(header)) + header)


def test_a_tensor_that_stands_twice_is_refused():
    entry = b'"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
    header = b"{" + entry + b"," + entry + b"}"
    with pytest.raises(ValueError, match="the key 'a' stands twice"):
        unpack(struct.pack("<Q", len(header)) + header + bytes(8))
