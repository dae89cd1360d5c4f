import json
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.technology import load


@pytest.mark.slow
def test_power_of_a_small_accelerator(project: Path, run, edit) -> None:
    edit(project, "verify:", "power: {images: 3, glitch_cycles: 40}\nverify:")
    assert run(project, "power")[-1].ran
    result = json.loads((project / "build" / "power.json").read_text())
    assert (result["stage"], result["images"], result["technology"]["name"]) == (
        "power",
        3,
        "generic45",
    )
    names = [layer["name"] for layer in result["layers"]]
    assert names[-1] == "image in, result out"
    assert sum(layer["cycles"] for layer in result["layers"]) == result["cycles"]
    assert result["energy_pj"] == pytest.approx(
        result["power_uw"] * result["cycles"] / result["clock_mhz"], rel=1e-6
    )
    for part in ("blocks", "PEs without blocks", "memories", "control", "shell"):
        assert result["parts"][part]["energy_pj"] > 0
    assert result["blocks"]["hawx_block_exact"]["instances"] == 16
    glitches = result["glitches"]
    assert (glitches["cycles"], glitches["images"]) == (pytest.approx(40, abs=10), 3)
    assert glitches["parts"]["blocks"]["glitch_pj"] > 0 < result["glitch_uw"]
    assert 0 < glitches["standard_error_pj"] < glitches["glitch_pj"]
    assert result["memory_model"] == "published"
    energies = {name: each["energy_pj"] for name, each in result["memory_models"].items()}
    assert energies["published"] == pytest.approx(result["energy_pj"], rel=1e-6)
    assert energies["cacti"] < energies["published"] < energies["scaled"]
    for memory in result["memories"]:
        assert list(memory["layers"]) == sorted(names)
        for count in ("reads", "writes"):
            total = sum(accesses[count] for accesses in memory["layers"].values())
            assert memory[count] == pytest.approx(total)
    assert not run(project, "power")[-1].ran
    edit(project, "images: 3", "images: 61")
    with pytest.raises(UserError, match="test images, not 61"):
        run(project, "power")


def test_wires_that_the_technology_does_not_state_are_refused(project: Path, run, edit) -> None:
    """Before anything runs."""
    library = load("generic45").liberty
    (project / "own.yaml").write_text(f"name: own\nliberty: {library}\n")
    edit(project, "verify:", "technology: own.yaml\npower: {wires: measured}\nverify:")
    with pytest.raises(UserError, match="own states no measured_wires") as error:
        run(project, "power")
    assert error.value.where is not None
    assert error.value.where.endswith(": power.wires")
    assert not (project / "build" / "synth.json").exists()
