"""For every test."""

from __future__ import annotations

import gc
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from hawx_hw.synthesis.store import Store, default_store
from tests.caches import share_tools

# For benchmarks/mutations.py, which asks only whether a test fails: the smallest example would take
# minutes to find.
settings.register_profile("first-failure", phases=(Phase.explicit, Phase.generate))


# A shell starts what runs in the background with these ignored, and children would inherit that.
for _signal in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, signal.default_int_handler)

# A design is some 100,000 objects that live until its test ends: looking through them all the time
# takes an eighth of the time of the gateware's tests.
gc.set_threshold(50_000, 10, 10)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collection makes what lives to the end, and hardly any garbage: a tenth of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What the tests themselves consist of is never garbage."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Libraries count what is left at the end."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The user's store, as the stages have it: what was synthesized once is not synthesized again.

    For tests of what is done with a netlist. Not for those of synthesis itself, of the store, or of
    what is synthesized when.
    """
    return default_store() or Store(tmp_path_factory.mktemp("store") / "store.sqlite")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, empty but for the compiled tools that all share."""
    cache = tmp_path / "cache"
    cache.mkdir()
    share_tools(cache)
    monkeypatch.setenv("HAWX_CACHE", str(cache))
    return cache
