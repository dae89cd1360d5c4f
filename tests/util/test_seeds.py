"""Seeds that are derived from one."""

from __future__ import annotations

from hawx_hw.util.seeds import seed_for


def test_each_purpose_has_its_own() -> None:
    purposes = ("weights", "epoch 0", "epoch 1")
    seeds = {seed_for(seed, purpose) for seed in range(9) for purpose in purposes}
    assert len(seeds) == 27
    assert all(0 <= seed < 2**56 for seed in seeds)


def test_they_never_change() -> None:
    """Weights that come with hawx are those of their recipes."""
    assert seed_for(0, "weights") == 62_285_390_964_362_013
