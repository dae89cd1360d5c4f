"""The measured energy of the chosen design beside that of exact blocks and lower precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hawx_hw.report.tables import Table

if TYPE_CHECKING:
    from hawx_hw.power.references import ReferenceDesign
    from hawx_hw.power.result import PowerResult

__all__ = ["MeasuredEntry", "measured_designs", "measured_tables", "shares"]

_CHOSEN = "this design"
#: What the parts of a power report are, in the words of a comparison; the others are the rest.
_SHARES = {
    "blocks": "multipliers",
    "clock": "clock",
    "memories": "memories",
}
#: How the names of parts end whose modules hold blocks.
_AROUND = " without blocks"
_ADDERS, _REST = "registers, adders beside them", "the rest"


@dataclass(frozen=True)
class MeasuredEntry:
    """A design with what was measured of it.

    Parameters
    ----------
    what : str
        What it is, in words.
    accuracy : float or None
        On all test images, in [0, 1], where it is known.
    area : float
        In the library's unit.
    power : PowerResult
    """

    what: str
    accuracy: float | None
    area: float
    power: PowerResult


def measured_designs(
    power: PowerResult,
    area: float,
    accuracy: float | None,
    references: Sequence[ReferenceDesign],
    exact_accuracy: float | None,
) -> list[MeasuredEntry]:
    """The chosen design, and those that it is compared with.

    Parameters
    ----------
    power : PowerResult
        Of the chosen design.
    area : float
    accuracy, exact_accuracy : float or None
        Of the chosen design and of exact blocks, on all test images.
    references : sequence of ReferenceDesign
    """
    others = (
        MeasuredEntry(
            each.what,
            exact_accuracy if each.accuracy is None else each.accuracy,
            each.area,
            each.power,
        )
        for each in references
    )
    return [MeasuredEntry(_CHOSEN, accuracy, area, power), *others]


def shares(power: PowerResult) -> dict[str, float]:
    """Energy of an image in pJ by multipliers, registers, clock, memories, and the rest."""
    multipliers, *others = _SHARES.values()
    energies = dict.fromkeys((multipliers, _ADDERS, *others, _REST), 0.0)
    for part, group in power.parts.items():
        what = _ADDERS if part.endswith(_AROUND) else _SHARES.get(part, _REST)
        energies[what] += group.energy_pj
    return energies


def measured_tables(designs: Sequence[MeasuredEntry]) -> list[Table]:
    """Where each design spends the energy of an image; and its energy by memory model."""
    return [_by_part(designs), _by_memory_model(designs)]


def _by_part(designs: Sequence[MeasuredEntry]) -> Table:
    names = list(shares(designs[0].power))
    lines = [
        (
            design.what,
            "" if design.accuracy is None else f"{100 * design.accuracy:.2f} %",
            f"{design.area:,.0f}",
            f"{design.power.clock_mhz:g}",
            *map(_nj, (design.power.energy_pj, *shares(design.power).values())),
        )
        for design in designs
    ]
    chosen = designs[0].power
    for other in designs[1:]:
        saved = _saved(chosen, other.power)
        lines.append((f"saved against {other.what}", "", "", "", *map(_percent, saved)))
    title = (
        f"measured energy of an image, nJ, memory model {chosen.memory_model}; savings in % of all "
        "that the other design takes"
    )
    return Table(
        title, ("design", "test accuracy, as built", "um2", "MHz", "all", *names), tuple(lines)
    )


def _saved(chosen: PowerResult, other: PowerResult) -> list[float]:
    own, theirs = shares(chosen), shares(other)
    pairs = [(chosen.energy_pj, other.energy_pj), *((own[n], theirs[n]) for n in theirs)]
    return [(their - mine) / other.energy_pj for mine, their in pairs]


def _by_memory_model(designs: Sequence[MeasuredEntry]) -> Table:
    """With glitches, where they count, and without."""
    models = list(designs[0].power.memory_models)
    glitches = any(design.power.glitches is not None for design in designs)
    lines = []
    for design in designs:
        power = design.power
        pulses = power.glitches.glitch_pj if power.glitches is not None else 0.0
        energies = [power.memory_models[name].energy_pj for name in models]
        lines.append(
            (
                design.what,
                *map(_nj, energies),
                *(_nj(energy - pulses) for energy in energies if glitches),
            )
        )
    heading = (
        "design",
        *(f"nJ, {name}" for name in models),
        *(f"nJ, {name}, no glitches" for name in models if glitches),
    )
    return Table("measured energy of an image by memory model", heading, tuple(lines))


def _nj(energy_pj: float) -> str:
    return f"{energy_pj / 1000:,.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:+.1f} %"
