"""The choice among implementations of which the order is known, and what is kept of it."""

import dataclasses

import pytest
from amaranth.hdl import Const, Module

from hawx_hw.blocks.block import BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.synthesis import default_store, implementations, modules, synthesize
from hawx_hw.synthesis.implementations import choose, choose_all, compare_implementations
from hawx_hw.technology import load


class Gates(BlockComponent):
    """A chain of gates: so many of them, each behind so many others."""

    def __init__(self, kind):
        self._kind = kind
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        a, b = self.a.as_unsigned(), self.b.as_unsigned()
        if self._kind == "chain":
            # Seven gates, one behind the other.
            bit = a[0]
            for i in range(7):
                bit = bit ^ b[i] if i % 2 else bit & b[i]
            m.d.comb += self.product.eq(bit)
        elif self._kind == "flat":
            # Sixteen gates side by side.
            m.d.comb += self.product.eq((a & b) | ((a ^ b) << 8))
        else:
            m.d.comb += self.product.eq(Const(5))
        return m


@dataclasses.dataclass(frozen=True)
class Chosen(Exact):
    family = "chosen"
    number: int = 0
    implementations = ("chain", "flat", "again")

    def component(self, implementation=None):
        name = self._implementation(implementation)
        return Gates("chain" if name == "again" else name)

    def multiply(self, a, b):
        return super().multiply(a, b) + self.number


@dataclasses.dataclass(frozen=True)
class OneWay(Chosen):
    family = "one_way"
    implementations = ("flat",)


@pytest.fixture
def technology():
    return load("generic45")


@pytest.fixture(autouse=True)
def store(monkeypatch, tmp_path):
    monkeypatch.setenv("HAWX_STORE", str(tmp_path / "store.sqlite"))
    return default_store()


@pytest.fixture
def syntheses(monkeypatch):
    """Names of the modules that are synthesized."""
    names = []

    def counted(units, technology, jobs, timeout):
        names.extend(unit.name for unit in units)
        return run(units, technology, jobs, timeout)

    run = modules._run
    monkeypatch.setattr(modules, "_run", counted)
    return names


def test_smallest_and_fastest(technology, syntheses, tmp_path):
    reports = []
    block = Chosen()
    (small,) = compare_implementations(
        [block], technology, jobs=2, progress=lambda *counts: reports.append(counts)
    )
    chain, flat, again = small.metrics
    assert [metrics.implementation for metrics in small.metrics] == ["chain", "flat", "again"]
    assert chain.area < flat.area
    assert chain.delay_ns > flat.delay_ns
    assert dataclasses.replace(again, implementation="chain") == chain
    assert small.implementation == "chain", "of equal ones the first"
    # The third is the first again, but for its name.
    assert reports == [(1, 2), (2, 2)]
    assert len(syntheses) == 2

    fast = choose(block, technology, "delay")
    assert len(syntheses) == 2
    assert fast.implementation == "flat"
    assert fast.metrics == small.metrics
    assert fast.as_dict() == {
        "block": "chosen(number=0)",
        "digest": block.digest,
        "technology": "generic45",
        "objective": "delay",
        "implementation": "flat",
        "metrics": [dataclasses.asdict(metrics) for metrics in small.metrics],
    }

    design = implementations.implementation_verilog([(block, "flat")])[0]
    synthesized = synthesize(
        design.write(tmp_path / "flat"), design.top, technology, workdir=tmp_path, opensta=False
    )
    assert flat.area == synthesized.result.area
    assert flat.cells == synthesized.result.cells
    assert flat.delay_ns == synthesized.result.timing.longest_path_ns


def test_the_store_knows_what_counts(technology, store, syntheses, tmp_path):
    block = OneWay()
    first = choose(block, technology)
    assert choose(block, technology) == first
    assert len(syntheses) == 1

    other = tmp_path / "other.lib"
    other.write_text(technology.liberty.read_text() + "\n/* another one */\n")
    choose(block, load(str(other)))
    choose(block, technology, period_ns=2.0)
    assert len(syntheses) == 3
    # Another block of the same gates has the same module.
    choose(OneWay(1), technology)
    assert len(syntheses) == 3
    assert store.stats()["module"]["entries"] == 3


def test_no_store(technology, syntheses, monkeypatch):
    metrics = choose(OneWay(), technology).metrics
    monkeypatch.setattr(implementations, "default_store", lambda: None)
    assert choose(OneWay(), technology).metrics == metrics
    assert len(syntheses) == 2


def test_blocks_of_a_design(technology, syntheses):
    blocks = [OneWay(), Chosen(), Chosen(2), OneWay(2), Chosen(2)]
    assert blocks[0].digest == blocks[1].digest
    # Of two blocks with one table the first counts; one that is built in one way is not looked at.
    assert choose_all(blocks, technology) == {
        blocks[0].digest: "flat",
        blocks[2].digest: "chain",
    }
    assert {name.rsplit("_", 1)[0] for name in syntheses} == {"hawx_block_chosen_number_2"}
    assert choose_all(blocks[2:], technology, "delay") == {blocks[2].digest: "flat"}
    assert choose_all([], technology) == {}


def test_arguments(technology):
    with pytest.raises(ValueError, match=r"^objective must be area or delay, not 'power'$"):
        choose(OneWay(), technology, "power")
    with pytest.raises(ValueError, match=r"^jobs must be at least 1, not 0$"):
        choose(OneWay(), technology, jobs=0)
