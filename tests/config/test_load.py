"""Errors in a config are reported with file, line, key and hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.config.load import (
    config_of,
    find_config,
    load_config,
    located,
    meaning,
    schema_text,
)
from hawx_hw.errors import UserError
from hawx_hw.util.resources import configs
from tests.config.texts import HEAD, load


@pytest.mark.parametrize("path", sorted(configs().glob("*.yaml")), ids=lambda path: path.name)
def test_committed_configs_load(path: Path) -> None:
    assert load_config(path).name == path.stem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEAD + "accelerator:\n  rowz: 3\n",
            ":4: accelerator.rowz: There is no such key. Did you mean rows?",
        ),
        (HEAD + "zzz: 3\n", ":3: zzz: There is no such key. Known here: accelerator, blocks, "),
        # The misspelling is named, not the key that is missing because of it.
        (
            "name: x\nnetwork: {model: lenet5, datasets: digits}\n",
            ":2: network.datasets: There is no such key. Did you mean dataset?",
        ),
        (
            HEAD + "accelerator:\n  rows: 99\n",
            ":4: accelerator.rows: must be less than or equal to 64, not 99.",
        ),
        (HEAD + "accelerator:\n  rows: 0\n", "must be greater than or equal to 1, not 0."),
        (HEAD + "accelerator:\n  rows: '8'\n", "must be a valid integer, not '8'."),
        (
            HEAD + "accelerator: 8\n",
            ":3: accelerator: must be a mapping with the keys accumulators",
        ),
        (
            HEAD + "accelerator: {architecture: wavefront}\n",
            ":3: accelerator.architecture: must be 'systolic' or 'simt', not 'wavefront'.",
        ),
        (
            HEAD + "accelerator: {architecture: simt, rows: 8}\n",
            ":3: accelerator.rows: There is no such key. Known here: activation_kib",
        ),
        (
            HEAD + "accelerator: {architecture: simt, lanes: 65}\n",
            ":3: accelerator.lanes: must be less than or equal to 64, not 65. Lanes: mult",
        ),
        (HEAD + "accelerator:\n", "not None. Indent its keys below it, or leave it out."),
        (HEAD + "accelerator: &a\n  rows: *a\n", ":4: accelerator.rows: must be a valid integer"),
        (HEAD + "accelerator: {clock_mhz: 0}\n", "clock_mhz: must be greater than 0, not 0."),
        (HEAD + "accelerator: {clock_mhz: .inf}\n", "clock_mhz: must be a finite number, not inf."),
        (HEAD + "accelerator: {rows: true}\n", "must be a valid integer, not True."),
        (HEAD + "accelerator: {rows: .nan}\n", "must be a valid integer, not nan."),
        (HEAD + f"accelerator: {{rows: {'x' * 9000}}}\n", "xxx...xxx"),
        (HEAD + "search: " + "[" * 5000 + "]" * 5000 + "\n", "This is nested too deeply."),
        (HEAD + "? [a]\n: b\n", ":3: A key must be a text, not a list or a mapping."),
        (HEAD + "---\nname: y\n", ":3: This is not YAML: but found another document."),
        (HEAD + "searches: {}\n", ":3: searches: There is no such key."),
        (
            HEAD + "verify: {images: 0}\n",
            "verify.images: must be greater than or equal to 1, not 0.",
        ),
        (
            "name: x\nnetwork: {model: '', dataset: digits}\n",
            ":2: network.model: must have at least 1 character, not ''.",
        ),
        (
            "name: x\nnetwork: {model: vgg, dataset: digits}\n",
            ":2: network.model: must be one of lenet5, cnn_small, ",
        ),
        (
            "name: x\nnetwork:\n  model: resnet8\n  dataset: cifar10\n  options: {depth: 8}\n",
            ":5: network.options: resnet8 has no option 'depth': it has width, shortcut.",
        ),
        (
            "name: x\nnetwork:\n  model: resnet8\n  dataset: cifar10\n  options: {width: 1.5}\n",
            ":5: network.options.width: must be a whole number or a text, not 1.5",
        ),
        (
            "name: x\nnetwork:\n  model: a.onnx\n  dataset: cifar10\n  checkpoint: a.pth\n",
            ":5: network.checkpoint: the weights are in the file of network.model",
        ),
        (
            "name: x\nnetwork:\n  model: a.onnx\n  dataset: cifar10\n  options: {width: 8}\n",
            ":5: network.options: a network of a file has no options",
        ),
        (
            "name: x\nnetwork:\n  model: lenet5\n  dataset: cifar10\n  preprocess: {std: 0}\n",
            ":5: network.preprocess.std: std must be above 0",
        ),
        ("name: ../x\nnetwork: {model: lenet5, dataset: digits}\n", ":1: name: must match"),
        ("name: x\n", "network: This key is missing. Add it."),
        (
            "name: x\nname: y\n",
            ":2: name stands here a second time. Remove it, or the one in line 1.",
        ),
        ("- 1\n", "A config must be a mapping of keys to values."),
        # What YAML 1.1 and other languages write otherwise.
        (HEAD + "accelerator: {rows: 1_6}\n", "must be a valid integer, not '1_6'. Write 16. Rows"),
        (HEAD + "accelerator: {rows: 0b1000}\n", "not '0b1000'. Write 8."),
        (HEAD + "accelerator: {rows: 8.0}\n", "must be a valid integer, not 8.0. Write 8."),
        (HEAD + "accelerator: {rows: 1e1}\n", "must be a valid integer, not 10.0. Write 10."),
        (HEAD + "accelerator: {clock_mhz: 1_000.5}\n", "not '1_000.5'. Write 1000.5."),
        (HEAD + "accelerator: {clock_mhz: 1:30}\n", "not '1:30'. Write it without a colon."),
        (HEAD + "accelerator: {clock_gating: yes}\n", "boolean, not 'yes'. Write true."),
        ("name: 123\n", "name: must be a valid string, not 123. Put it into quotes."),
        (HEAD + "blocks: {layers: {fc1: [{block: exact, filters: 1:3}]}}\n", "'1:3'. Write 1-3."),
        (
            HEAD + "blocks: {layers: {fc1: [{block: exact, share: 1:30.5}]}}\n",
            "not '1:30.5'. Write it without a colon.",
        ),
        # Values that nothing can use.
        (HEAD + f"verify: {{images: 0x{'f' * 5000}}}\n", ":3: A number of some 6,021 digits is la"),
        (
            HEAD + f"power: {{images: {'9' * 4000}}}\n",
            ":3: A number of some 4,000 digits is larger",
        ),
        (HEAD + 'technology: "a\\0b.lib"\n', ":3: A text holds the character U+0000. Remove it."),
        (HEAD + "blocks: {layers: {fc1: " + "a" * 100_000 + "}}\n", "Unknown block 'aaa"),
        (
            HEAD + "x: 1\n" * 200_000,
            "This has 1,000,050 characters, and at most 1,000,000 are read",
        ),
        (
            "name: x\nnetwork: {model: lenet5, dataset: ''}\n",
            "must have at least 1 character, not ''",
        ),
        (
            HEAD.replace("}", ", checkpoint: ''}"),
            ":2: network.checkpoint: must have at least 1 character, not ''.",
        ),
        (
            HEAD + "search: {blocks: [" + "exact," * 1001 + "]}\n",
            ":3: search.blocks: must have at most 1000 items, not ['exact', ",
        ),
        (
            HEAD + "search: {variants: [" + "".join(f"{{a: {i}}}," for i in range(1001)) + "]}\n",
            ":3: search.variants: must have at most 1000 items, not [{'a': 0}, ",
        ),
        (HEAD.replace("x", "a" * 300), "name: must have at most 100 characters, not 'aaa"),
        ("name: [\n", "This is not YAML"),
        ("", "A config must be a mapping"),
        ("name: !!python/object/apply:os.system [id]\n", "x.yaml"),
    ],
)
def test_bad_configs(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert str(tmp_path / "x.yaml") in str(caught.value)
    assert caught.value.exit_status == 2
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)


def test_aliases_that_unfold_without_end(tmp_path: Path) -> None:
    """A short text may stand for more nodes than any computer could visit."""
    text = HEAD + "a0: &a0 [x]\n"
    text += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))
    with pytest.raises(UserError, match=r"x\.yaml:3: a0: There is no such key"):
        load(tmp_path, text)


def test_merged_keys_keep_their_lines(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x.yaml:5: accelerator.rows: .*, not 200\."):
        load(tmp_path, HEAD + "accelerator:\n  <<: {columns: 3}\n  rows: 200\n")


def test_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="The config cannot be read"):
        load_config(path)


def test_find_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config("lenet5.yaml") == configs() / "lenet5.yaml"
    assert find_config("lenet5") == configs() / "lenet5.yaml"
    (tmp_path / "own.yaml").write_text(HEAD)
    assert find_config("own.yaml") == Path("own.yaml")
    with pytest.raises(UserError, match=r"no config 'lenet6.yaml'.*Did you mean lenet5.yaml\?"):
        find_config("lenet6.yaml")


def test_schema_file_is_current() -> None:
    committed = (configs() / "schema.json").read_text()
    assert committed == schema_text(), "run: hawx schema > configs/schema.json"


def test_configs_name_the_schema() -> None:
    for path in configs().glob("*.yaml"):
        assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("network.dataset", ":2: network.dataset"),
        ("accelerator.rows: more", ":4: accelerator.rows: more"),
        ("accelerator.columns", ":3: accelerator.columns"),
        ("technology", ": technology"),
        ("blocks.layers.conv1.0.filters", ": blocks.layers.conv1.0.filters"),
    ],
)
def test_later_errors_are_placed_in_the_file(tmp_path: Path, where: str, place: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(HEAD + "accelerator:\n  rows: 3\n")
    error = located(UserError("It is wrong.", where=where, hint="Correct it."), path)
    assert str(error) == f"{path}{place}: It is wrong. Correct it."


@pytest.mark.parametrize("where", [None, "weights.safetensors", "network.nothing: x"])
def test_errors_elsewhere_stay_as_they_are(tmp_path: Path, where: str | None) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(HEAD)
    error = UserError("It is wrong.", where=where)
    assert located(error, path) is error


def test_a_config_that_no_file_has() -> None:
    network = {"model": "lenet5", "dataset": "digits"}
    config = config_of({"name": "x", "network": network, "seed": 3})
    assert (config.name, config.seed) == ("x", 3)
    with pytest.raises(UserError) as error:
        config_of({"name": "x", "network": {**network, "sed": 3}})
    assert str(error.value).startswith("network.sed: There is no such key.")


def test_the_meaning_of_keys() -> None:
    assert meaning("network.validation").startswith("Images as for dataset")
    assert meaning("network") == "The trained network and its data."
    assert "lanes" in meaning("accelerator.multipliers", "simt")
    assert "PEs" in meaning("accelerator.multipliers")
    with pytest.raises(ValueError, match=r"Key must be one of a config, not 'network\.x'"):
        meaning("network.x")
