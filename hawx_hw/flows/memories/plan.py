"""Which macro serves each memory of a design, and which memories none serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from hawx_hw.flows.memories.families import Family, Macro
from hawx_hw.flows.memories.instances import Memory
from hawx_hw.util.macros import MACROS, MacroKind

__all__ = ["Arrangement", "MemoryPlan", "Place", "Shape", "plan_memories"]

#: What a memory is made of; ``missing`` where it should be of macros and there are none for it.
Place = Literal["macros", "flip-flops", "logic", "missing"]
#: Most bits of a RAM of flip-flops: each loads the clock tree, whatever the area.
MOST_FLIP_FLOPS = 4096


class Shape(NamedTuple):
    """What memories have in common that are made alike.

    Parameters
    ----------
    kind : str
    width, depth, address_width : int
        See :class:`~hawx_hw.flows.memories.instances.Memory`.
    """

    kind: MacroKind
    width: int
    depth: int
    address_width: int

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.kind}, {self.depth:,} words of {self.width} bits"


@dataclass(frozen=True)
class Arrangement:
    """A memory as ``banks`` times ``parts`` equal macros.

    Parameters
    ----------
    macro : Macro
    banks : int
        That share the words, each a range of addresses.
    parts : int
        That share the bits of a word.
    area_um2 : float
        Of all of them.
    """

    macro: Macro
    banks: int
    parts: int
    area_um2: float

    @property
    def instances(self) -> list[str]:
        """Names of the macros, inside the memory's own module."""
        return [
            f"bank_{bank}_part_{part}" for bank in range(self.banks) for part in range(self.parts)
        ]


@dataclass(frozen=True)
class MemoryPlan:
    """What every memory of a design is made of.

    Parameters
    ----------
    family : Family or None
        The process's macros; None where it has none.
    memories : tuple of Memory
        Of the design.
    arrangements : mapping of Shape to Arrangement
        Of the memories that are made of macros.
    flip_flops : frozenset of Shape
        Of the RAMs that are made of flip-flops on purpose.
    """

    family: Family | None
    memories: tuple[Memory, ...]
    arrangements: Mapping[Shape, Arrangement]
    flip_flops: frozenset[Shape]

    def place(self, memory: Memory) -> Place:
        """What a memory is made of."""
        if not MACROS[memory.kind].written:
            return "logic"
        if shape_of(memory) in self.arrangements:
            return "macros"
        return "flip-flops" if shape_of(memory) in self.flip_flops else "missing"

    def count(self, place: Place) -> int:
        """How many memories are made so."""
        return sum(self.place(each) == place for each in self.memories)

    @property
    def missing(self) -> Mapping[Shape, int]:
        """Shapes of the memories that no macro serves, and how many memories have each."""
        return Counter(shape_of(m) for m in self.memories if self.place(m) == "missing")

    @property
    def exploration_only(self) -> bool:
        """Whether the design cannot become a chip so: a large memory is of flip-flops, or the
        macros have no layout.
        """
        manufacturable = self.family is None or self.family.manufacturable
        return bool(self.missing) or (bool(self.arrangements) and not manufacturable)

    @property
    def flip_flop_words(self) -> int:
        """Most words of a RAM of flip-flops; 0 where there is none."""
        flops = ("flip-flops", "missing")
        return max((m.depth for m in self.memories if self.place(m) in flops), default=0)

    @property
    def largest_flip_flop_bits(self) -> int:
        """Bits of the largest memory that synthesis itself maps; 0 where there is none."""
        return max((m.bits for m in self.memories if self.place(m) != "macros"), default=0)

    @property
    def macros(self) -> dict[str, Macro]:
        """The macros that are used, by name."""
        used = {each.macro.name: each.macro for each in self.arrangements.values()}
        return dict(sorted(used.items()))

    def instances(self) -> dict[str, list[str]]:
        """For each macro, its instances: paths from the top module's instances down."""
        paths: dict[str, list[str]] = {name: [] for name in self.macros}
        for memory in self.memories:
            arrangement = self.arrangements.get(shape_of(memory))
            if arrangement is not None:
                inside = f"{memory.path}.{branch_name(shape_of(memory))}.memory"
                paths[arrangement.macro.name] += [f"{inside}.{n}" for n in arrangement.instances]
        return paths

    @property
    def macro_area_um2(self) -> float:
        """Area of all macros."""
        shapes = (shape_of(each) for each in self.memories)
        return sum(self.arrangements[s].area_um2 for s in shapes if s in self.arrangements)

    def notes(self) -> tuple[str, ...]:
        """What a reader must know, worst first."""
        lines = [
            f"EXPLORATION ONLY: {self._nothing} serves {_counted(count, 'memory')} of "
            f"{shape.title}: {count * shape.width * shape.depth:,} flip-flops instead"
            for shape, count in self.missing.items()
        ]
        if self.exploration_only and not lines:
            assert self.family is not None
            lines.append(f"EXPLORATION ONLY: the {self.family.title} have no layout")
        roms = [m for m in self.memories if self.place(m) == "logic"]
        if roms:
            bits = sum(each.bits for each in roms)
            lines.append(
                f"{_counted(len(roms), 'read-only memory')} ({bits:,} bits) as logic: no process "
                "here has ROM macros; parameters: loaded makes them RAMs"
            )
        return tuple(lines)

    @property
    def _nothing(self) -> str:
        return (
            "no macro of the process" if self.family is None else f"none of the {self.family.title}"
        )


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun.removesuffix('y')}ies"


def shape_of(memory: Memory) -> Shape:
    """The shape of a memory."""
    return Shape(memory.kind, memory.width, memory.depth, memory.address_width)


def branch_name(shape: Shape) -> str:
    """Name of the block of Verilog that holds the macros of a shape."""
    return f"macros_{shape.depth}x{shape.width}"


def plan_memories(memories: Iterable[Memory], family: Family | None) -> MemoryPlan:
    """Choose what every RAM is made of: macros, or flip-flops where those take less area.

    RAMs of more than :data:`MOST_FLIP_FLOPS` bits are made of macros in any case.

    Parameters
    ----------
    memories : iterable of Memory
    family : Family or None
        None: the process has no macros.
    """
    every = tuple(sorted(memories))
    arrangements, flip_flops = {}, set()
    for shape in sorted({shape_of(each) for each in every if MACROS[each.kind].written}):
        least, bits = _least(shape, family), shape.width * shape.depth
        if bits <= MOST_FLIP_FLOPS and (
            least is None or family is None or bits * family.flip_flop_um2 <= least.area_um2
        ):
            flip_flops.add(shape)
        elif least is not None:
            arrangements[shape] = least
    return MemoryPlan(family, every, arrangements, frozenset(flip_flops))


def _least(shape: Shape, family: Family | None) -> Arrangement | None:
    """The macros of the least area; None where none has enough ports."""
    ports = 2 if MACROS[shape.kind].two_ports else 1
    if family is None:
        return None
    options = []
    for macro in family.macros:
        if macro.ports >= ports:
            banks, parts = -(-shape.depth // macro.words), -(-shape.width // macro.width)
            area = banks * parts * family.area_um2(macro)
            options.append(Arrangement(macro, banks, parts, area))
    return min(options, key=lambda each: (each.area_um2, each.macro.name), default=None)
