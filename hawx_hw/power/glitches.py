"""Energy of glitches, estimated from some cycles that were simulated with the cells' delays.

For each kind of module and each layer, the energy that pulses add in the timed cycles is related to
the energy without them in the same cycles. That ratio times the energy without them in all cycles
is the estimate: what differs between timed and other cycles is mostly how much switches at all.
Where the timed cycles are no fair sample of that, their pulses are scaled by the number of cycles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.activity import Activity, TimedActivity
from hawx_hw.power.model import CellEnergies, PowerModel
from hawx_hw.power.result import Glitches, GlitchShare

__all__ = ["LayerGlitches", "glitch_shares", "layer_glitches"]

_Floats = NDArray[np.float64]
#: How far the energy without glitches that the timed cycles make expect may be off by, as a factor,
#: for the ratio to be used.
_FAIR = 2.0
#: Of the energy of a cell: below is what rounding leaves of the difference to that of the clock.
_ROUNDING = 1e-9


class LayerGlitches:
    """What glitches take in a layer.

    Parameters
    ----------
    settled : ndarray of float, shape (instances,)
        Energy of the module instances without glitches and without the clock, in pJ an image.
    estimates : ndarray of float, shape (1 + groups, instances)
        Energy of glitches in pJ an image, from all timed cycles, then without one of the groups.
    timed : float
        The share of timed cycles, in (0, 1].
    """

    def __init__(self, settled: _Floats, estimates: _Floats, timed: float):
        self.settled = settled
        self.energy = estimates[0]
        self._less = estimates[1:]
        self._timed = timed

    def variance(self, instances: NDArray[np.int64] | slice) -> float:
        """Variance of the energy of some instances, by the jackknife over groups of cycles."""
        groups = len(self._less)
        if self._timed >= 1.0 or groups < 2:
            return 0.0
        sums = self._less[:, instances].sum(axis=1)
        spread = float(((sums - sums.mean()) ** 2).sum())
        # Of a population that is finite.
        return (groups - 1) / groups * spread * (1.0 - self._timed)


def layer_glitches(
    model: PowerModel, layer: Activity, timed: Sequence[TimedActivity], images: int
) -> LayerGlitches:
    """Estimate what glitches take in a layer.

    Parameters
    ----------
    model : PowerModel
    layer : Activity
        Of all cycles, without glitches.
    timed : sequence of TimedActivity
        Of groups of the timed cycles, each a sample of its own.
    images : int

    Raises
    ------
    ValueError
        Fewer than two groups have cycles, and not all cycles are timed.
    """
    groups = [each for each in timed if each.settled.cycles]
    share = sum(each.settled.cycles for each in groups) / layer.cycles
    if len(groups) < 2 and share < 1.0:
        raise ValueError(f"timed must have at least two groups of cycles, not {len(groups)}")
    settled = _by_instance(model, _without_clock(model.energies(layer))) * layer.cycles
    kinds, kind = np.unique(np.array(model.flat.kinds), return_inverse=True)
    parts = [_of_kinds(model, each, kind, len(kinds)) for each in groups]
    whole = reduce(add, groups)
    samples = [_of_kinds(model, whole, kind, len(kinds)), *(sum(parts) - part for part in parts)]
    cycles = [whole.settled.cycles, *(whole.settled.cycles - g.settled.cycles for g in groups)]
    if len(groups) < 2:
        del samples[1:]
    estimates = np.stack([
        _scaled(sample, settled, kind, layer.cycles / own)
        for sample, own in zip(samples, cycles, strict=False)
    ])  # fmt: skip
    # fJ of all images to pJ of one.
    unit = 1.0 / (1000 * images)
    return LayerGlitches(settled * unit, estimates * unit, share)


def glitch_shares(
    layers: Sequence[LayerGlitches],
    parts: Mapping[str, NDArray[np.int64]],
    *,
    cycles: int,
    images: int,
) -> Glitches:
    """How much glitches add, of each part and of all, with standard errors.

    Parameters
    ----------
    layers : sequence of LayerGlitches
    parts : mapping of str to ndarray of int64
        Module instances of each part.
    cycles : int
        Timed cycles of an image.
    images : int
    """
    shares = {name: _share(layers, instances) for name, instances in parts.items()}
    return Glitches(
        cycles=cycles,
        images=images,
        parts={
            name: share for name, share in shares.items() if share.settled_pj or share.glitch_pj
        },
        **dict(_share(layers, slice(None))),
    )


def _share(layers: Sequence[LayerGlitches], instances: NDArray[np.int64] | slice) -> GlitchShare:
    values = (
        sum(float(layer.settled[instances].sum()) for layer in layers),
        sum(float(layer.energy[instances].sum()) for layer in layers),
        sum(layer.variance(instances) for layer in layers) ** 0.5,
    )
    settled, glitch, error = (float(f"{value:.8g}") for value in values)
    return GlitchShare(settled_pj=settled, glitch_pj=glitch, standard_error_pj=error)


def _without_clock(cells: CellEnergies) -> _Floats:
    clock = cells.clock_internal_fj + cells.clock_charge_fj
    every = cells.internal_fj + cells.switching_fj + cells.driven_fj
    return np.where(every - clock > _ROUNDING * every, every - clock, 0.0)


def _by_instance(model: PowerModel, energy: _Floats) -> _Floats:
    return _summed(model.instances, energy, len(model.flat.paths))


def _of_kinds(
    model: PowerModel, timed: TimedActivity, kind: NDArray[np.int64], count: int
) -> _Floats:
    """Energy in fJ of the timed cycles by kind: without glitches, and of these; shape (2, kinds).

    Pulses at the enable of a clock gate take energy inside it, and are glitches, not the clock.
    """
    settled, pulses = model.energies(timed.settled), model.energies(timed.pulses)
    added = sum(
        getattr(pulses, key) - getattr(settled, key)
        for key in ("internal_fj", "switching_fj", "driven_fj")
    )
    energies = np.stack([_by_instance(model, each) for each in (_without_clock(settled), added)])
    return timed.settled.cycles * np.stack([_summed(kind, each, count) for each in energies])


def _summed(group: NDArray[np.int64], values: _Floats, count: int) -> _Floats:
    """The sum of the values of each of ``count`` groups."""
    sums: _Floats = np.bincount(group, values, minlength=count).astype(np.float64)
    return sums


def _scaled(sample: _Floats, settled: _Floats, kind: NDArray[np.int64], times: float) -> _Floats:
    """Energy of glitches of each instance in all cycles, from that of its kind in the sample.

    A ratio to what hardly switches in the sample would be chance, however much it is.
    """
    before, added = sample
    expected, real = before * times, _summed(kind, settled, len(before))
    fair = (real > 0.0) & (expected <= _FAIR * real) & (real <= _FAIR * expected)
    ratio = np.where(fair, added / np.where(fair, before, 1.0), 0.0)
    even = np.where(fair, 0.0, added * times / np.bincount(kind, minlength=len(before)))
    return ratio[kind] * settled + even[kind]
