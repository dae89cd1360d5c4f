"""The energy of glitches from a sample of the cycles; its spread is as large as is said."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest

from hawx_hw.netlist.activity import Activity, TimedActivity
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.power.glitches import glitch_shares, layer_glitches
from hawx_hw.power.model import PowerModel
from hawx_hw.technology import load

TECHNOLOGY = load("generic45")
IMAGES = 4


def design() -> FlatNetlist:
    """Two modules of one kind, each of two gates in a row, and one of another."""
    pair = Module(
        "pair",
        {"a": ("input", [2]), "y": ("output", [4])},
        [
            Instance("g0", "INV", {"A": [2], "ZN": [3]}, {}),
            Instance("g1", "INV", {"A": [3], "ZN": [4]}, {}),
        ],
    )
    single = Module(
        "single",
        {"a": ("input", [2]), "y": ("output", [3])},
        [Instance("g", "XOR2", {"A": [2], "B": [2], "Z": [3]}, {})],
    )
    top = Module(
        "top",
        {"a": ("input", [2]), "b": ("input", [3])},
        [
            Instance("p0", "pair", {"a": [2], "y": [4]}, {}),
            Instance("p1", "pair", {"a": [3], "y": [5]}, {}),
            Instance("s", "single", {"a": [4], "y": [6]}, {}),
        ],
    )
    modules = {module.name: module for module in (top, pair, single)}
    return flatten(Netlist("top", modules, TECHNOLOGY.library))


MODEL = PowerModel(design(), TECHNOLOGY.supply)
PARTS = {
    kind: np.flatnonzero(np.array(MODEL.flat.kinds) == kind) for kind in ("pair", "single", "top")
}


def cycle(rng: np.random.Generator) -> TimedActivity:
    """One cycle of all images: pulses follow what switches, with a factor that varies."""
    nets = MODEL.flat.nets
    busy = rng.uniform(0.1, 0.9)
    toggles = rng.binomial(IMAGES, busy, nets)
    ones = np.full(nets, IMAGES // 2)
    pulses = 2 * rng.binomial(toggles, rng.uniform(0.1, 0.4))
    return TimedActivity(
        Activity(IMAGES, toggles, ones), Activity(IMAGES, toggles + pulses, ones.copy())
    )


CYCLES = [cycle(np.random.default_rng(seed)) for seed in range(400)]
WHOLE = reduce(add, CYCLES)


def sample(rng: np.random.Generator, count: int, groups: int = 8) -> list[TimedActivity]:
    """One cycle of each of ``count`` intervals, in turns in the groups."""
    each = len(CYCLES) // count
    chosen = [CYCLES[index * each + int(rng.integers(each))] for index in range(count)]
    return [reduce(add, chosen[group::groups]) for group in range(groups)]


def test_all_cycles_are_exact_by_kind() -> None:
    groups = [reduce(add, CYCLES[group::8]) for group in range(8)]
    layer = layer_glitches(MODEL, WHOLE.settled, groups, IMAGES)
    shares = glitch_shares([layer], PARTS, cycles=400, images=IMAGES)
    with_them, without = MODEL.energies(WHOLE.pulses), MODEL.energies(WHOLE.settled)
    kinds = [MODEL.flat.kinds[index] for index in MODEL.instances]

    def energy(cells) -> np.ndarray:  # type: ignore[no-untyped-def]
        each = cells.internal_fj + cells.switching_fj + cells.driven_fj
        return each * WHOLE.settled.cycles / IMAGES / 1000

    assert set(shares.parts) == {"pair", "single"}
    for kind, share in shares.parts.items():
        own = np.array([name == kind for name in kinds])
        before, after = (energy(cells)[own].sum() for cells in (without, with_them))
        assert share.settled_pj == pytest.approx(before, rel=1e-6)
        assert share.glitch_pj == pytest.approx(after - before, rel=1e-6)
        assert share.standard_error_pj == 0
    assert shares.settled_pj + shares.glitch_pj == pytest.approx(energy(with_them).sum(), rel=1e-6)
    assert (shares.cycles, shares.images) == (400, IMAGES)
    # An instance of a kind has its share by what it switches without glitches.
    first, second = PARTS["pair"]
    ratio = layer.energy[first] / layer.settled[first]
    assert layer.energy[second] / layer.settled[second] == pytest.approx(ratio)


@pytest.mark.parametrize("count", [40, 200])
def test_the_standard_error_is_the_spread_of_samples(count: int) -> None:
    every = layer_glitches(MODEL, WHOLE.settled, [WHOLE], IMAGES).energy.sum()
    errors, stated = [], []
    for seed in range(60):
        groups = sample(np.random.default_rng(seed), count)
        shares = glitch_shares(
            [layer_glitches(MODEL, WHOLE.settled, groups, IMAGES)], {}, cycles=count, images=IMAGES
        )
        errors.append(shares.glitch_pj / every - 1)
        stated.append(shares.standard_error_pj / every)
    spread, claimed = (float(np.sqrt(np.mean(np.square(each)))) for each in (errors, stated))
    assert spread < 0.12
    assert abs(np.mean(errors)) < spread / 2
    assert 0.7 < claimed / spread < 1.4


def test_layers_add_up_and_their_errors_are_independent() -> None:
    groups = sample(np.random.default_rng(0), 40)
    layer = layer_glitches(MODEL, WHOLE.settled, groups, IMAGES)
    one, two = (glitch_shares([layer] * times, PARTS, cycles=40, images=IMAGES) for times in (1, 2))
    for share, double in ((one, two), *((one.parts[k], two.parts[k]) for k in one.parts)):
        assert double.settled_pj == pytest.approx(2 * share.settled_pj)
        assert double.glitch_pj == pytest.approx(2 * share.glitch_pj)
        assert double.standard_error_pj == pytest.approx(2**0.5 * share.standard_error_pj)


def test_pulses_where_nothing_else_switches_are_scaled() -> None:
    nets = MODEL.flat.nets
    ones = np.full(nets, IMAGES // 2)
    still = Activity(IMAGES, np.zeros(nets, dtype=np.int64), ones)
    pulses = Activity(IMAGES, np.full(nets, 2), ones)
    every = Activity(10 * IMAGES, np.zeros(nets, dtype=np.int64), 10 * ones)
    layer = layer_glitches(MODEL, every, [TimedActivity(still, pulses)] * 2, IMAGES)
    cells = MODEL.energies(pulses)
    energy = cells.internal_fj + cells.switching_fj + cells.driven_fj
    assert layer.energy.sum() == pytest.approx(10 * energy.sum() / 1000)
    assert layer.variance(slice(None)) == 0


def test_a_sample_in_which_almost_nothing_switches_gives_no_ratio() -> None:
    """Scaled by the cycles instead; a ratio of a thousand pulses to one toggle would be chance."""
    nets = MODEL.flat.nets
    ones, busy = np.full(nets, IMAGES // 2), np.full(nets, 1000 * IMAGES)
    toggles = np.zeros(nets, dtype=np.int64)
    toggles[-1] = 1
    rare = Activity(IMAGES, toggles, ones)
    pulses = Activity(IMAGES, toggles + 2, ones)
    every = Activity(10 * IMAGES, busy, 10 * ones)
    layer = layer_glitches(MODEL, every, [TimedActivity(rare, pulses)] * 2, IMAGES)
    most = MODEL.energies(pulses)
    energy = most.internal_fj + most.switching_fj + most.driven_fj
    assert 0 < layer.energy.sum() <= 10 * energy.sum() / 1000 * (1 + 1e-9)


def test_what_only_the_clock_moves_has_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding leaves something of the difference to the clock's energy."""
    cells = MODEL.energies(WHOLE.settled)
    clocked = replace(
        cells,
        clock_internal_fj=cells.internal_fj * (1 - 1e-15),
        clock_charge_fj=cells.switching_fj + cells.driven_fj,
    )
    monkeypatch.setattr(type(MODEL), "energies", lambda model, activity: clocked)
    layer = layer_glitches(MODEL, WHOLE.settled, [WHOLE], IMAGES)
    assert not layer.settled.any()
    assert not layer.energy.any()


def test_the_spread_must_be_known() -> None:
    nothing = np.zeros(MODEL.flat.nets, dtype=np.int64)
    none = Activity(0, nothing, nothing)
    for groups in ([], [CYCLES[0]]):
        expected = f"timed must have at least two groups of cycles, not {len(groups)}"
        with pytest.raises(ValueError, match=rf"^{expected}$"):
            layer_glitches(MODEL, WHOLE.settled, [*groups, TimedActivity(none, none)], IMAGES)
