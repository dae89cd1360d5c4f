"""Why a unit stops."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CAUSES", "Cause"]


class Cause(enum.IntEnum):
    """Why the unit stopped. Of the causes that apply in one cycle, the lowest is reported."""

    ENCODING = 1
    REGISTER = 2
    LOOP = 3
    PC = 4
    ARGUMENT = 5
    STREAM = 6
    TAPS = 7
    BEATS = 8
    SELECTION = 9
    WINDOW = 10
    ACTIVATION = 11
    WEIGHT = 12
    REQUANTIZATION = 13
    STORE = 14
    SHIFT = 15
    SEQUENCE = 16
    WATCHDOG = 17


#: What each cause means, and what the trap's value is.
CAUSES: Mapping[Cause, tuple[str, str]] = MappingProxyType(
    {
        Cause.ENCODING: (
            "no such instruction, or one that the unit lacks, or a field that it does not have is "
            "not zero",
            "the instruction",
        ),
        Cause.REGISTER: (
            "no such vector register or predicate, or scalars beyond s15",
            "the number of the register, or the first beyond those that there are",
        ),
        Cause.LOOP: (
            "more loops in each other than the unit has, no instruction in the loop, a loop that "
            "ends after the one around it, or a branch out of a loop",
            "the first instruction after the loop, or the branch's target",
        ),
        Cause.PC: ("no instruction at this address", "the address"),
        Cause.ARGUMENT: ("no such argument", "its index"),
        Cause.STREAM: (
            "no such stream or store, or it has a number of groups that the unit has not",
            "its index",
        ),
        Cause.TAPS: ("more taps in a run than a lane's weight buffer holds", "taps"),
        Cause.BEATS: (
            "no beats, or beats of a register that there is not",
            "the register; 0 where there are no beats",
        ),
        Cause.SELECTION: ("no such selection of blocks", "its number"),
        Cause.WINDOW: (
            "a run reads a word that its stream does not fetch, or lies in more than two words",
            "address of the word",
        ),
        Cause.ACTIVATION: (
            "an address beyond the activation memory, or no byte of a word",
            "address of the word; the scalar where it names no byte",
        ),
        Cause.WEIGHT: ("an address beyond the weights", "address of the word"),
        Cause.REQUANTIZATION: (
            "an address beyond the requantization memory",
            "address of the word",
        ),
        Cause.STORE: ("a store beyond its memory", "address of the word"),
        Cause.SHIFT: ("a shift outside [1, 39]", "the shift"),
        Cause.SEQUENCE: (
            "the image is released twice, or a result is stored before any WAITR",
            "0",
        ),
        Cause.WATCHDOG: ("the inference takes longer than the watchdog allows", "0"),
    }
)
