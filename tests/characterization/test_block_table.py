"""What single blocks take: looked up, completed, written and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.blocks.families.drum import Drum
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.characterization import measure as measuring
from hawx_hw.characterization.block_table import OBJECTIVES, BlockMetrics, BlockTable
from hawx_hw.characterization.measure import Measurement
from hawx_hw.characterization.operands import uniform
from hawx_hw.errors import UserError
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load

EXACT, DRUM = Exact(), Drum(4)


def records(block=EXACT) -> list[BlockMetrics]:
    """The later an implementation is listed, the larger and the faster it is.

    The second takes the least energy.
    """
    return [
        BlockMetrics(block.digest, block.name, name, 100.0 + n, 2.0 - n / 4, 50.0 + abs(n - 1), 7.0)
        for n, name in enumerate(block.implementations)
    ]


@pytest.mark.parametrize(
    ("objective", "implementation"),
    [
        ("first", "multiply"),
        ("smallest", "multiply"),
        ("fastest", "chain"),
        ("least_energy", "booth"),
    ],
)
def test_the_objective_chooses_among_the_implementations(objective, implementation) -> None:
    assert BlockTable(records()).chosen(EXACT, objective).implementation == implementation


def test_of_equals_the_one_that_the_block_names_first_is_chosen() -> None:
    equal = [BlockMetrics(EXACT.digest, "exact", name, 1, 1, 1, 1) for name in ("booth", "tree")]
    table = BlockTable([records()[0], *equal, records()[3]])
    assert table.chosen(EXACT).implementation == "booth"
    assert table.chosen(EXACT, "fastest").implementation == "booth"
    assert table.chosen(EXACT, "least_energy").implementation == "booth"


def test_a_block_is_in_the_table_with_all_its_implementations() -> None:
    assert EXACT in BlockTable(records())
    assert EXACT not in BlockTable(records()[:-1])
    assert DRUM not in BlockTable(records())
    with pytest.raises(KeyError, match="drum"):
        BlockTable(records()).chosen(DRUM)


def test_a_block_of_the_same_name_with_another_table_is_another_block() -> None:
    table = BlockTable(
        BlockMetrics("0" * 64, "exact", name, 1, 1, 1, 1) for name in EXACT.implementations
    )
    assert EXACT not in table


def test_an_unknown_objective_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match="objective must be one of smallest, fastest, least_energy, first, not 'best'",
    ):
        BlockTable(records()).chosen(EXACT, "best")


def test_what_is_written_is_read() -> None:
    table = BlockTable([*records(EXACT), *records(DRUM)])
    text = table.text()
    assert text.splitlines()[0] == (
        "digest,block,implementation,area,delay_ns,energy_fj,leakage_nw"
    )
    again = BlockTable.read(text)
    assert again.text() == text
    for block in (EXACT, DRUM):
        for objective in OBJECTIVES:
            assert again.chosen(block, objective) == table.chosen(block, objective)


@pytest.mark.parametrize(
    "text",
    [
        "digest,block,implementation,area,delay_ns,energy_fj\nx,exact,tree,1,1,1\n",
        "digest,block,implementation,area,delay_ns,energy_fj,leakage_nw\nx,exact,tree,1,1,one,1\n",
        "digest,block,implementation,area,delay_ns,energy_fj,leakage_nw\nx,exact,tree,1\n",
        "digest,block,implementation,area,delay_ns,energy_fj,leakage_nw\nx,a,b,1,1,nan,1\n",
        "digest,block,implementation,area,area,energy_fj,leakage_nw\nx,a,b,1,1,1,1\n",
    ],
    ids=["a column is missing", "no number", "a short line", "nan", "a name twice"],
)
def test_a_damaged_table_is_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        BlockTable.read(text, where="blocks.csv")
    assert caught.value.where == "blocks.csv"
    assert caught.value.what.startswith("The table of blocks is damaged: ")
    assert "digest, block, implementation, area, delay_ns, energy_fj, leakage_nw" in str(
        caught.value
    )


def test_only_blocks_that_are_missing_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []

    def synthesize(blocks, technology, *, jobs, store):
        assert (jobs, store) == (2, None)
        return [block.name for block in blocks]

    def measure(blocks, mapped, technology, operands, *, glitches, store):
        measured.extend(mapped)
        assert glitches
        assert operands.digest == uniform().digest
        return {
            block.name: [
                Measurement(block.name, name, 10.0, 1.0, 5, 30.0, 12.5, 4.0, {})
                for name in block.implementations
            ]
            for block in blocks
        }

    monkeypatch.setattr(measuring, "synthesize_blocks", synthesize)
    monkeypatch.setattr(measuring, "measure", measure)
    table = BlockTable(records())
    completed = table.completed([EXACT, DRUM, Drum(4)], load("generic45"), jobs=2)
    assert measured == ["drum(k=4)"]
    assert DRUM not in table
    assert EXACT in completed
    chosen = completed.chosen(DRUM)
    # The energy of a step: switching and internal together.
    assert (chosen.area, chosen.delay_ns, chosen.energy_fj, chosen.leakage_nw) == (10, 1, 42.5, 4)
    assert completed.completed([EXACT, DRUM], load("generic45")) is completed


def test_a_block_of_the_same_name_and_table_with_another_circuit_is_another_block() -> None:
    """The user's own blocks, whose circuits may change while name and table stay."""

    class Mine(Exact):
        circuit_digest = "one"

    class Changed(Exact):
        circuit_digest = "other"

    rows = [BlockMetrics("one", "exact", name, 1, 1, 1, 1) for name in EXACT.implementations]
    assert Mine() in BlockTable(rows)
    assert Changed() not in BlockTable(rows)
    assert EXACT not in BlockTable(rows)


def test_glitches_count_and_reverse_an_order(tmp_path: Path) -> None:
    """The exact multiplier: smallest in Booth's recoding, whose glitches cost more than a tree's.

    Without glitches the energies are in the order of the areas.
    """
    blocks, technology = [EXACT], load("generic45")
    store = Store(tmp_path / "store.sqlite")
    table = BlockTable().completed(blocks, technology, store=store)
    mapped = measuring.synthesize_blocks(blocks, technology, store=store)
    settled = measuring.measure(blocks, mapped, technology, uniform(), store=store)
    least = min(settled["exact"], key=lambda one: one.switching_fj + one.internal_fj)
    assert least.implementation == table.chosen(EXACT, "smallest").implementation == "booth"
    chosen = table.chosen(EXACT, "least_energy")
    assert chosen.implementation == "tree"
    assert chosen.energy_fj < 0.9 * table.chosen(EXACT, "smallest").energy_fj
