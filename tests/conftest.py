"""For every test."""

from __future__ import annotations

from hypothesis import Phase, settings

# For benchmarks/mutations.py, which asks only whether a test fails: the smallest example would take
# minutes to find.
settings.register_profile("first-failure", phases=(Phase.explicit, Phase.generate))
