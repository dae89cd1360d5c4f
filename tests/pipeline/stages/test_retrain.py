"""The stage ``retrain``: from a compensated network to the one that is built."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.datasets import load
from hawx_hw.datasets.roles import roles
from hawx_hw.design.design import Design
from hawx_hw.emulation import Emulator
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.graph.storage import load_graph
from hawx_hw.networks import train
from hawx_hw.retraining import designs as training
from hawx_hw.retraining.result import RetrainResult
from hawx_hw.search.pick import choose
from hawx_hw.search.result import load_result
from hawx_hw.search.retrained import load_candidates
from hawx_hw.util.files import sha256_file
from tests.pipeline.conftest import run_stages

#: Three kinds of blocks, and one layer whose filters have two of them.
RETRAINED = """columns: 4
blocks:
  default: "precision(w=3,a=4)"
  layers:
    conv1:
      - {block: "drum(k=2)", filters: 0-1}
      - {block: "array(4,4,7)"}
    fc1: "drum(k=3)"
training: {epochs: 2, gradient: gain, seed: 3, learning_rate: 0.25}
"""
SEARCH = """columns: 4
search:
  blocks: ["precision(w=3,a=4)", "array(4,4,9)"]
  granularity: layer
  budget: 6
  images: 30
  profile_images: 16
  objective: multiplier_energy
  constraints: {accuracy_drop: 100}
training: {epochs: 1, finalists: 2}
"""


@pytest.fixture(scope="module")
def retrained_once(quantized: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the design's network retrained and assigned; not to be changed."""
    folder = tmp_path_factory.mktemp("retrained")
    shutil.copytree(quantized, folder, dirs_exist_ok=True)
    config = folder / "tiny.yaml"
    config.write_text(config.read_text().replace("columns: 4\n", RETRAINED))
    run_stages(folder, "assign")
    return folder


