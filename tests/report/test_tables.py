from dataclasses import replace

from hawx_hw.power.result import MacroPower
from hawx_hw.report import tables
from hawx_hw.report.chosen import chosen_design
from hawx_hw.report.comparison import compare
from hawx_hw.search.result import DropEstimate
from tests.report import samples
from tests.search.small import design_point, search_result

EXACT = design_point((0, 0), 0.0, {"energy_nj": 100.0, "area_um2": 5000.0}, [])
CHOSEN = design_point((1, 2), 0.25, {"energy_nj": 75.0, "area_um2": 4000.0}, ["a", "b"])


def test_multiplications_by_block() -> None:
    table = tables.block_table(samples.EMIT)
    assert table.heading == ("layer", "all", "exact", "drum(k=4)")
    assert table.lines == (("conv1", "400", "75.0 %", "25.0 %"), ("fc", "50", "100.0 %", ""))


def test_cycles_by_cause_with_the_titles_of_the_result() -> None:
    table = tables.cycle_table(samples.VERIFY)
    assert table.heading == ("layer", "cycles", "useful", "fill, drain", "other")
    assert table.lines == (("conv1", "8,906", "73.1 %", "20.2 %", "6.7 %"),)


def test_energy_by_part_and_of_all_layers() -> None:
    table = tables.energy_table(samples.POWER)
    assert table.heading == ("layer", "mW", "nJ", "blocks", "memories")
    assert table.lines == (
        ("conv1", "10.00", "200.0", "25.0 %", "75.0 %"),
        ("all", "10.00", "200.0", "25.0 %", "75.0 %"),
        ("all, without glitches", "9.00", "180.0", "16.7 %", "83.3 %"),
    )
    without = samples.POWER.model_copy(update={"glitches": None})
    assert tables.energy_table(without).lines == table.lines[:-1]


def test_energy_of_memories_by_shape_and_model() -> None:
    def memory(depth: int, energy: float, source: str) -> MacroPower:
        return MacroPower(
            path=f"m{depth}", kind="hawx_rom", width=8, depth=depth, reads=1000.0, writes=0.0,
            layers={}, read_energy_fj=energy, write_energy_fj=0.0, clock_fj=0.0, energy_pj=energy,
            memory_models={"published": energy, "cacti": energy / 2, "scaled": 3 * energy},
            leakage_nw=1.0, source=source,
        )  # fmt: skip

    memories = (
        memory(16, 1000.0, "gates, clock gated"),
        memory(999, 5000.0, "memory array, memory model published"),
        memory(16, 1000.0, "gates, clock gated"),
    )
    result = samples.POWER.model_copy(update={"memories": memories})
    table = tables.memory_table(result)
    assert table.title == "where the energy of memories goes, memory model published"
    assert table.heading == (
        "memory", "number", "reads", "writes", "pJ a read", "pJ a write", "nJ, published",
        "nJ, cacti", "nJ, scaled", "made of",
    )  # fmt: skip
    assert table.lines == (
        ("hawx_rom 8 x 999", "1", "1,000", "0", "5.00", "0.00", "5.0", "2.5", "15.0",
         "memory array"),
        ("hawx_rom 8 x 16", "2", "2,000", "0", "1.00", "0.00", "2.0", "1.0", "6.0", "gates"),
        ("all", "3", "", "", "", "", "150.0", "40.0", "400.0", ""),
    )  # fmt: skip


def test_chosen_design() -> None:
    result = search_result((CHOSEN,), uniform=(EXACT,))
    table = tables.chosen_table(chosen_design(result, 0))
    assert table.title.startswith("chosen design: predicted to take 25.0 % less energy than")
    assert table.heading == (
        "design", "accuracy drop, percentage points", "95 % interval",
        "test accuracy, as searched", "nJ per image", "um2", "us", "size",
    )  # fmt: skip
    assert [line[:2] for line in table.lines] == [("chosen", "0.25"), ("exact blocks", "0.00")]
    assert [line[4:] for line in table.lines] == [
        ("75.0", "4,000", "", ""),
        ("100.0", "5,000", "", ""),
    ]
    estimated = replace(CHOSEN, estimate=DropEstimate(0.2, -0.1, 0.5))
    table = tables.chosen_table(chosen_design(search_result((estimated,), uniform=(EXACT,)), 0))
    assert table.heading[1] == "accuracy drop, estimated from all images, percentage points"
    assert [line[1:3] for line in table.lines] == [("0.20", "-0.10 to 0.50"), ("0.00", "")]
    tiny = replace(CHOSEN, estimate=DropEstimate(-0.001, -0.2, 0.2))
    table = tables.chosen_table(chosen_design(search_result((tiny,), uniform=(EXACT,)), 0))
    assert table.lines[0][1] == "0.00", "there is no -0.00"


def test_the_energies_of_designs_name_their_memory_model() -> None:
    result = search_result((CHOSEN,), uniform=(EXACT,), memory_model="published")
    chosen = chosen_design(result, 0)
    title = tables.chosen_table(chosen).title
    assert title.startswith("chosen design (memory model published): predicted to take 25.0 %")
    assert chosen.as_dict()["memory_model"] == "published"


def test_comparison() -> None:
    table = tables.comparison_table(
        compare(samples.PREDICT, samples.SYNTH, samples.POWER, samples.VERIFY)
    )
    assert table.title == "predicted before synthesis, and measured"
    assert table.lines == (
        ("area, um2", "1e+05", "90,000 to 1.1e+05", "83,394", "+19.9 %", "outside the interval"),
        ("longest path, ns", "2", "1.8 to 2.2", "2.1264", "-5.9 %", ""),
        ("power, mW", "9.8", "8.82 to 10.78", "10", "-2.0 %", ""),
        ("energy per image, uJ", "0.3", "0.27 to 0.33", "0.2", "+50.0 %", "outside the interval"),
        ("cycles per image", "8,906", "exact", "8,906", "+0.0 %", ""),
    )
