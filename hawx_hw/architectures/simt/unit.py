"""The numbers that size a unit: what programs, the simulator and the gateware agree on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from hawx_hw.architectures.simt.isa import (
    INSTRUCTIONS,
    LOOP_LEVELS,
    PREDICATES,
    Place,
    barrel_period,
    multiply_latency,
    operation_named,
)
from hawx_hw.util.divisors import divisors

__all__ = ["RANGES", "Unit", "default_cluster", "default_requantizers", "default_warps"]

#: Least and largest value of each number.
RANGES: dict[str, tuple[int, int]] = {
    "lanes": (1, 64),
    "cluster": (1, 64),
    "warps": (1, 8),
    "registers": (2, 32),
    "word": (1, 64),
    "taps": (1, 32),
    "requantizers": (1, 8),
    "register_bits": (16, 32),
    "scalar_bits": (12, 24),
    "addend_bits": (8, 64),
    "product_bits": (24, 80),
    "activation_words": (1, 1 << 24),
    "result_words": (1, 1 << 24),
    "loops": (0, LOOP_LEVELS),
    "predicates": (0, PREDICATES - 1),
}
#: Lanes up to which two warps keep the multiply engine busy.
_TWO_WARPS = 8
#: Most lanes of a cluster, and bytes of a word, where there is a choice; and fewest.
_MOST, _FEWEST = 8, 4


def default_cluster(lanes: int) -> int:
    """The largest divisor up to 8, or all lanes where that is below 4.

    By the same rule a cluster is parted into words.
    """
    largest = max(n for n in divisors(lanes) if n <= _MOST)
    return largest if largest >= _FEWEST else lanes


def default_warps(lanes: int) -> int:
    """As few warps as keep the multiply engine busy."""
    return 2 if lanes <= _TWO_WARPS else 3


def default_requantizers(lanes: int) -> int:
    """One for 32 lanes."""
    return -(-lanes // 32)


@dataclass(frozen=True)
class Unit:
    """The numbers of a unit.

    Parameters
    ----------
    lanes : int
        N.
    cluster : int
        S, lanes that share one activation; divides ``lanes``. 0: :func:`default_cluster`.
    warps : int
        W. 0: :func:`default_warps`.
    registers : int
        R, vector registers of a thread.
    word : int
        L, bytes of an activation word; divides ``cluster``. 0: :func:`default_cluster` of it.
    taps : int
        T, taps that a lane's weight buffer holds.
    requantizers : int
        Q, codes that are requantized in a cycle; at most ``word``. 0:
        :func:`default_requantizers`, or ``word`` where that is less.
    block_register : bool
        Whether a register follows each block.
    groups : tuple of int
        Numbers of pixel groups that streams and stores may have: divisors of the number of
        clusters, ascending, 1 among them. Empty: all divisors.
    register_bits : int
        Width of a vector register, two's complement.
    scalar_bits : int
        Width of a scalar, unsigned.
    addend_bits, product_bits : int
        Two's complement widths of a requantizer's addend, and of its sum of products.
    activation_words, result_words : int
        Depths of these memories.
    loops : int
        Loops that a warp may be in, one in the other.
    predicates : int
        Predicates of a thread that may be written: p1 and on.
    instructions : tuple of str
        Those that there are, of :data:`~hawx_hw.architectures.simt.isa.INSTRUCTIONS` and in their
        order. Empty: all.

    Raises
    ------
    ValueError
        Numbers that do not go together; it begins with the name of one of them.
    """

    lanes: int = 8
    cluster: int = 0
    warps: int = 0
    registers: int = 8
    word: int = 0
    taps: int = 8
    requantizers: int = 0
    block_register: bool = False
    groups: tuple[int, ...] = field(default=())
    register_bits: int = 24
    scalar_bits: int = 16
    addend_bits: int = 32
    product_bits: int = 48
    activation_words: int = 1024
    result_words: int = 64
    loops: int = LOOP_LEVELS
    predicates: int = PREDICATES - 1
    instructions: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        _in_range(self, "lanes")
        defaults = {
            "cluster": lambda: default_cluster(self.lanes),
            "warps": lambda: default_warps(self.lanes),
            "word": lambda: default_cluster(max(1, self.cluster)),
            "requantizers": lambda: min(default_requantizers(self.lanes), self.word),
        }
        for name, default in defaults.items():
            if getattr(self, name) == 0:
                object.__setattr__(self, name, default())
        for name in RANGES:
            _in_range(self, name)
        if self.lanes % self.cluster:
            raise ValueError(f"cluster must divide lanes, {self.lanes}, not {self.cluster}")
        if self.cluster % self.word:
            raise ValueError(f"word must divide cluster, {self.cluster}, not {self.word}")
        if self.requantizers > self.word:
            raise ValueError(f"requantizers must be at most {self.word}, the bytes of a word, "
                             f"not {self.requantizers}")  # fmt: skip
        if self.product_bits < self.register_bits:
            raise ValueError(f"product_bits must be at least {self.register_bits}, those of a "
                             f"vector register, not {self.product_bits}")  # fmt: skip
        possible = divisors(self.clusters)
        if not self.groups:
            object.__setattr__(self, "groups", possible)
        given = tuple(self.groups)
        if given != tuple(sorted(set(given) & set(possible))) or given[:1] != (1,):
            raise ValueError(
                f"groups must be 1 and other divisors of {self.clusters}, the number of clusters, "
                f"ascending, not {given}"
            )
        named = tuple(self.instructions)
        if named != tuple(name for name in INSTRUCTIONS if name in named):
            raise ValueError(
                "instructions must be some of those that there are, in the order of their "
                f"opcodes, not {', '.join(named)}"
            )
        if self.activation_words > 1 << self.word_bits:
            raise ValueError(
                f"activation_words must be at most {1 << self.word_bits}, which scalars of "
                f"{self.scalar_bits} bits reach, not {self.activation_words}"
            )

    @property
    def clusters(self) -> int:
        """G = N / S."""
        return self.lanes // self.cluster

    @property
    def byte_bits(self) -> int:
        """Low bits of an activation address that number the byte of a word."""
        return (self.word - 1).bit_length()

    @property
    def word_bits(self) -> int:
        """The other bits of an activation address: the number of the word."""
        return self.scalar_bits - self.byte_bits

    def group_lanes(self, groups: int) -> int:
        """Lanes of each of some pixel groups."""
        return self.lanes // groups

    def address(self, byte: int) -> int:
        """The activation address of a byte, counted over all words, as scalars and steps hold it.

        The byte's number in its word is in the low bits, the number of the word in the others.
        Where words have a power of two of bytes, it is the byte's number itself. Negative bytes
        (and steps) have negative addresses.
        """
        word, place = divmod(byte, self.word)
        return (word << self.byte_bits) | place

    # Instructions -----------------------------------------------------------------------------

    def has(self, *mnemonics: str) -> bool:
        """Whether there is any of some instructions, with or without a suffix."""
        return any(each.partition(".")[0] in mnemonics for each in self._present)

    def has_name(self, name: str) -> bool:
        """Whether there is an instruction with this suffix, or without one where it has none."""
        return name in self._present

    @property
    def _present(self) -> tuple[str, ...]:
        return self.instructions or INSTRUCTIONS

    @property
    def vectors(self) -> bool:
        """Whether there are instructions on whole vector registers, without a walk."""
        return any(
            operation_named(name.partition(".")[0]).place in (Place.BROADCAST, Place.ARITHMETIC)
            for name in self._present
        )

    @property
    def compares(self) -> bool:
        """Whether some of these write predicates."""
        return self.has("VLT", "VEQ")

    @property
    def adds_codes(self) -> bool:
        """Whether there are stream instructions that multiply nothing."""
        return self.has("LDV", "RADD", "RMAX")

    @property
    def takes_own(self) -> bool:
        """Whether there are stream instructions whose lanes take a byte of their own."""
        return self.adds_codes or self.has("MACW")

    @property
    def masks(self) -> bool:
        """Whether an instruction may leave lanes out."""
        return self.predicates > 0

    # Cycles -----------------------------------------------------------------------------------

    @property
    def period(self) -> int:
        """Cycles between two slots of a warp: b."""
        return barrel_period(self.warps)

    @property
    def multiply_latency(self) -> int:
        """From the multiply engine's last step to the end of its instruction: D."""
        return multiply_latency(self.block_register)

    def begin_cycle(self, warp: int, cycle: int) -> int:
        """The first cycle from ``cycle`` on in which a warp may begin an instruction."""
        return cycle + (warp - cycle) % self.period

    @property
    def layout(self) -> dict[str, object]:
        """All numbers by name, JSON-able."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def _in_range(unit: Unit, name: str) -> None:
    low, high = RANGES[name]
    value = getattr(unit, name)
    if not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be in [{low}, {high}], not {value!r}")
