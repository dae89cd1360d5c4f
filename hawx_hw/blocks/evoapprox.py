"""The signed 8 x 8 multipliers of EvoApproxLib, as members of the array family.

The library's names are ambiguous: 1KV8 and 1KVA name different circuits on its branches ``v2022``
and ``master``. A name therefore carries its branch, as ``mul8s_1KV8@v2022``; without a branch it is
accepted where both branches agree or only one has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.array import Array
from hawx_hw.errors import UserError, shown

__all__ = ["CIRCUITS", "Circuit", "circuit_of", "resolve"]


@dataclass(frozen=True)
class Circuit:
    """A circuit as it was published, for a 45 nm process.

    Parameters
    ----------
    v2022, master : str
        Its name on each branch, without ``mul8s_``.
    block : Array
        The same table.
    power_mw, area_um2, delay_ns : float
        Published.
    mae : float
        Published mean absolute error, rounded as there.
    wce_percent, error_rate_percent, mre_percent : float
        Published, rounded as there: the worst case in percent of 65,536, the share of wrong
        products, and the mean error relative to the products that are not zero.
    """

    v2022: str
    master: str
    block: Array
    power_mw: float
    area_um2: float
    delay_ns: float
    mae: float
    wce_percent: float
    error_rate_percent: float
    mre_percent: float

    @property
    def names(self) -> tuple[str, str]:
        """Its names with their branches."""
        return f"mul8s_{self.v2022}@v2022", f"mul8s_{self.master}@master"


CIRCUITS = tuple(
    Circuit(v2022, master, Array(*parameters), *costs, *errors)
    for v2022, master, parameters, costs, errors in (
        ("1KV6", "1KV8", (0, 0, 0), (0.425, 729.8, 1.48, 0.0), (0.0, 0.0, 0.0)),
        ("1KV8", "1KVA", (0, 0, 2), (0.422, 711.0, 1.48, 1.2), (0.0076, 50.0, 0.28)),
        ("1KV9", "1KVB", (0, 0, 3), (0.410, 685.2, 1.47, 4.2), (0.026, 68.75, 0.9)),
        ("1KVA", "1KX2", (0, 0, 4), (0.391, 641.1, 1.51, 12.0), (0.075, 81.25, 2.53)),
        ("1KVM", "1KR8", (1, 0, 0), (0.369, 652.8, 1.37, 32.0), (0.2, 49.8, 2.4)),
        ("1KVP", "1KR6", (1, 0, 3), (0.363, 635.0, 1.37, 33.0), (0.21, 74.8, 2.73)),
        ("1KVQ", "1KRC", (1, 0, 4), (0.351, 599.8, 1.36, 36.0), (0.25, 84.18, 3.64)),
        ("1L2J", "1L2H", (1, 1, 0), (0.301, 558.9, 1.36, 53.0), (0.39, 74.61, 4.41)),
        ("1KX5", "1KVL", (2, 0, 5), (0.289, 543.0, 1.33, 101.0), (0.69, 91.89, 8.93)),
        ("1KXF", "1KTY", (3, 0, 0), (0.237, 482.4, 1.19, 224.0), (1.37, 87.16, 15.72)),
        ("1L2L", "1L2D", (2, 2, 0), (0.200, 411.6, 1.14, 150.0), (1.16, 93.16, 12.26)),
        ("1L2N", "1L1G", (3, 3, 0), (0.126, 284.9, 0.94, 340.0), (2.66, 97.75, 27.44)),
        ("1L12", "1KR3", (6, 0, 0), (0.052, 172.2, 0.89, 2016.0), (12.3, 98.05, 135.77)),
    )
)

_NAME = re.compile(r"mul8s_(?P<name>1[0-9A-Z]{3})(?:@(?P<branch>\w+))?")


def resolve(name: str) -> Block | None:
    """The block of a name such as ``mul8s_1KV8@v2022``; None for a name of another form.

    Raises
    ------
    UserError
        There is no such circuit, or the name stands for two.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    circuit_name, branch = match["name"], match["branch"]
    if branch not in (None, "v2022", "master"):
        raise UserError(
            f"EvoApproxLib has no branch {branch!r}", hint="Write @v2022 or @master after the name."
        )
    matches = [
        (circuit, of)
        for circuit in CIRCUITS
        for of in ("v2022", "master")
        if getattr(circuit, of) == circuit_name and branch in (None, of)
    ]
    if not matches:
        known = ", ".join(name for circuit in CIRCUITS for name in circuit.names)
        raise UserError(
            f"EvoApproxLib has no signed multiplier {shown(name)}", hint=f"It has {known}."
        )
    if len({circuit.block for circuit, _ in matches}) > 1:
        means = " and ".join(f"{circuit.block.name} on {of}" for circuit, of in matches)
        raise UserError(
            f"{name!r} is two circuits: {means}",
            hint=f"Write {name}@{matches[0][1]} or {name}@{matches[1][1]}.",
        )
    return matches[0][0].block


def circuit_of(block: Block) -> Circuit | None:
    """The published circuit with the table of ``block``, or None."""
    for circuit in CIRCUITS:
        if circuit.block.digest == block.digest:
            return circuit
    return None
