"""A block designed for a layer: the mask with the least error of those that take so much energy.

Masks, plain lower precision and arrays are treated alike: activations are rounded to the bits that
the block reads, weights are chosen together, the energy is that of the synthesized block under the
operands that it then gets. Errors are measured on images that nothing was chosen by.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hawx_hw.block_design.energy import BlockEnergy, LayerEnergies, Use
from hawx_hw.block_design.held_out import Errors, Estimate, HeldOut, estimate
from hawx_hw.block_design.layer import Layer
from hawx_hw.block_design.search import Candidate, MaskSearch, arrays, rectangles
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.mask import ALL, Mask, mask_of
from hawx_hw.errors import UserError

__all__ = ["BlockDesigner", "Design", "Row"]

#: Masks whose energy is interpolated to be more than this times the limit are not synthesized.
_MARGIN = 1.1
#: Arrays whose energy is interpolated to be less than this times the limit are not tried.
_LEAST = 0.7
#: Arrays of a number of partial products that weights are chosen together for.
_ARRAYS = 3
#: Plain precisions that a mixture is sought among, by their interpolated energies relative to the
#: mask's.
_NEAR = 0.7, 1.4
#: Masks besides the best of each number of partial products that are synthesized.
_OTHERS = 6


@dataclass(frozen=True, eq=False)
class Row:
    """A block for the layer, with its weights chosen together.

    Parameters
    ----------
    block : Block
    mask : Mask
        With its table.
    energy : BlockEnergy
    error : Errors
        On the images that were held out.
    alone : Errors
        The same with weights that are best one by one.
    """

    block: Block
    mask: Mask
    energy: BlockEnergy
    error: Errors
    alone: Errors

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; errors as :class:`~hawx_hw.block_design.held_out.Estimate`."""
        return {
            "block": self.block.name,
            "mask": self.mask.name,
            "selected": self.mask.count,
            "error": asdict(estimate(float, self.error)),
            "error_one_by_one": asdict(estimate(float, self.alone)),
            "energy_fj": self.energy.energy_fj,
            "area": self.energy.area,
            "implementation": self.energy.implementation,
        }


@dataclass(frozen=True, eq=False)
class Design:
    """The blocks of a layer that take no more energy than a limit.

    Parameters
    ----------
    limit_fj : float
    designed : Row
        The best mask.
    precision : Row
        The best plain lower precision.
    array : Row
        The best member of the family ``array``; plain lower precision is one.
    mixture : (Row, Row) or None
        Two plain precisions: some filters with the one and the others with the other take as much
        energy as the mask. None where the mask is one of plain precision. Each counts with
        activations rounded for it alone; a layer's are rounded once, so that a mixture of different
        bits of activations is idealized, to the disadvantage of the mask.
    ratio : Estimate
        The error of the mask relative to that of the precision.
    at_equal_energy : Estimate or None
        The same, relative to the mixture: its errors and energies add up. None without one.
    energy_saved : float or None
        Share of the energy of a mixture with the error of the mask. None without a mixture, or
        where none of these two precisions has that error.
    """

    limit_fj: float
    designed: Row
    precision: Row
    array: Row
    mixture: tuple[Row, Row] | None
    ratio: Estimate
    at_equal_energy: Estimate | None
    energy_saved: float | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "limit_fj": self.limit_fj,
            "designed": self.designed.as_dict(),
            "precision": self.precision.as_dict(),
            "array": self.array.as_dict(),
            "mixture": None if self.mixture is None else [row.as_dict() for row in self.mixture],
            "ratio": asdict(self.ratio),
            "ratio_at_equal_energy": (
                None if self.at_equal_energy is None else asdict(self.at_equal_energy)
            ),
            "energy_saved": self.energy_saved,
            "verdict": self.verdict,
        }

    @property
    def verdict(self) -> str:
        """Whether the mask is better than lower precision, in a sentence."""
        name = self.precision.block.name
        if self.designed.mask == self.precision.mask:
            return f"No gain: the best mask is that of {name}."
        compared = self.at_equal_energy or self.ratio
        against = "at equal energy" if self.at_equal_energy else f"of {name}"
        change = f"{compared.value:.2f} ({compared.low:.2f} to {compared.high:.2f}) times"
        text = f"the mask's error is {change} that of lower precision {against}."
        if compared.high < 1:
            return f"A gain: {text}"
        if compared.low > 1:
            return f"A loss: {text}"
        return f"No gain that shows: {text}"


