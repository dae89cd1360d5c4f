"""The quadratic form: swaps against all masks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.block_design.form import PLACES, SIGNED, SumForm, grown, neighbors, swapped


def random_form(seed: int, places: int) -> tuple[SumForm, np.ndarray]:
    """A form of which only some places count, and these."""
    rng = np.random.default_rng(seed)
    values = np.zeros((300, 64))
    allowed = np.zeros(64, dtype=bool)
    allowed[rng.permutation(64)[:places]] = True
    values[:, allowed] = rng.normal(0, 1, (300, places)) * rng.uniform(0.2, 3, places)
    values[:, allowed] += rng.normal(0, 1, (300, 1))
    values -= values.mean(axis=0)
    total = values.sum(axis=1)
    form = SumForm(values.T @ values / 300, values.T @ total / 300, float(total.var()))
    return form, allowed


def masks(allowed: np.ndarray, count: int) -> np.ndarray:
    places = np.flatnonzero(allowed)
    chosen = list(itertools.combinations(places, count))
    every = np.zeros((len(chosen), 64), dtype=bool)
    every[np.arange(len(chosen))[:, None], chosen] = True
    return every


def test_values_of_bits() -> None:
    codes = np.arange(-128, 128)
    np.testing.assert_array_equal((codes[:, None] >> PLACES & 1) @ SIGNED, codes)


def test_error_is_that_of_what_is_left_out() -> None:
    form, allowed = random_form(0, 12)
    assert form.error(allowed) == pytest.approx(0, abs=1e-12)
    assert form.error(np.zeros((8, 8), dtype=bool)) == pytest.approx(1)
    for selected in masks(allowed, 4)[::37]:
        omitted = (allowed & ~selected).astype(float)
        expected = omitted @ form.covariance @ omitted / form.variance
        assert form.error(selected) == pytest.approx(expected, rel=1e-9)


def test_forms_add_up() -> None:
    first, allowed = random_form(1, 9)
    second, _ = random_form(2, 9)
    both = first + second
    share = first.variance / both.variance
    expected = share * first.error(allowed) + (1 - share) * second.error(allowed)
    assert both.error(allowed) == pytest.approx(expected)


def test_changes_and_swaps_are_differences_of_errors() -> None:
    form, allowed = random_form(3, 10)
    selected = masks(allowed, 4)[50]
    changes = form.changes(selected)
    for place in np.flatnonzero(allowed):
        flipped = selected.copy()
        flipped[place] ^= True
        expected = (form.error(flipped) - form.error(selected)) * form.variance
        assert changes[place] == pytest.approx(expected)
    every = list(neighbors(form, selected, allowed))
    assert len(every) == 4 * 6
    assert [change for change, _ in every] == sorted(change for change, _ in every)
    for change, (out, into) in every:
        other = selected.copy()
        assert other[out] and not other[into] and allowed[into]
        other[[out, into]] = False, True
        expected = (form.error(other) - form.error(selected)) * form.variance
        assert change == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [3, 6, 9])
def test_swaps_are_near_the_best_of_all_masks(seed: int, count: int) -> None:
    form, allowed = random_form(seed, 12)
    errors = [form.error(selected) for selected in masks(allowed, count)]
    results = []
    for start in (np.zeros(64, dtype=bool), allowed):
        selected = swapped(form, grown(form, start, count, allowed), allowed)
        assert selected.sum() == count and not (selected & ~allowed).any()
        results.append(form.error(selected))
        # No single swap makes it better.
        change, _ = next(neighbors(form, selected, allowed))
        assert change > -1e-9 * form.variance
    assert min(errors) - 1e-12 <= min(results) <= 1.1 * min(errors) + 1e-12


def test_swaps_find_what_adding_one_by_one_misses() -> None:
    """Two large partial products that cancel: either alone is worse than a small one."""
    covariance = np.zeros((64, 64))
    covariance[:3, :3] = [[10, -9.9, 0], [-9.9, 10, 0], [0, 0, 0.5]]
    cross = covariance[:3, :3].sum(axis=1)
    form = SumForm(covariance, np.concatenate([cross, np.zeros(61)]), float(cross.sum()))
    allowed = np.arange(64) < 3
    selected = grown(form, np.zeros(64, dtype=bool), 2, allowed)
    better = swapped(form, selected, allowed)
    best = min(form.error(each) for each in masks(allowed, 2))
    assert form.error(better) == pytest.approx(best)


def test_more_than_there_are() -> None:
    form, allowed = random_form(4, 5)
    assert grown(form, allowed, 5, allowed).sum() == 5
    with pytest.raises(ValueError, match=r"count must be in \[0, 5\], not 6"):
        grown(form, allowed, 6, allowed)


def test_nothing_to_swap() -> None:
    form, allowed = random_form(4, 5)
    np.testing.assert_array_equal(swapped(form, allowed, allowed), allowed)
    none = np.zeros(64, dtype=bool)
    np.testing.assert_array_equal(swapped(form, none, allowed), none)


@pytest.mark.parametrize("seed", range(3))
def test_equal_masks_do_not_go_around_in_circles(seed: int) -> None:
    """Partial products of which eight each are equal, far larger than the sums: all that swaps of
    them change are rounding errors."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1e4, (200, 8))[:, np.arange(64) % 8]
    values -= values.mean(axis=0)
    total = rng.normal(0, 1, 200)
    form = SumForm(values.T @ values / 200, values.T @ total / 200, float(total.var()))
    start = rng.permutation(64) < 10
    every = np.ones(64, dtype=bool)
    result = swapped(form, start, every)
    assert result.sum() == 10
    assert form.error(result) <= form.error(start)
