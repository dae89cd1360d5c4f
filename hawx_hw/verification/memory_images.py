"""Compares the emitted memory images with the network, word for word.

A simulation reads only the words that its images reach; here every bit counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hawx_hw.architectures.base import ParameterMemory, Plan
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.util.files import read_bytes

__all__ = ["check_memory_images"]

#: The packet of all memories that are loaded at run time.
_PACKET = "parameters.bin"


def check_memory_images(plan: Plan, folder: Path) -> None:
    """Compare every memory image in ``folder`` with the network of ``plan``.

    Raises
    ------
    VerificationError
        A word differs; the message has its file, memory, address and layer.
    UserError
        A file is missing, or is no memory image.
    """
    memories = plan.memories()
    if plan.loadable:
        _check_packet(memories, folder / _PACKET)
        return
    for memory in memories:
        path = folder / f"{memory.name}.hex"
        _compare(memory, _hexadecimal(path), path)


def _check_packet(memories: Sequence[ParameterMemory], path: Path) -> None:
    packet = _read(path)
    start = 0
    for memory in memories:
        octets = -(-memory.width // 8)
        end = start + octets * memory.depth
        words = [
            int.from_bytes(packet[at : at + octets], "little")
            for at in range(start, min(end, len(packet)), octets)
        ]
        _compare(memory, words, path)
        start = end
    if len(packet) != start:
        raise VerificationError(f"{path} has {len(packet)} bytes, not {start}.")


def _hexadecimal(path: Path) -> list[int]:
    try:
        return [int(word, 16) for word in _read(path).split()]
    except ValueError:
        raise UserError(
            "The memory image holds something else than hexadecimal words.",
            where=str(path),
            hint="Emit the accelerator again: hawx emit CONFIG",
        ) from None


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise UserError(
            f"The memory image cannot be read: {error.strerror or error}.",
            where=str(path),
            hint="Emit the accelerator again: hawx emit CONFIG",
        ) from None


def _compare(memory: ParameterMemory, words: Sequence[int], path: Path) -> None:
    if len(words) != memory.depth:
        raise VerificationError(
            f"{path}: memory {memory.name} has {len(words)} words, not {memory.depth}."
        )
    wrong = [
        (address, word, expected)
        for address, (word, expected) in enumerate(zip(words, memory.words, strict=True))
        if word != expected
    ]
    if not wrong:
        return
    address, word, expected = wrong[0]
    layer = memory.layer_of(address)
    digits = -(-memory.width // 4)
    raise VerificationError(
        f"{path}: memory {memory.name} differs from the network: word {address}"
        f"{f' (layer {layer})' if layer else ''} is {word:0{digits}x}, not {expected:0{digits}x}; "
        f"{len(wrong)} of {memory.depth} words differ."
    )
