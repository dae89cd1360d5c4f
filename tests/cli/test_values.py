"""Values that no command can use are refused at once: status 2, one message, nothing written."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.stats  # noqa: F401  (asks torch for its tensors when it is imported)

from hawx_hw.cli import main as cli
from hawx_hw.cli.entry import SIGNALS

LONG = "a" * 300
MANY = 10**15
CONFIG = """\
name: tiny
network: {model: lenet5, dataset: own.npz}
accelerator: {rows: 4, columns: 4}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder, a config with 32 images for learning, and no torch: nothing gets so far."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    (tmp_path / "folder").mkdir()
    x = np.random.default_rng(0).integers(0, 256, (50, 12, 12)).astype(np.uint8)
    np.savez(tmp_path / "own.npz", x=x, y=np.arange(50) % 2)
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    yield tmp_path
    for number, handler in before:
        signal.signal(number, handler)


TOO_LONG = "A name in a path has at most 255 bytes, not 3"
NO_USER = "There is no user for the ~ of '~nosuchuser"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        # Paths.
        (["run", LONG], TOO_LONG),
        (["run", "~nosuchuser/x.yaml"], NO_USER),
        (["run", "tiny.yaml", "--build", "~nosuchuser"], f"--build: {NO_USER}"),
        (["search", LONG], TOO_LONG),
        (["pick", LONG], TOO_LONG),
        (["profile", LONG], TOO_LONG),
        (["synth", "tiny.yaml", "--technology", f"{LONG}.lib"], f"--technology: {TOO_LONG}"),
        (["synth", "tiny.yaml", "--technology", "~nosuchuser/x.lib"], f"--technology: {NO_USER}"),
        (["blocks", "characterize", "--operands", f"conv1 of {LONG}"], TOO_LONG),
        (["emit", "tiny.yaml", "--build", LONG], f"--build: {TOO_LONG}"),
        (["emit", "tiny.yaml", "--build", "own.npz"], "Not a directory"),
        (["blocks", "show", "exact", "--histograms", LONG], "File name too long"),
        (["predictors", "evaluate", "--folder", LONG], "File name too long"),
        # Files that would be written after a long computation.
        (["train", "--output", "folder"], "--output: folder: The checkpoint's name must end in"),
        (["train", "--output", f"{LONG}.safetensors"], f"--output: {TOO_LONG}"),
        (["train", "--output", "~nosuchuser.safetensors"], f"--output: {NO_USER}"),
        (["train", "--output", "own.npz/a.safetensors"], "There is no folder own.npz"),
        (["blocks", "show", "exact", "--plot", "folder"], "--plot: folder: This is a folder."),
        (["blocks", "show", "exact", "--save-table", f"{LONG}.npy"], f"--save-table: {TOO_LONG}"),
        (["predictors", "evaluate", "--plot", "own.npz/a.svg"], "own.npz is not a folder"),
        (["predictors", "evaluate", "--plot", "a.doc"], "The name must end in .svg or .png or .pd"),
        (
            ["characterize-designs", "--designs", "1", "--output", "folder"],
            "--output: folder: This is a folder",
        ),
        (["train-predictors", "own.npz", "--output", "own.npz"], "own.npz is not a folder"),
        # More images than there are.
        (["verify", "tiny.yaml", "--images", "11"], "verify.images: There are only 10 test images"),
        (["power", "tiny.yaml", "--images", f"{MANY}"], "power.images: There are only 10 test ima"),
        (["search", "tiny.yaml", "--images", "41"], "search.images: There are only 32 training im"),
        (["profile", "tiny.yaml", "--images", "41"], "--images: There are only 32 training images"),
        (
            ["blocks", "characterize", "--operands", "conv1 of tiny.yaml", "--images", "11"],
            "--images: There are only 10 test images, not 11. Ask for 10 or fewer.",
        ),
        (
            ["characterize-designs", "--designs", "1", "--datasets", "digits", "--images", "356"],
            "--images: There are only 355 test images, not 356.",
        ),
        # Names.
        (
            ["train", "lenet6"],
            "MODEL: There is no network 'lenet6'. It must be one of lenet5, cnn_small,",
        ),
        (["train", LONG], "MODEL: There is no network 'aaa"),
        (["train", "--dataset", "~nosuchuser/x.npz"], f"--dataset: {NO_USER}"),
        (["blocks", "show", f"array({'9' * 5000},0,0)"], "Wrong parameter '999"),
        (["blocks", "show", LONG], "Unknown block 'aaa"),
        (["store", "show", LONG], "No entry begins with 'aaa"),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, list) else "",
)
def test_refused_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    # A loaded machine may show progress, which is indented.
    (line,) = [line for line in err.splitlines() if not line.startswith("  ")]
    assert line.startswith("hawx: ")
    assert message in line
    assert len(line) < 1000
    after = [path for path in sorted(folder.rglob("*")) if "build" not in path.parts]
    assert after == before


@pytest.mark.parametrize("suffix", [".safetensors", ".json", ".safetensors.partial"])
def test_a_folder_in_the_place_of_what_a_training_writes(
    folder: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    (folder / f"weights{suffix}").mkdir()
    with pytest.raises(SystemExit) as end:
        cli.main(["train", "--output", "weights.safetensors"])
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        f"hawx: --output: weights{suffix}: This is a folder. Name a file.\n"
    )


@pytest.mark.parametrize("stated", [10**9, 65_537])
def test_classes_that_no_network_has(
    folder: Path, capsys: pytest.CaptureFixture[str], stated: int
) -> None:
    x = np.zeros((50, 12, 12), dtype=np.uint8)
    np.savez(folder / "own.npz", x=x, y=np.arange(50) % 2, classes=stated)
    for command in (["train", "--dataset", "own.npz"], ["emit", "tiny.yaml"]):
        with pytest.raises(SystemExit) as end:
            cli.main(command)
        assert end.value.code == 2
        assert (
            f"own.npz: classes must be at most 65,536, not {stated:,}." in capsys.readouterr().err
        )
