"""How the store memory holds stores: what a walk needs, so that each of its steps is one sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hawx_hw.architectures.simt.descriptors import Store
from hawx_hw.architectures.simt.packed_words import PackedFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.graph.graph import CODE_MAX, CODE_MIN, SHIFT_MAX, SHIFT_MIN

__all__ = ["FIELDS", "StoreFormat", "constant_parts", "last_step", "steps_of_word"]

#: Fields of a word, the first at bit 0, with their meaning.
FIELDS: Mapping[str, str] = {
    "window": "registers of a window, less one",
    "words": "words of a window, less one",
    "last_steps": "steps of the last word, less one",
    "last_codes": "codes of its last step, less one",
    "groups": "pixel groups, less one",
    "group_words": "words of registers from a group's last one in use to the next group",
    "word_step": "address from one word of a window to the next",
    "window_step": "address from a window's last word to the next window",
    "constant_step": "constants from one word of a window to the next",
    "constant_back": "constants from a window's last word to the first",
    "element_step": "constants from one register of a window to the next",
    "shift": "bits that are dropped, from the least number of them of all stores on",
    "low": "least code, from that of all codes on",
    "high": "largest code, from that of all codes down",
    "step": "codes are multiples of it; less one",
    "result": "words go to the result memory",
    "refused": "the unit has no such groups or lanes",
    "bad_shift": "the shift is out of range",
}
_SIGNED = frozenset({"word_step", "window_step", "constant_step", "constant_back", "element_step"})


def steps_of_word(unit: Unit) -> int:
    """Steps of a whole word of which no window is reduced."""
    return -(-unit.word // unit.requantizers)


def constant_parts(unit: Unit) -> int:
    """Words of the requantization memory for a word of constants: a power of two.

    Each holds the constants of a step of the requantizers.
    """
    return 1 << (steps_of_word(unit) - 1).bit_length()


def last_step(store: Store, unit: Unit) -> tuple[int, int]:
    """Steps of a window's last word, and codes of the last of them."""
    codes = store.codes(unit, store.words(unit) - 1)
    steps = -(-codes // unit.requantizers)
    return steps, codes - (steps - 1) * unit.requantizers


def _values(store: Store, unit: Unit) -> dict[str, int]:
    """The value of each field; of those that play no part, 0."""
    s = store
    refused = s.groups not in unit.groups or s.lanes > unit.group_lanes(s.groups)
    # What is refused is walked in no step.
    words = 1 if refused else s.words(unit)
    steps, codes = (1, 1) if refused else last_step(s, unit)
    groups = 1 if refused else s.groups
    return {
        "window": s.window - 1,
        "words": words - 1,
        "last_steps": steps - 1,
        "last_codes": codes - 1,
        "groups": groups - 1,
        "group_words": unit.group_lanes(groups) // unit.word - (words - 1) if groups > 1 else 0,
        "word_step": s.block_step if words > 1 else 0,
        "window_step": s.window_step - (words - 1) * s.block_step,
        "constant_step": s.constant_step if words > 1 else 0,
        "constant_back": -(words - 1) * s.constant_step,
        "element_step": s.element_step if s.window > 1 else 0,
        "shift": s.shift,
        "low": s.low - CODE_MIN,
        "high": CODE_MAX - s.high,
        "step": s.step - 1,
        "result": int(s.result),
        "refused": int(refused),
        "bad_shift": int(not SHIFT_MIN <= s.shift <= SHIFT_MAX),
    }


@dataclass(frozen=True)
class StoreFormat(PackedFormat[Store]):
    """Widths of the fields of a unit's stores, those of :data:`FIELDS`.

    Parameters
    ----------
    least_shift : int
        What the field ``shift`` counts from.
    """

    least_shift: int = 0

    KIND = "Store"
    FIELDS = FIELDS
    SIGNED = _SIGNED

    @staticmethod
    def values(store: Store, unit: Unit) -> dict[str, int]:
        """The value of each field; of those that play no part, 0."""
        return _values(store, unit)

    @classmethod
    def of(cls, descriptors: Sequence[Store], unit: Unit) -> StoreFormat:
        """The narrowest one that holds ``descriptors``; registers as they are need no shift."""
        shifts = [0] if unit.has("STV") or not descriptors else [s.shift for s in descriptors]
        least = min(shifts)
        words = [_values(store, unit) for store in descriptors]
        return cls(unit, cls.narrowest([_less(word, least) for word in words]), least)

    def stored(self, descriptor: Store) -> Mapping[str, int]:
        """The values of the fields of a descriptor's word."""
        return _less(_values(descriptor, self.unit), self.least_shift)


def _less(values: Mapping[str, int], shift: int) -> dict[str, int]:
    return {**values, "shift": values["shift"] - shift}
