"""Images of programs: which files are taken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.architectures.simt.assembler import assemble_file
from hawx_hw.architectures.simt.memories import parameter_memories
from hawx_hw.cli import main as cli
from hawx_hw.cli.simt_sources import plan_of, runnable
from hawx_hw.config.models import Config
from hawx_hw.design.design import Design
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.graph.storage import save_graph
from hawx_hw.pipeline import order
from hawx_hw.pipeline.inputs import ASSIGNED, DESIGN
from tests.architectures.common.layers import convolution
from tests.cli.test_simt import SOURCE

CONFIG = """\
name: tiny
network: {model: lenet5, dataset: tiny.npz}
accelerator: {architecture: simt, lanes: 4}
"""
NETWORK = convolution(np.random.default_rng(2), (1, 9, 9), 6, (3, 3), pool=(2, 2))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("k.s").write_text(SOURCE, encoding="utf-8")


class Stages:
    """Stands for the stages of a run: writes the files of a design."""

    def __init__(self, config: Config, folder: Path):
        self.config, self.folder = config, folder

    def needed(self, *names: str) -> tuple[str, ...]:
        assert set(names) == {"assign", "pick"}
        return names

    def run(self, names: tuple[str, ...]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        Design(self.config.accelerator, {}).save(self.folder / DESIGN)
        save_graph(NETWORK, self.folder / ASSIGNED)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> str:
    """A config whose network is small, and whose stages take no time."""

    def pipeline_of(config: Config, folder: Path, console: object, *, base: Path) -> Stages:
        return Stages(config, folder)

    monkeypatch.setattr(order, "pipeline_of", pipeline_of)
    images = np.arange(30 * 81, dtype=np.uint32).reshape(30, 1, 9, 9) % 251
    np.savez("tiny.npz", x=images.astype(np.uint8), y=np.arange(30) % 3)
    Path("tiny.yaml").write_text(CONFIG, encoding="utf-8")
    return "tiny.yaml"


def test_images_of_a_config(network: str) -> None:
    build = Path("build")
    test = datasets.load("tiny.npz").test
    for number in (0, 4):
        chosen = runnable(network, str(number), build, silent=True)
        assert chosen.plan is not None
        assert chosen.codes is not None
        assert chosen.activations is not None
        np.testing.assert_array_equal(chosen.codes, test.images[number].astype(int) - 128)
        assert chosen.label == test.labels[number]
        np.testing.assert_array_equal(
            chosen.activations, chosen.plan.compiled.image.memory(chosen.codes)
        )
    first = runnable(network, None, build, silent=True)
    np.testing.assert_array_equal(first.codes, test.images[0].astype(int) - 128)
    np.save("x.npy", np.full((1, 9, 9), 3))
    chosen = runnable(network, "x.npy", build, silent=True)
    assert chosen.label is None
    assert chosen.codes is not None
    assert chosen.codes.tolist() == np.full((1, 9, 9), 3).tolist()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("1000", "--image 1000: There are only"),
        (
            "x.npy",
            r"The network takes codes of shape \(1, 9, 9\), not \(81,\)\. Reshape them to "
            r"\(1, 9, 9\)\.",
        ),
        ("y.npy", r"not \(2, 9, 9\)\. Give it the codes of one image\."),
        ("empty.npy", "--image empty.npy: This array is empty"),
        ("nothing.npy", "nothing.npy"),
    ],
)
def test_images_that_a_config_has_not(network: str, image: str, message: str) -> None:
    np.save("x.npy", np.zeros(81, dtype=int))
    np.save("y.npy", np.zeros((2, 9, 9), dtype=int))
    np.save("empty.npy", np.zeros((0, 9, 9), dtype=int))
    with pytest.raises(UserError, match=message):
        runnable(network, image, Path("build"), silent=True)


def test_an_architecture_without_programs(network: str) -> None:
    Path("tiny.yaml").write_text(CONFIG.replace("simt, lanes: 4", "systolic"), encoding="utf-8")
    with pytest.raises(UserError, match="architecture systolic has no program") as caught:
        plan_of(network, Path("build"), silent=True)
    assert caught.value.where == "tiny.yaml: accelerator.architecture"


def hawx(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    output = capsys.readouterr()
    assert (end.value.code or 0) == status, output
    return output.err if status else output.out


def test_commands_take_a_config(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = hawx(capsys, "simulate", network, "--image", "4")
    (codes,) = (line for line in text.splitlines() if line.startswith("codes "))
    label = int(datasets.load("tiny.npz").test.labels[4])
    assert codes.endswith(f", as the integer model; the image is of class {label}")
    content = json.loads(hawx(capsys, "simulate", network, "--image", "4", "--json"))
    assert " ".join(map(str, content["codes"])) in codes
    assert content["label"] == label
    # The source and the image that are written give the same.
    listed = hawx(capsys, "disassemble", network, "-o", "tiny.s", "--image", "4")
    assert "; layer 0: conv + pool" in listed
    assert "tiny.s: " in listed and "tiny.npy: " in listed
    again = json.loads(hawx(capsys, "simulate", "tiny.s", "--image", "tiny.npy", "--json"))
    assert again["result"] == content["result"]
    assert again["cycles"] == content["cycles"]
    program = assemble_file(Path("tiny.s"))
    plan = plan_of(network, Path("build"), silent=True)
    memories = [parameter_memories(each) for each in (program, plan.program)]
    assert [m.words for m in memories[0]] == [m.words for m in memories[1]]


def test_a_listing_as_json(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads(hawx(capsys, "disassemble", network, "--json"))
    entries = content["instructions"]
    assert sum(entry["cycles"] for entry in entries) <= content["cycles"] * content["warps"]
    assert entries[0]["title"] == "conv + pool"
    assert int(entries[0]["word"], 16) > 0


def test_what_disassemble_refuses(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = hawx(capsys, "disassemble", network, "--image", "0", status=2)
    assert "--image: An image is written beside a source. Add -o." in message
    message = hawx(capsys, "disassemble", network, "-o", "tiny.txt", status=2)
    assert "--output" in message


@pytest.mark.parametrize("image", ["1000", "nothing.npy", "floats.npy"])
def test_a_bad_image_is_refused_before_anything_is_built(
    network: str, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("floats.npy", np.zeros((1, 9, 9)))
    for command in (["disassemble", "-o", "tiny.s"], ["simulate"], ["step"]):
        with pytest.raises(SystemExit) as end:
            cli.main([*command, network, "--image", image, "--build", "other"])
        assert end.value.code == 2
        assert capsys.readouterr().out == ""
        assert not Path("other").exists() and not Path("tiny.s").exists()


def test_an_image_of_another_shape_leaves_nothing_behind(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("x.npy", np.zeros(81, dtype=int))
    with pytest.raises(SystemExit):
        cli.main(["disassemble", network, "-o", "tiny.s", "--image", "x.npy", "--json"])
    output = capsys.readouterr()
    assert output.out == "" and "Reshape them" in output.err
    assert not Path("tiny.s").exists()


def test_another_result_than_the_models_is_an_error(
    network: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reference, "run", lambda graph, codes, blocks: np.zeros((1, 6 * 3 * 3), dtype=np.int8)
    )
    message = hawx(capsys, "simulate", network, status=1)
    assert "and the integer model [0, 0, 0" in message


def test_files_of_codes() -> None:
    codes = np.arange(-3, 3).reshape(1, 2, 3)
    np.save("x.npy", codes)
    np.savez("one.npz", image=codes.astype(np.int8))
    np.savez_compressed("two.npz", codes=codes, labels=np.zeros(3, dtype=int))
    for name in ("x.npy", "one.npz", "two.npz"):
        chosen = runnable("k.s", name, Path("build"), silent=True)
        assert chosen.activations is not None
        assert chosen.activations.dtype == np.int8
        assert chosen.activations.tolist() == [[-3, -2, -1, 0], [1, 2, 0, 0]]
        assert chosen.plan is None
    assert runnable("k.s", None, Path("build"), silent=True).activations is None


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "x.npz: This archive has 0 arrays"),
        (
            {"a": np.zeros(1, dtype=int), "b": np.zeros(1, dtype=int)},
            "This archive has 2 arrays: a, b. Give it one, or one of the name codes.",
        ),
        ({"a": np.zeros(1)}, "x.npz: This holds no integers"),
        ({"a": np.array([255])}, r"Codes must be in \[-128, 127\]. The code of a pixel in"),
    ],
)
def test_archives_that_are_refused(arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez("x.npz", **arrays)
    with pytest.raises(UserError, match=message):
        runnable("k.s", "x.npz", Path("build"), silent=True)


def test_other_files_are_refused() -> None:
    Path("x.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UserError, match="This is no array of numpy"):
        runnable("k.s", "x.npz", Path("build"), silent=True)
    # The number of an image is of a config's data set.
    with pytest.raises(UserError, match="a source has none"):
        runnable("k.s", "3", Path("build"), silent=True)