@pytest.fixture
def retrained(retrained_once: Path, tmp_path: Path) -> Path:
    """The same of the test's own."""
    shutil.copytree(retrained_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def searched_once(quantized: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a search whose finalists are retrained; not to be changed."""
    folder = tmp_path_factory.mktemp("searched")
    shutil.copytree(quantized, folder, dirs_exist_ok=True)
    config = folder / "tiny.yaml"
    config.write_text(config.read_text().replace("columns: 4\n", SEARCH))
    run_stages(folder, "assign")
    return folder


@pytest.fixture
def searched(searched_once: Path, tmp_path: Path) -> Path:
    """The same of the test's own."""
    shutil.copytree(searched_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


def ran(outcomes) -> list[str]:
    return [outcome.stage for outcome in outcomes if outcome.ran]


def read(project: Path, name: str) -> dict[str, Any]:
    return json.loads((project / "build" / name).read_text("utf-8"))


def result_of(project: Path) -> RetrainResult:
    return RetrainResult.read(project / "build")


def content(project: Path) -> str:
    return sha256_file(project / "build" / "assigned.npz")


def test_what_is_trained_is_what_is_built(retrained_once: Path) -> None:
    build = retrained_once / "build"
    for suffix in ("npz", "json"):
        trained = (build / "retrained" / f"0.{suffix}").read_bytes()
        assert (build / f"assigned.{suffix}").read_bytes() == trained
    graph, design = load_graph(build / "assigned"), Design.load(build / "design.json")
    test = load(str(retrained_once / "tiny.npz")).test
    codes = graph.codes(test.images)
    expected = reference.run_all(graph, codes, design.assignment)
    computed = Emulator(graph, threads=1, memory=0).run_all(codes, design.assignment)
    assert expected.keys() == computed.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(computed[name], values)
    outputs = expected[graph.output].reshape(len(test), -1)
    accuracy = float((outputs.argmax(axis=1) == test.labels).mean())
    assigned = read(retrained_once, "assign.json")["accuracy"]
    (trained,) = result_of(retrained_once).designs
    assert assigned["assigned"] == accuracy == trained.test.after
    assert assigned["compensated"] == trained.test.before
    weights = [
        [node.weight for node in load_graph(build / name).nodes if hasattr(node, "weight")]
        for name in ("quantized", "assigned")
    ]
    assert all((one != other).any() for one, other in zip(*weights, strict=True))


def test_what_is_recorded(retrained_once: Path) -> None:
    result, data = result_of(retrained_once), load(str(retrained_once / "tiny.npz"))
    parts = roles(data)
    assert result.settings is not None
    recorded = result.settings.as_dict()
    assert recorded.pop("device") in ("cpu", "cuda", "mps", "xpu")
    assert recorded == {
        "epochs": 2, "gradient": "gain", "learning_rate": 0.25, "distillation": False, "seed": 3,
        "images": len(parts.learn), "threads": 1,
    }  # fmt: skip
    (design,) = result.designs
    assert (design.index, design.number, design.searched) == (None, None, None)
    assert set(design.blocks) == {
        "drum(k=2)", "array(ha=4,hb=4,v=7)", "drum(k=3)", "precision(w=3,a=4)"
    }  # fmt: skip
    assert design.select is not None
    assert (design.select.images, design.test.images) == (len(parts.select), len(parts.test))
    difference = (design.select.lost - design.select.gained) / design.select.images
    assert design.select.exact - design.select.after == pytest.approx(difference)


def verified(project: Path, run) -> None:
    run(project, "verify")
    report = read(project, "verify.json")
    assert (report["mismatches"], report["images"], report["traced"]) == (0, 2, 1)
    assert report["cycles_per_image"] == report["cycles_predicted"]
    blocks = {block["name"] for block in read(project, "program.json")["blocks"]}
    (trained,) = result_of(project).designs
    assert blocks == set(trained.blocks)


def test_a_retrained_network_is_verified(retrained: Path, run) -> None:
    """Every stored code of its layers in the simulated Verilog."""
    before = content(retrained)
    verified(retrained, run)
    assert content(retrained) == before


@pytest.mark.slow
def test_a_retrained_network_is_verified_on_a_simt_unit(project: Path, run, edit) -> None:
    edit(project, "  rows: 4\n  columns: 4\n", "  architecture: simt\n  multipliers: 8\n")
    blocks = RETRAINED.partition("\n")[2]
    edit(project, "verify:\n", blocks + "verify:\n")
    verified(project, run)


@pytest.mark.slow
@pytest.mark.parametrize("gradient", ["straight", "gain", "table"])
def test_a_retrained_resnet_is_verified(tmp_path: Path, run, gradient: str) -> None:
    """Additions, shortcuts and several kinds of blocks by layer."""
    rng = np.random.default_rng(2)
    labels = np.arange(90) % 3
    images = rng.integers(0, 256, (90, 3, 16, 16)) // (1 + labels.reshape(-1, 1, 1, 1))
    np.savez(tmp_path / "color.npz", x=images.astype(np.uint8), y=labels)
    train(
        "resnet8", load(str(tmp_path / "color.npz")), options={"width": 4}, seed=1, epochs=2,
        output=tmp_path / "small.safetensors",
    )  # fmt: skip
    network = "{model: resnet8, dataset: color.npz, checkpoint: small.safetensors}"
    (tmp_path / "tiny.yaml").write_text(
        f"""name: tiny
network: {network}
accelerator: {{rows: 4, columns: 4}}
blocks:
  default: "precision(w=4,a=4)"
  layers: {{conv1: "array(1,2,6)", layer1_0_conv1: "drum(k=3)", layer3_0_conv2: "mitchell(w=3)"}}
training: {{epochs: 2, gradient: {gradient}, distillation: true}}
verify: {{images: 2, traced_images: 1}}
""",
        encoding="utf-8",
    )
    verified(tmp_path, run)


def test_it_learns_from_the_images_for_learning_alone(project: Path, run, edit, monkeypatch):
    seen: list[tuple] = []
    real = training.retrain

    def spied(start, assignment, exact, learn, settings, **others):
        seen.append((learn.digest, settings))
        return real(start, assignment, exact, learn, replace(settings, epochs=1), **others)

    monkeypatch.setattr(training, "retrain", spied)
    edit(project, "columns: 4\n", RETRAINED)
    run(project, "retrain")
    ((digest, settings),) = seen
    assert digest == roles(load(str(project / "tiny.npz"))).learn.digest
    assert (settings.epochs, settings.gradient, settings.seed) == (2, "gain", 3)
    assert settings.augmentation.rotation > 0


def test_it_is_off_by_default(project: Path, run, edit) -> None:
    edit(project, "columns: 4\n", RETRAINED.partition("training")[0])
    run(project, "assign")
    assert result_of(project) == RetrainResult()
    assert read(project, "retrain.json") == {"schema": 2}
    assert not (project / "build" / "retrained").exists()
    assert "compensated" not in read(project, "assign.json")["accuracy"]


def test_changes_that_matter(retrained: Path, run, edit) -> None:
    assert ran(run(retrained, "assign")) == []
    before = content(retrained)
    edit(retrained, "seed: 3", "seed: 4")
    assert ran(run(retrained, "assign")) == ["retrain", "pick", "assign"]
    assert content(retrained) != before
    edit(retrained, "seed: 4", "seed: 3")
    run(retrained, "assign")
    assert content(retrained) == before
    edit(retrained, "training: {epochs: 2, gradient: gain, seed: 3, learning_rate: 0.25}\n", "")
    run(retrained, "assign")
    assert content(retrained) != before
    assert not (retrained / "build" / "retrained").exists()


KILLED = """
import os, signal, sys
from hawx_hw.retraining import train
from tests.pipeline.conftest import run_stages
from pathlib import Path

real, calls = train.save, 0

def save(*arguments):
    global calls
    calls += 1
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(*arguments)

train.save = save
run_stages(Path(sys.argv[1]), "assign")
"""


@pytest.mark.parametrize("at", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_killed_retraining_ends_with_the_same_weights(
    retrained_once: Path, project: Path, run, edit, monkeypatch, at: int
) -> None:
    """Killed before the state of an epoch is stored: before any, or after the first."""
    edit(project, "columns: 4\n", RETRAINED)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(project), str(at)],
        cwd=Path(__file__).parents[3], env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert not (project / "build" / "retrain.json").exists()
    done: list[int] = []
    real = training.retrain

    def counted(*arguments, progress, **others):
        return real(*arguments, **others, progress=lambda *part: done.append(part[0]))

    monkeypatch.setattr(training, "retrain", counted)
    run(project, "assign")
    # One batch an epoch.
    assert done == list(range(at, 3))
    assert content(project) == content(retrained_once)
    assert result_of(project) == result_of(retrained_once)


def test_finalists_of_a_search_are_retrained(searched_once: Path) -> None:
    build = searched_once / "build"
    plain, result, trained = load_result(build), load_candidates(build), result_of(searched_once)
    assert 1 <= len(trained.designs) <= 2
    assert plain.retrained == () and len(result.retrained) == len(trained.designs)
    for place, (point, design) in enumerate(zip(result.retrained, trained.designs, strict=True)):
        assert design.number == len(plain.designs) + place
        assert result.designs[design.number] is point
        origin = plain.designs[design.index]
        assert point.retrained and point.vector == origin.vector
        assert point.metrics == origin.metrics and point.assignment == origin.assignment
        assert point.selection.images == plain.select_images == design.select.images
        assert point.selection.drop == pytest.approx(
            100 * (design.select.exact - design.select.after)
        )
        assert point.test_accuracy == design.test.after
        assert design.searched.images == 30
    chosen = result.designs[read(searched_once, "design.json")["index"]]
    assert chosen is choose(result, 100.0, {}).point
    # All constraints are loose: the least energy, which a finalist has, retrained or not.
    assert chosen.metrics["energy_pj"] == result.retrained[-1].metrics["energy_pj"]
    judged = chosen.test_accuracy
    assert read(searched_once, "assign.json")["accuracy"]["assigned"] == judged


def test_a_named_design_is_retrained_alone_and_built_as_it_was_judged(
    searched: Path, run, edit
) -> None:
    build = searched / "build"
    plain = load_result(build)
    index = next(i for i, point in enumerate(plain.designs) if not point.exact)
    edit(searched, "budget: 6", f"index: {index}\n  budget: 6")
    run(searched, "assign")
    (trained,) = result_of(searched).designs
    assert (trained.index, trained.number) == (index, len(plain.designs))
    assert read(searched, "design.json")["index"] == len(plain.designs)
    assert (build / "assigned.npz").read_bytes() == (build / f"{trained.files}.npz").read_bytes()
    graph, design = load_graph(build / "assigned"), Design.load(build / "design.json")
    select = roles(load(str(searched / "tiny.npz"))).select
    accuracy = Emulator(graph).accuracy(select.images, select.labels, design.assignment)
    assert accuracy == trained.select.after
    assert read(searched, "assign.json")["accuracy"]["assigned"] == trained.test.after
    exact = next(i for i, point in enumerate(plain.designs) if point.exact)
    edit(searched, f"index: {index}", f"index: {exact}")
    run(searched, "assign")
    assert result_of(searched) == RetrainResult()
    assert read(searched, "design.json")["index"] == exact
    edit(searched, f"index: {exact}", "index: 99")
    with pytest.raises(UserError, match=r"search.*no point 99"):
        run(searched, "assign")


def test_a_changed_constraint_trains_no_finalist_again(searched: Path, run, edit, monkeypatch):
    steps: list[int] = []
    real = training.retrain

    def counted(*arguments, progress, **others):
        return real(*arguments, **others, progress=lambda *part: steps.append(part[0]))

    monkeypatch.setattr(training, "retrain", counted)
    edit(searched, "accuracy_drop: 100", "accuracy_drop: 99")
    assert ran(run(searched, "assign"))[0] == "retrain"
    assert steps == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "drum(k=2)",
            "compressor(design=1,c=7)",
            r"blocks: The block compressor\(design=1,c=7\) is no sum of few products",
        ),
        ("gradient: table", "gradient: steep", r"training.gradient: must be"),
        ("epochs: 2", "epochs: 0", "training.epochs: must be"),
        ("seed: 3", "seed: 3, finalists: 2", "training.finalists: .* there is no search"),
        ("seed: 3", "seeds: 3", "training.seeds: There is no such key. Did you mean seed"),
    ],
)
def test_bad_configs(new_project: Path, run, edit, before, after, message) -> None:
    edit(new_project, "columns: 4\n", RETRAINED.replace("gain", "table"))
    edit(new_project, before, after)
    with pytest.raises(UserError, match=message):
        run(new_project, "retrain")
    assert not (new_project / "build" / "quantized.npz").exists()
