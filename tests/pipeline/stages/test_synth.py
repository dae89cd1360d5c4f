import json
from pathlib import Path

import pytest

from hawx_hw import synthesis
from hawx_hw.errors import UserError
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.run import Synthesized
from tests.synthesis.test_result import RESULT


def test_all_sources_are_synthesized(project: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def synthesize(sources, top, technology, *, workdir: Path, period_ns, **options) -> Synthesized:
        seen.append((sources, top, technology.name))
        (workdir / "netlist.v").write_text("module hawx_accelerator")
        return Synthesized(RESULT, workdir / "netlist.v", Netlist(top, {}, technology.library))

    monkeypatch.setattr(synthesis, "synthesize", synthesize)
    for ran in (True, False):
        assert run(project, "synth")[-1].ran == ran
    build = project / "build"
    names = (build / "rtl" / "filelist.f").read_text().split()
    assert seen == [([build / "rtl" / name for name in names], "hawx_accelerator", "generic45")]
    assert (build / "netlist.v").read_text() == "module hawx_accelerator"
    result = json.loads((build / "synth.json").read_text())
    assert (result["cells"], result["stage"]) == (7, "synth")
    assert "pyosys" in result["versions"]


@pytest.mark.slow
def test_metrics_of_a_small_accelerator(project: Path, run) -> None:
    run(project, "synth")
    result = json.loads((project / "build" / "synth.json").read_text())
    assert result["stage"] == "synth"
    assert result["technology"]["name"] == "generic45"
    assert result["modules"]["hawx_pe_exact"]["instances"] == 16
    assert result["cells"] > 16 * result["modules"]["hawx_pe_exact"]["cells"]
    assert 0 < result["sequential_area"] < result["area"]
    assert result["memory_bits"] > 0
    assert (project / "build" / "netlist.v").read_text().count("module hawx_pe_exact") == 1
    assert not any(outcome.ran for outcome in run(project, "synth"))


@pytest.mark.parametrize(
    ("technology", "message"),
    [
        ("generic54", ":10: technology: Unknown technology 'generic54'. It must be one of"),
        ("gone.lib", ":10: technology: There is no liberty file 'gone.lib'."),
    ],
)
def test_bad_technology(new_project: Path, run, edit, technology: str, message: str) -> None:
    """It is reported before anything runs."""
    edit(new_project, "verify:", f"technology: {technology}\nverify:")
    with pytest.raises(UserError) as caught:
        run(new_project, "synth")
    assert str(caught.value).startswith(f"{new_project / 'tiny.yaml'}{message}")
    assert not (new_project / "build" / "quantize.json").exists()


def test_a_clock_is_a_matter_of_synthesis_alone(
    emitted_project: Path, run, edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    periods = []

    def synthesize(sources, top, technology, *, workdir: Path, period_ns, **options) -> Synthesized:
        periods.append(period_ns)
        (workdir / "netlist.v").write_text("module hawx_accelerator")
        return Synthesized(RESULT, workdir / "netlist.v", Netlist(top, {}, technology.library))

    monkeypatch.setattr(synthesis, "synthesize", synthesize)
    run(emitted_project, "synth")
    edit(emitted_project, "  rows:", "  clock_mhz: 400\n  rows:")
    outcomes = run(emitted_project, "synth")
    assert periods == [None, 2.5]
    assert [outcome.stage for outcome in outcomes if outcome.ran] == [
        "search",
        "retrain",
        "pick",
        "synth",
    ]
