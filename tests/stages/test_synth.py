import json
from pathlib import Path

import pytest

from hawx_hw.errors import UserError


def test_figures_of_a_small_accelerator(project: Path, run) -> None:
    run(project, "synth")
    found = json.loads((project / "build" / "synth.json").read_text())
    assert found["stage"] == "synth"
    assert found["technology"]["name"] == "generic45"
    assert found["modules"]["hawx_pe_exact"]["instances"] == 16
    assert found["cells"] > 16 * found["modules"]["hawx_pe_exact"]["cells"]
    assert 0 < found["sequential_area"] < found["area"]
    assert found["memory_bits"] > 0
    assert (project / "build" / "netlist.v").read_text().count("module hawx_pe_exact") == 1
    assert [outcome.ran for outcome in run(project, "synth")] == [False] * 3


@pytest.mark.parametrize(
    ("technology", "message"),
    [
        ("generic54", ":10: technology: Unknown technology 'generic54'. It must be one of"),
        ("gone.lib", ":10: technology: There is no liberty file 'gone.lib'."),
    ],
)
def test_bad_technology(project: Path, run, edit, technology: str, message: str) -> None:
    """It is told before anything runs."""
    edit(project, "verify:", f"technology: {technology}\nverify:")
    with pytest.raises(UserError) as caught:
        run(project, "synth")
    assert str(caught.value).startswith(f"{project / 'tiny.yaml'}{message}")
    assert not (project / "build" / "quantize.json").exists()
