"""``hawx host`` with a simulated board at the other end of a pseudo-terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hawx_hw
from hawx_hw.cli import main as cli
from hawx_hw.graph.graph import Linear
from hawx_hw.graph.reference import run
from hawx_hw.graph.storage import save_graph
from hawx_hw.pipeline.hosted_build import HostedBuild
from tests.host.builds import HASH
from tests.host.simulation import Served, SharedBoard, shared_board

SECONDS = "30"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> SharedBoard:
    return shared_board(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def served(shared: SharedBoard) -> Iterator[Served]:
    with shared.board.served() as served:
        yield served


@pytest.fixture
def folder(shared: SharedBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a copy of the build in ``build/tiny``."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(shared.build.folder.parent, tmp_path / "build")
    return tmp_path


@pytest.fixture
def hawx(capsys: pytest.CaptureFixture[str]):
    def run(*arguments: str, status: int = 0) -> str:
        with pytest.raises(SystemExit) as end:
            cli.main(["host", *arguments])
        output = capsys.readouterr()
        assert (end.value.code or 0) == status, output
        if status:
            # Beside what is done, which is indented.
            lines = [line for line in output.err.splitlines() if not line.startswith("  ")]
            assert [line[:6] for line in lines] == ["hawx: "], output.err
            assert "internal error" not in output.err
        return output.err if status else output.out

    return run


def expected(build: HostedBuild, codes: np.ndarray) -> np.ndarray:
    result: np.ndarray = run(build.graph, codes[np.newaxis], build.plan.assignment)[0]
    return result


def test_images_by_number_and_of_a_file(hawx, served: Served, shared, folder: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "image.png")
    build = HostedBuild.read(folder / "build" / "tiny")
    images = ("--image", "1", "--image", "image.png")
    text = hawx(
        served.port, *images, *("--compare", "--registers", "--json", "--reset"),
        *("--timeout", SECONDS),
    )  # fmt: skip
    report = json.loads(text)
    assert report["build"] == "build/tiny"
    assert report["parameters_sent"]
    for entry, name, label in zip(
        report["images"], ("1", "image.png"), (build.image("1")[1], None), strict=True
    ):
        codes = expected(build, build.image(name)[0])
        assert entry["codes"] == codes.tolist()
        assert entry["class"] == int(codes.argmax())
        assert entry["label"] == label
        assert entry["cycles"] == build.program.cycles.core
        assert entry["differences"] == []
        tensor = build.graph.tensors[build.graph.output]
        logits = tensor.scale * (codes.astype(float) - tensor.zero_point)
        assert np.allclose(entry["logits"], logits, atol=1e-6)
    assert report["registers"]["CONFIG_HASH"] == HASH
    assert report["registers"]["IMAGES_DONE"] == 2
    layers = len(build.program.cycles.layers)
    cycles = [report["registers"][f"LAYER_CYCLES[{i}]"] for i in range(layers)]
    assert cycles == [layer.total for layer in build.program.cycles.layers]

    # The parameters are there now.
    words = (served.port, "--image", "1", "--build", "build/tiny", "--timeout", SECONDS)
    text = hawx(*words, "--keep")
    assert "parameters loaded" not in text
    first = report["images"][0]
    assert f"image 1: class {first['class']} (label {first['label']}), " in text
    assert f"{max(first['logits']):.3f}" in text


def test_the_program_itself(served: Served, folder: Path) -> None:
    program = (sys.executable, "-P", "-m", "hawx_hw", "host", served.port)
    done = subprocess.run(
        [*program, "--image", "0", "--compare", "--timeout", SECONDS],
        env=os.environ | {"PYTHONPATH": str(Path(hawx_hw.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "equal to the integer model" in done.stdout


def test_a_byte_that_changes_on_its_way_is_a_message(hawx, served: Served, folder: Path) -> None:
    hawx(served.port, "--timeout", SECONDS)  # identified, and idle
    arguments = (served.port, "--image", "0", "--timeout", SECONDS)
    # The first request is asked again; one later, the parameters, is not.
    served.faults({"to": "board", "byte": 2, "do": "flip"})
    assert "parameters loaded" in hawx(*arguments)
    served.faults({"to": "board", "byte": 300, "do": "flip"})
    message = hawx(*arguments, status=2)
    assert f"{served.port}: The board reports that a request came with a wrong checksum" in message
    assert "equal" in hawx(served.port, "--image", "0", "--compare", "--timeout", SECONDS)


def test_another_design_is_refused(hawx, served: Served, folder: Path) -> None:
    path = folder / "build" / "tiny" / "program.json"
    path.write_text(path.read_text().replace(f"{HASH:08x}", "00000001"))
    message = hawx(served.port, "--build", "build/tiny", "--timeout", SECONDS, status=2)
    assert "has the design 600d600d, and build/tiny is 00000001" in message
    message = hawx(served.port, "--image", "0", "--timeout", SECONDS, status=2)
    assert "which no build folder in build has" in message


def test_another_network_gives_another_result(hawx, served: Served, folder: Path) -> None:
    build = HostedBuild.read(folder / "build" / "tiny")
    *nodes, last = build.graph.nodes
    assert isinstance(last, Linear)
    changed = replace(last, bias=last.bias + np.int32(4000))
    graph = replace(build.graph, nodes=(*nodes, changed))
    save_graph(graph, folder / "build" / "tiny" / "assigned")
    message = hawx(served.port, "--image", "0", "--compare", "--timeout", SECONDS, status=1)
    assert "the board and the integer model disagree: " in message
    assert " codes differ, the first at " in message


def test_what_is_refused_before_anything_is_sent(hawx, served: Served, folder: Path) -> None:
    assert "There are only" in hawx(served.port, "--image", "99", "--timeout", SECONDS, status=2)
    assert "No such file" in hawx(served.port, "--image", "x.png", "--timeout", SECONDS, status=2)
    message = hawx("/dev/none", "--build", "nowhere", status=2)
    assert "nowhere/program.json: The file cannot be read" in message


def test_a_port_that_is_not_there(hawx) -> None:
    assert "/dev/none: The port cannot be opened: " in hawx("/dev/none", status=2)


def test_a_board_that_does_not_answer(hawx) -> None:
    master, slave = os.openpty()
    message = hawx(os.ttyname(slave), "--timeout", "0.1", status=2)
    assert "The board does not answer. Is the host top of hawx on it, at 115,200 baud?" in message
    os.close(master)
    os.close(slave)
