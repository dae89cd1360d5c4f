"""For every test."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from hawx_hw.util.locations import cache_folder

# For benchmarks/mutations.py, which asks only whether a test fails: the smallest example would take
# minutes to find.
settings.register_profile("first-failure", phases=(Phase.explicit, Phase.generate))


# A shell starts what runs in the background with these ignored, and children would inherit that.
for _signal in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, signal.default_int_handler)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, empty but for the parts of Verilator that every simulation needs.

    They are the same for all designs, and take a dozen seconds to compile.
    """
    shared = cache_folder("verilator")
    cache = tmp_path / "cache"
    cache.mkdir()
    if shared is not None:
        shared.mkdir(parents=True, exist_ok=True)
        (cache / "verilator").symlink_to(shared)
    monkeypatch.setenv("HAWX_CACHE", str(cache))
    return cache
