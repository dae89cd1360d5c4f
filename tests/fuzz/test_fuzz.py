"""No input ends in a traceback, nor in another status than the four that commands have.

Bounded, and the same inputs in every run. ``python -m tests.fuzz.fuzzing`` searches on.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzzing import Fuzzer
from tests.fuzz.targets import TARGETS

#: How many inputs of each kind are tried here.
EXAMPLES = {
    "config": 60,
    "technology": 60,
    "liberty": 40,
    "dataset": 50,
    "images": 30,
    "checkpoint": 40,
    "arguments": 60,
    "verilog": 4,
}
BUILT_EXAMPLES = {"records": 24, "predictors": 14}


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzer]:
    with pytest.MonkeyPatch.context() as patch:
        # pytest raises warnings as errors; a command does not.
        patch.setenv("PYTHONWARNINGS", "ignore")
        yield Fuzzer(tmp_path_factory.mktemp("fuzz"))


def fuzz(fuzzer: Fuzzer, name: str, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        # What is changed is one place already.
        phases=[Phase.generate],
    )
    @given(st.integers(0, 2**32 - 1))
    def check(seed: int) -> None:
        ending, _ = fuzzer(name, Random(seed))
        assert ending.fault is None, (
            f"{ending.fault}; again with: python -m tests.fuzz.fuzzing {name} --seed {seed}\n"
            f"{ending.errors}"
        )

    check()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_input_breaks_a_command(fuzzer: Fuzzer, name: str) -> None:
    fuzz(fuzzer, name, EXAMPLES[name])


@pytest.mark.filterwarnings("default")
def test_no_build_folder_breaks_a_command(fuzzer: Fuzzer) -> None:
    """Those that need all stages, in one test: they share what takes longest."""
    for name, examples in BUILT_EXAMPLES.items():
        fuzz(fuzzer, name, examples)


def test_every_target_is_fuzzed() -> None:
    assert {*EXAMPLES, *BUILT_EXAMPLES} == set(TARGETS)
