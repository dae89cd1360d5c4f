"""Named tensors in a safetensors file that carries its own checksum.

The format itself detects a truncated file and most damage to its header, but not one altered bit
of a weight: the file would load, and the network would be another one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import safetensors
import safetensors.torch
import torch

from hawx_hw.util.json_text import read_json

__all__ = ["pack", "unpack"]

_CHECKSUM = "sha256"
_METADATA = "__metadata__"


def pack(tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str] | None = None) -> bytes:
    """Content of a safetensors file whose metadata hold the checksum of everything else in it.

    Parameters
    ----------
    tensors : mapping of str to Tensor
    metadata : mapping of str to str or None
        Further texts; the name ``sha256`` is taken.
    """
    texts = dict(metadata or {})
    if _CHECKSUM in texts:
        raise ValueError(f"Metadata must not contain {_CHECKSUM!r}: it is the checksum's name")
    plain = safetensors.torch.save(dict(tensors), texts)
    return safetensors.torch.save(dict(tensors), {**texts, _CHECKSUM: _checksum(plain)})


def unpack(content: bytes) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file.

    A file that carries no checksum, such as one written by another program, is read without this
    check.

    Raises
    ------
    ValueError
        Not a safetensors file, or one that was altered after it was written.
    """
    try:
        tensors = safetensors.torch.load(content)
        metadata = dict(_split(content)[0].get(_METADATA) or {})
    except KeyError as error:
        raise ValueError(f"torch has no numbers of type {error}") from error
    # TypeError, RuntimeError: sizes that torch cannot make a tensor of.
    except (safetensors.SafetensorError, ValueError, TypeError, RuntimeError) as error:
        raise ValueError(str(error).splitlines()[0]) from error
    if metadata.pop(_CHECKSUM, None) not in (None, _checksum(content)):
        raise ValueError("its contents differ from its own checksum")
    # A checksum under another name is one whose name was altered.
    if any(len(text) == 64 and text == _checksum(content, name) for name, text in metadata.items()):
        raise ValueError("the name of its checksum was altered")
    return tensors, metadata


def _checksum(content: bytes, name: str = _CHECKSUM) -> str:
    """SHA-256 of header and data but for one entry, whatever the order of the header's entries."""
    header, data = _split(content)
    metadata = {k: v for k, v in (header.get(_METADATA) or {}).items() if k != name}
    described = json.dumps({**header, _METADATA: metadata}, sort_keys=True)
    return hashlib.sha256(described.encode() + b"\0" + data).hexdigest()


def _split(content: bytes) -> tuple[dict[str, dict], bytes]:
    """Header and data of a safetensors file: 8 bytes of length, JSON, tensors."""
    end = 8 + int.from_bytes(content[:8], "little")
    return read_json(content[8:end]), content[end:]