class BlockDesigner:
    """Designs blocks for one layer.

    Parameters
    ----------
    layer : Layer
        At the positions that everything is chosen by.
    energies : LayerEnergies
    held_out : HeldOut
        At the positions that errors are reported on.
    effort : int
        How many times as many masks are tried, at least 1.
    """

    def __init__(self, layer: Layer, energies: LayerEnergies, held_out: HeldOut, effort: int = 1):
        self._layer, self._energies, self._held_out = layer, energies, held_out
        self._search = MaskSearch(layer, effort)
        self._effort = effort
        self._measured: dict[Mask, BlockEnergy] = {}
        self._rows: dict[str, Row] = {}

    def design(self, limit_fj: float) -> Design:
        """The best blocks that take at most so much energy.

        Parameters
        ----------
        limit_fj : float
            Of one multiplication.

        Raises
        ------
        UserError
            The narrowest multiplier takes more, or the exact one does not. See also
            :meth:`~hawx_hw.block_design.energy.LayerEnergies.of`.
        """
        narrowest = self.energy(min(rectangles(), key=lambda mask: (mask.count, mask.bits)))
        if narrowest.energy_fj > limit_fj:
            raise UserError(
                f"The multiplier of 2 x 2 bits takes {narrowest.energy_fj:.1f} fJ in this layer, "
                f"more than {limit_fj:g}.",
                where="--energy",
                hint="Allow more energy.",
            )
        exact = self.energy(Mask(ALL))
        if exact.energy_fj <= limit_fj:
            raise UserError(
                f"The exact multiplier takes {exact.energy_fj:.1f} fJ in this layer, no more than "
                f"{limit_fj:g}: there is nothing to design.",
                where="--energy",
                hint="Allow less energy.",
            )
        precision = self._least_error(map(self._search.candidate, rectangles()), limit_fj)
        array = self._least_error(self._arrays(limit_fj), limit_fj)
        designed = self._mask(limit_fj, min(precision, array, key=lambda each: each.error))
        mine = self._row(designed)
        plain = self._row(precision)
        mixture, pair, equal, saved = None, None, None, None
        if designed.mask not in rectangles():
            mixture = self._mixture(designed)
        if mixture is not None:
            share = self._share(mine.energy.energy_fj, *mixture)
            pair = self._row(mixture[0]), self._row(mixture[1])
            equal = estimate(
                lambda own, low, high: own / ((1 - share) * low + share * high),
                mine.error, pair[0].error, pair[1].error,
            )  # fmt: skip
            saved = _saved(mine, *pair)
        return Design(
            limit_fj=limit_fj,
            designed=mine,
            precision=plain,
            array=self._row(array, arrays()[array.mask]),
            mixture=pair,
            ratio=estimate(lambda own, other: own / other, mine.error, plain.error),
            at_equal_energy=equal,
            energy_saved=saved,
        )

    def energy(self, mask: Mask) -> BlockEnergy:
        """The energy of a mask with its own weights; plain precision in its own circuits."""
        if mask not in self._measured:
            candidate = self._search.candidate(mask)
            use = Use(self._block(mask), candidate.codes, self._layer.step(mask))
            (self._measured[mask],) = self._energies.of([use])
        return self._measured[mask]

    def energy_of(self, block: Block) -> float:
        """The energy of a block whose products are sums of partial products, in fJ.

        Raises
        ------
        ValueError
            They are not.
        """
        mask = mask_of(block)
        if mask is None:
            raise ValueError(f"{block.name} must keep or leave out whole partial products")
        return self.energy(mask).energy_fj

    def _row(self, candidate: Candidate, block: Block | None = None) -> Row:
        """A block with its energy, and its errors on the images that were held out."""
        mask = candidate.mask
        block = block or self._block(mask)
        if block.name not in self._rows:
            self._rows[block.name] = Row(
                block,
                mask,
                self.energy(mask),
                self._held_out.errors(mask, candidate.codes),
                self._held_out.errors(mask, self._layer.alone(mask)),
            )
        return self._rows[block.name]

    def _block(self, mask: Mask) -> Block:
        return rectangles().get(mask, mask)

    def _interpolated(self, count: int) -> float:
        """The energy of so many partial products, between those that were measured."""
        counts = sorted({mask.count for mask in self._measured})
        means = [
            np.mean([e.energy_fj for mask, e in self._measured.items() if mask.count == each])
            for each in counts
        ]
        return float(np.interp(count, counts, means))

    def _least_error(self, candidates: Iterable[Candidate], limit_fj: float) -> Candidate:
        """The candidate with the least error of those that take no more than the limit.

        The best are synthesized first, without those whose interpolated energy is far too high.
        """
        order = sorted(candidates, key=lambda each: (each.error, each.mask.bits))
        skipped = []
        for candidate in order:
            if candidate.mask not in self._measured and (
                self._interpolated(candidate.mask.count) > _MARGIN * limit_fj
            ):
                skipped.append(candidate)
            elif self.energy(candidate.mask).energy_fj <= limit_fj:
                return candidate
        return next(each for each in skipped if self.energy(each.mask).energy_fj <= limit_fj)

    def _arrays(self, limit_fj: float) -> list[Candidate]:
        """The best arrays of each number of partial products that may take so much energy."""
        chosen = [*rectangles()]
        by_count = sorted(arrays(), key=lambda mask: mask.count)
        for count, members in itertools.groupby(by_count, key=lambda mask: mask.count):
            if _LEAST <= self._interpolated(count) / limit_fj <= _MARGIN:
                own = sorted(members, key=lambda mask: (self._search.plain(mask), mask.bits))
                chosen += own[:_ARRAYS]
        return [self._search.candidate(mask) for mask in dict.fromkeys(chosen)]

    def _mask(self, limit_fj: float, start: Candidate) -> Candidate:
        """The best mask within the limit; ``start`` is one."""
        best, designed = start, {}
        count = max(n for n in range(1, 65) if self._interpolated(n) <= limit_fj)
        # Down until a mask is within the limit, or up until none is; fewer partial products than
        # that have more errors.
        while count not in designed and 1 <= count <= 64:
            designed[count] = candidate = self._search.design(count)
            if self.energy(candidate.mask).energy_fj <= limit_fj:
                best = min(best, candidate, key=lambda each: each.error)
                count += 1
            elif candidate.error >= best.error:
                break
            else:
                count -= 1
        others = [each for each in self._search.tried if each.error < best.error]
        others.sort(key=lambda each: (each.error, each.mask.bits))
        close = (
            each
            for each in others
            if each.mask not in self._measured
            and self._interpolated(each.mask.count) <= _MARGIN * limit_fj
        )
        for candidate in itertools.islice(close, self._effort * _OTHERS):
            if self.energy(candidate.mask).energy_fj <= limit_fj:
                return candidate
        return best

    def _mixture(self, own: Candidate) -> tuple[Candidate, Candidate] | None:
        """The two plain precisions of which a mixture with the energy of a mask errs least.

        The first takes no more energy than the mask, the second no less. None where no plain
        precision takes so little, or so much.
        """
        energy = self.energy(own.mask).energy_fj
        for each in self._front():
            if _NEAR[0] <= self._interpolated(each.mask.count) / energy <= _NEAR[1]:
                self.energy(each.mask)
        below, above = (
            [self._search.candidate(m) for m in rectangles() if m in self._measured and side(m)]
            for side in (
                lambda mask: self._measured[mask].energy_fj <= energy,
                lambda mask: self._measured[mask].energy_fj >= energy,
            )
        )
        pairs = list(itertools.product(below, above))

        def error(pair: tuple[Candidate, Candidate]) -> float:
            share = self._share(energy, *pair)
            return (1 - share) * pair[0].error + share * pair[1].error

        return min(pairs, key=error) if pairs else None

    def _share(self, energy_fj: float, below: Candidate, above: Candidate) -> float:
        """The share of filters with ``above`` with which a mixture takes so much energy."""
        low, high = (self.energy(each.mask).energy_fj for each in (below, above))
        return (energy_fj - low) / (high - low) if high > low else 0.0

    def _front(self) -> list[Candidate]:
        """The plain precisions with less error than all others of no more partial products."""
        candidates = [self._search.candidate(mask) for mask in rectangles()]
        candidates.sort(key=lambda each: (each.mask.count, each.error))
        front: list[Candidate] = []
        for each in candidates:
            if not front or each.error < front[-1].error:
                front.append(each)
        return front


def _saved(own: Row, below: Row, above: Row) -> float | None:
    """The share of energy that a mask saves against a mixture of its error."""
    low, high = above.error.value, below.error.value
    if not low <= own.error.value <= high or low == high:
        return None
    share = (high - own.error.value) / (high - low)
    mixed = (1 - share) * below.energy.energy_fj + share * above.energy.energy_fj
    return 1 - own.energy.energy_fj / mixed
