"""``hawx search`` and ``hawx pick``: what they print, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.cli.search import unstated_index, with_index, with_search
from hawx_hw.config.models import Config
from hawx_hw.errors import UserError
from hawx_hw.search.result import load_result

CONFIG = """\
name: tiny
network: {model: lenet5, dataset: digits, calibration_images: 16}
accelerator: {rows: 4, columns: 4}
"""
#: The search of WORDS.
SEARCH = (
    'search: {profile_images: 8, granularity: layer, blocks: ["precision(w=4,a=4)"], '
    "images: 16, budget: 3}\n"
)
#: Blocks whose metrics come with the predictors: nothing is synthesized.
WORDS = ("--block", "precision(w=4,a=4)", "--images", "16", "--budget", "3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """One build for all tests: later ones find what earlier ones searched."""
    path = tmp_path_factory.mktemp("search")
    (path / "tiny.yaml").write_text(CONFIG + "search: {profile_images: 8}\n", encoding="utf-8")
    (path / "fixed.yaml").write_text(CONFIG + "blocks: drum(k=4)\n", encoding="utf-8")
    return path


def test_a_table_of_the_front(hawx, folder: Path) -> None:
    status, printed, _ = hawx("search", "tiny.yaml", *WORDS, "--granularity", "layer")
    assert status == 0
    result = load_result(folder / "build" / "tiny")
    assert result.granularity == "layer"
    assert f"{result.evaluations} assignments on 16 training images" in printed
    assert "precision(w=4,a=4)" in printed and "4 x 4" in printed
    assert "* is what the constraints pick." in printed
    assert "Energy and power count memories by the model published." in printed
    points = [line for line in printed.splitlines() if "4 x 4" in line]
    assert sum("*" in line.split()[0] for line in points) == 1


def test_json_is_the_file(hawx, folder: Path) -> None:
    status, printed, _ = hawx("search", "tiny.yaml", *WORDS, "--granularity", "layer", "--json")
    assert status == 0
    assert json.loads(printed) == json.loads((folder / "build/tiny/search.json").read_text())


def test_pick_by_number_and_by_constraint(hawx, folder: Path) -> None:
    path = folder / "tiny.yaml"
    text = path.read_text()
    path.write_text(
        text.replace(
            "profile_images: 8",
            'profile_images: 8, granularity: layer, blocks: ["precision(w=4,a=4)"], '
            "images: 16, budget: 3",
        )
    )
    try:
        status, printed, _ = hawx("pick", "tiny.yaml", "--index", "0")
        assert status == 0
        assert "point 0" in printed and "hawx run tiny.yaml --index 0" in printed
        assert json.loads((folder / "build/tiny/design.json").read_text())["index"] == 0
        status, printed, _ = hawx("pick", "tiny.yaml", "--accuracy-drop", "100", "--json")
        assert status == 0
        front = load_result(folder / "build/tiny").front
        chosen = front[json.loads(printed)["index"]]
        assert chosen.metrics["energy_nj"] == min(p.metrics["energy_nj"] for p in front)
        status, _, error = hawx("pick", "tiny.yaml", "--energy-nj", "0.5")
        assert status == 2
        assert "nearest is point" in error and "tiny.yaml:4: search.constraints" in error
        status, _, error = hawx("pick", "tiny.yaml", "--energy-nj", "5", "--index", "0")
        assert status == 2 and "not both" in error
    finally:
        path.write_text(text)


def test_commands_that_are_printed_are_on_the_design_that_was_built(hawx, folder: Path) -> None:
    (folder / "built.yaml").write_text(CONFIG + SEARCH, "utf-8")
    status, printed, _ = hawx("pick", "built.yaml", "--json")
    assert status == 0
    other = int(json.loads(printed)["index"] == 0)
    status, printed, _ = hawx("run", "built.yaml", "--until", "pick", "--index", str(other))
    assert status == 0
    more = f"hawx summary built.yaml --section all --index {other}"
    assert " ".join(printed.split()).endswith(f"more {more}")

    def summarized(*words: str) -> dict:
        return json.loads(hawx("summary", "built.yaml", "--json", *words)[1])

    assert "pick" in summarized("--index", str(other))["stages"]
    assert "pick" not in summarized()["stages"], "by the constraints, it is another design"
    assert hawx(*more.split()[1:])[0] == 0
    _, printed, _ = hawx("report", "built.yaml", "--index", str(other), "--json")
    content = json.loads(printed)
    assert [p["number"] for p in content["front"]["points"] if p["kind"] == "chosen"] == [other]
    commands = dict(content["reproduce"])
    assert commands["this page"] == f"hawx report built.yaml --index {other}"
    assert commands["this design"] == f"hawx run built.yaml --index {other}"
    missing = {each["section"]: each["command"] for each in content["missing"]}
    assert missing["machine"] == f"hawx run built.yaml --index {other} --until emit"
    assert missing["flows"].endswith(f"hawx flow ecp5 built.yaml --index {other}")

    # A config that states the number needs no option.
    (folder / "stated.yaml").write_text(
        CONFIG + SEARCH.replace("{", f"{{index: {other}, ", 1), "utf-8"
    )
    for words in ((), ("--index", str(other))):
        status, printed, _ = hawx("summary", "stated.yaml", *words)
        assert status == 0
        assert " ".join(printed.split()).endswith("more hawx summary stated.yaml --section all")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--algorithm", "annealing"), "--algorithm"),
        (("--granularity", "bit"), "--granularity"),
        (("--objective", "beauty"), "--objective"),
        (("--budget", "0"), "--budget"),
        (("--block", "drum"), "--block"),
    ],
)
def test_refusals_hint_at_what_to_change(hawx, words, message: str) -> None:
    status, printed, error = hawx("search", "tiny.yaml", *words)
    assert status == 2
    assert message in error and repr(words[1]).strip("'") in error
    assert printed == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--slices", "columns"), "--slices: granularity: filter does not divide filters"),
        (("--granularity", "layer", "--groups", "2"), "--groups: granularity: layer has no"),
        (("--groups", "0"), "--groups: It must be greater than or equal to 1, not 0"),
    ],
)
def test_units_that_do_not_suit_the_granularity(hawx, words, message: str) -> None:
    status, _, error = hawx("search", "tiny.yaml", *words)
    assert status == 2
    assert message in error and "Traceback" not in error


def test_options_replace_how_the_config_divides() -> None:
    search = {"granularity": "kernel", "slices": "channels", "channel_parts": 2, "groups": 3}
    config = Config.model_validate(
        {"name": "x", "network": {"model": "lenet5", "dataset": "digits"}, "search": search}
    )

    def changed(**options: str) -> dict[str, object]:
        result = with_search(config, options).search
        assert result is not None
        return result.model_dump(exclude_unset=True)

    assert changed(granularity="kernel") == search
    assert changed(granularity="filter") == {"granularity": "filter", "groups": 3}
    assert changed(granularity="layer") == {"granularity": "layer"}
    assert changed(slices="rows") == {"granularity": "kernel", "slices": "rows", "groups": 3}


def test_a_config_that_gives_its_blocks_is_not_searched(hawx) -> None:
    status, _, error = hawx("search", "fixed.yaml")
    assert status == 2
    assert "This config gives its blocks" in error


def test_what_is_not_given_stays_as_the_config_says() -> None:
    config = Config.model_validate(
        {
            "name": "a",
            "network": {"model": "lenet5", "dataset": "digits"},
            "search": {"budget": 7, "index": 3, "constraints": {"area_um2": 5.0}},
        }
    )
    changed = with_search(config, {"images": 10, "budget": None}).search
    assert changed is not None
    assert (changed.images, changed.budget, changed.index) == (10, 7, 3)
    # Constraints pick, then: the point of the config does not. Others of them stay.
    changed = with_search(config, {"constraints": {"accuracy_drop": 2.0}}).search
    assert changed is not None and changed.index is None
    assert (changed.constraints.accuracy_drop, changed.constraints.area_um2) == (2.0, 5.0)
    with pytest.raises(UserError, match="--accuracy-drop"):
        with_search(config, {"constraints": {"accuracy_drop": -1.0}})
    with pytest.raises(UserError, match="--images"):
        with_search(config, {"images": 0})


def test_an_index_stands_in_commands_where_the_config_lacks_it() -> None:
    given = {"name": "a", "network": {"model": "lenet5", "dataset": "digits"}}
    plain = Config.model_validate(given)
    stated = Config.model_validate({**given, "search": {"index": 3}})
    assert with_index(stated, None) is stated
    for config in (plain, stated):
        changed = with_index(config, 5).search
        assert changed is not None and changed.index == 5
        assert unstated_index(config, 5) == 5
        assert unstated_index(config, None) is None
    assert unstated_index(stated, 3) is None
    with pytest.raises(UserError, match="--index"):
        with_index(plain, -1)
