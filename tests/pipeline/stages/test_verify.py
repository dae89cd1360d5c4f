"""Verification as a stage; a whole run, of a design with several blocks, is in test_search.py."""

import hashlib
import json
from pathlib import Path

import pytest

from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation import simulators
from hawx_hw.util.files import sha256_file
from hawx_hw.verification import accelerator_job as job
from hawx_hw.verification.result import SimulationResult


@pytest.fixture
def differing(monkeypatch: pytest.MonkeyPatch) -> str:
    """Simulations that end with a difference; its message."""
    message = "Image 0: layer conv1, channel 2, pixel (3, 1) is 7, not 8."

    def verify(*arguments, **options):
        result = SimulationResult(
            images=2,
            traced=1,
            inferences=2,
            mismatches=1,
            cycles_per_image=9,
            cycles_predicted=9,
            cycles_of_layers={},
            scenarios={},
            simulator="verilator",
        )
        raise job.Mismatch(message, result)

    monkeypatch.setattr(job, "verify", verify)
    return message


def test_a_difference_is_written_down(emitted_project: Path, run, differing: str) -> None:
    for _ in range(2):
        with pytest.raises(VerificationError) as caught:
            run(emitted_project, "verify")
        assert str(caught.value) == differing
        result = json.loads((emitted_project / "build" / "verify.json").read_text())
        assert (result["images"], result["mismatches"]) == (2, 1)
        assert result["multipliers"] == 16


def forge(build: Path, name: str, before: str, after: str) -> Path:
    """Change a file of the accelerator, and the record that names its hash."""
    path, record = build / name, build / ".stages" / "emit.json"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest in record.read_text()
    record.write_text(record.read_text().replace(digest, sha256_file(path)))
    return path


def test_forged_verilog_is_not_simulated(emitted_project: Path, run) -> None:
    """Simulated Verilog is executed: it is compared with a new emission, whatever records say."""
    build = emitted_project / "build"
    path = forge(build, "rtl/hawx_core.v", "endmodule", 'initial $system("touch x");\nendmodule')
    with pytest.raises(UserError) as caught:
        run(emitted_project, "verify")
    assert str(caught.value) == (
        f"{path}: This file is not what this program emits for the design. "
        f"Remove the folder {build} and run the command again."
    )


def test_a_forged_memory_image_is_found(emitted_project: Path, run) -> None:
    """The bit may be one that no image reaches."""
    build = emitted_project / "build"
    path = build / "mem" / "weights_0_0.hex"
    words = path.read_text().split()
    wrong = f"{int(words[-1], 16) ^ 1:0{len(words[-1])}x}"
    forge(build, "mem/weights_0_0.hex", "\n".join(words), "\n".join([*words[:-1], wrong]))
    with pytest.raises(VerificationError) as caught:
        run(emitted_project, "verify")
    assert str(caught.value) == (
        f"{path}: memory weights_0_0 differs from the network: word {len(words) - 1} (layer fc3) "
        f"is {wrong}, not {words[-1]}; 1 of {len(words)} words differ."
    )


def test_more_images_than_there_are(emitted_project: Path, run, edit) -> None:
    edit(emitted_project, "  images: 2", "  images: 13")
    with pytest.raises(UserError) as caught:
        run(emitted_project, "verify")
    assert str(caught.value) == (
        f"{emitted_project / 'tiny.yaml'}:11: verify.images: There are only 12 test images, "
        "not 13. Ask for 12 or fewer."
    )


def test_no_simulator(new_project: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported before anything runs."""

    def find(name: str) -> None:
        raise UserError("Verilator is missing.", hint="Install it.")

    monkeypatch.setattr(simulators, "find_simulator", find)
    with pytest.raises(UserError) as caught:
        run(new_project, "verify")
    assert str(caught.value) == (
        f"{new_project / 'tiny.yaml'}:10: verify.simulator: Verilator is missing. Install it."
    )
    assert not (new_project / "build" / "quantize.json").exists()
