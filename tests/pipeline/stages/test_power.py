import json
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.pipeline.stages.power import clock_of


@pytest.mark.parametrize(
    ("wanted", "longest", "clock", "source"),
    [
        (None, 1.9, 500.0, "of the technology"),
        (200.0, 1.9, 200.0, "of the config"),
        (None, 4.0, 250.0, "of the longest path, which cannot follow the one asked"),
        (300.0, 4.0, 250.0, "of the longest path, which cannot follow the one asked"),
        (None, 0.0, 500.0, "of the technology"),
    ],
)
def test_the_clock(wanted: float | None, longest: float, clock: float, source: str) -> None:
    assert clock_of(wanted, 500.0, longest) == (clock, source)


@pytest.mark.slow
def test_power_of_a_small_accelerator(project: Path, run, edit) -> None:
    edit(project, "verify:", "power: {images: 3}\nverify:")
    assert run(project, "power")[-1].ran
    found = json.loads((project / "build" / "power.json").read_text())
    assert (found["stage"], found["images"], found["technology"]["name"]) == (
        "power",
        3,
        "generic45",
    )
    names = [layer["name"] for layer in found["layers"]]
    assert names[-1] == "image in, result out"
    assert sum(layer["cycles"] for layer in found["layers"]) == found["cycles"]
    assert found["energy_pj"] == pytest.approx(
        found["power_uw"] * found["cycles"] / found["clock_mhz"], rel=1e-6
    )
    for part in ("blocks", "PEs without blocks", "memories", "control", "shell"):
        assert found["parts"][part]["energy_pj"] > 0
    assert found["blocks"]["hawx_block_exact"]["instances"] == 16
    assert not run(project, "power")[-1].ran
    edit(project, "images: 3", "images: 61")
    with pytest.raises(UserError, match="test images, not 61"):
        run(project, "power")
