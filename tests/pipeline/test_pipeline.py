import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hawx_hw.config.load import blame, config_path
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.files import FileSet, sha256_of, write_json
from hawx_hw.util.progress import console_for
from tests.pipeline.fake_stages import ENDING, STAGES, Settings, Whole, content, hashes, run


def pipeline(folder: Path, *stages: Stage, console=None, **settings) -> Pipeline:
    return Pipeline(Settings(**settings), folder, stages, console or console_for(silent=True))


def ran(outcomes) -> list[str]:
    return [outcome.stage for outcome in outcomes if outcome.ran]


def build_test(context: Context) -> None:
    (context.output / "tested").write_text((context.folder / "built").read_text())


def test_stages_run_once(tmp_path: Path) -> None:
    assert ran(run(tmp_path, 1)) == ["first", "second", "third"]
    assert ran(run(tmp_path, 1)) == []
    assert content(tmp_path)["third.txt"] == "a.v 1\nb.v 1\n0"


def test_a_changed_setting_runs_what_depends_on_it(tmp_path: Path) -> None:
    run(tmp_path, 1)
    assert ran(run(tmp_path, 1, x=5)) == ["third"]
    assert content(tmp_path)["third.txt"].endswith("5")


def test_json_files_state_settings_and_tools(tmp_path: Path) -> None:
    run(tmp_path, 1)
    result = json.loads(content(tmp_path)["second.json"])
    assert result.keys() == {"config", "number", "schema", "stage", "versions"}
    assert (result["schema"], result["stage"], result["versions"]) == (1, "second", {"tool": "1"})
    before = result["config"]
    run(tmp_path, 2)
    assert json.loads(content(tmp_path)["second.json"])["config"] != before


def test_same_result_stops_the_chain(tmp_path: Path) -> None:
    """A stage that ran again to the same bytes makes no later one run."""

    def write(context: Context) -> None:
        (context.output / "same").write_text("same")

    def read(context: Context) -> None:
        (context.output / "copy").write_text((context.folder / "same").read_text())

    source = tmp_path / "source"
    stages = (
        Stage("write", write, files=lambda config, base: {"source": source}),
        Stage("read", read, needs=("write",)),
    )
    folder = tmp_path / "build"
    source.write_text("1")
    assert ran(pipeline(folder, *stages).run()) == ["write", "read"]
    source.write_text("2")
    assert ran(pipeline(folder, *stages).run()) == ["write"]


def test_settings_before_a_sealed_stage_do_not_matter_after_it(tmp_path: Path) -> None:
    """The same result of it, from other settings, makes nothing later run; another one does."""

    def choose(context: Context) -> None:
        (context.output / "chosen").write_text(str(context.config.settings["number"] // 10))

    def build(context: Context) -> None:
        (context.output / "built").write_text((context.folder / "chosen").read_text())

    for sealed in (False, True):
        stages = (
            Stage("choose", choose, settings=("number",), sealed=sealed),
            Stage("build", build, needs=("choose",)),
            Stage("test", build_test, needs=("build",)),
        )
        folder = tmp_path / str(sealed)
        assert ran(pipeline(folder, *stages, number=31).run()) == ["choose", "build", "test"]
        again = ran(pipeline(folder, *stages, number=32).run())
        assert again == (["choose"] if sealed else ["choose", "build", "test"])
        assert ran(pipeline(folder, *stages, number=42).run()) == ["choose", "build", "test"]


def test_a_key_of_what_is_left_out_is_nothing(tmp_path: Path) -> None:
    def write(context: Context) -> None:
        (context.output / "written").write_text("x")

    stage = Stage("write", write, settings=("search.budget",))
    assert ran(pipeline(tmp_path, stage, search=None).run()) == ["write"]
    assert ran(pipeline(tmp_path, stage, search=None).run()) == []
    assert ran(pipeline(tmp_path, stage, search={"budget": 3}).run()) == ["write"]


def test_a_key_that_an_earlier_stage_ignores_matters_to_its_reader(tmp_path: Path) -> None:
    def build(context: Context) -> None:
        (context.output / "built").write_text("built")

    def search(context: Context) -> None:
        (context.output / "clock").write_text(str(context.config.settings["array"]["clock"]))

    stages = (
        Stage("build", build, settings=("array",), ignored=("array.clock",)),
        Stage("search", search, needs=("build",), settings=("array",)),
    )
    pipeline(tmp_path, *stages, array={"clock": 1, "size": 2}).run()
    assert ran(pipeline(tmp_path, *stages, array={"clock": 3, "size": 2}).run()) == ["search"]
    assert (tmp_path / "clock").read_text() == "3"


def test_nothing_matters_to_a_stage_whose_section_is_left_out(tmp_path: Path) -> None:
    def write(context: Context) -> None:
        (context.output / "train.txt").write_text(str(context.config.settings["training"]))

    def stages(**settings) -> Pipeline:
        return pipeline(
            tmp_path, Stage("train", write, settings=("training", "seed"), section="training"),
            **settings,
        )  # fmt: skip

    assert ran(stages(training=None, seed=1).run()) == ["train"]
    assert ran(stages(training=None, seed=2).run()) == []
    assert ran(stages(training={}, seed=2).run()) == ["train"]
    assert ran(stages(training={}, seed=3).run()) == ["train"]
    assert ran(stages(training=None, seed=3).run()) == ["train"]


@pytest.mark.parametrize("change", ["remove", "edit"])
def test_a_touched_result_is_made_again(tmp_path: Path, change: str) -> None:
    run(tmp_path, 1)
    expected = content(tmp_path)
    victim = tmp_path / "rtl" / "b.v"
    if change == "remove":
        victim.unlink()
    else:
        victim.write_text("nonsense")
    assert ran(run(tmp_path, 1)) == ["second"]
    assert content(tmp_path) == expected


def test_a_changed_file_of_a_protected_stage_is_refused(tmp_path: Path) -> None:
    run(tmp_path, 1)
    victim = tmp_path / "rtl" / "b.v"
    victim.write_text("my own work")
    guarded = pipeline(tmp_path, *STAGES, number=1, more={"x": 0})
    with pytest.raises(UserError) as caught:
        guarded.run(protected=("second",))
    assert str(caught.value) == (
        f"{victim}: This file is not what hawx second wrote. "
        "To write it anew, run: hawx second CONFIG"
    )
    assert victim.read_text() == "my own work"
    # What is missing is nobody's work.
    victim.unlink()
    assert ran(guarded.run(protected=("second",))) == ["second"]


def test_files_that_change_during_a_run_are_refused(tmp_path: Path) -> None:
    """A stage reads what was checked minutes before."""

    def write(context: Context) -> None:
        (context.output / "netlist.v").write_text("right")

    def disturb(context: Context) -> None:
        (context.folder / "netlist.v").write_text("wrong")

    def read(context: Context) -> None:
        raise AssertionError("It must not be read.")

    reader = Stage("read", read, needs=("write",))
    with pytest.raises(UserError) as caught:
        pipeline(tmp_path, Stage("write", write), Stage("disturb", disturb), reader).run()
    assert str(caught.value) == (
        f"{tmp_path / 'netlist.v'}: The file was changed or removed while this run used it. "
        "Run the same command again."
    )


def test_outdated_results_of_later_stages_do_not_stay(tmp_path: Path) -> None:
    run(tmp_path, 1)
    settings = Settings(number=2, more={"x": 0})
    first = Pipeline(settings, tmp_path, STAGES, console_for(silent=True)).run(["first"])
    assert ran(first) == ["first"]
    assert sorted(content(tmp_path)) == ["first.txt"]


def test_results_of_later_stages_stay_where_they_still_belong(tmp_path: Path) -> None:
    run(tmp_path, 1)
    (tmp_path / "first.txt").write_text("touched")
    settings = Settings(number=1, more={"x": 0})
    first = Pipeline(settings, tmp_path, STAGES, console_for(silent=True)).run(["first"])
    assert ran(first) == ["first"]
    assert ran(run(tmp_path, 1)) == []


def test_files_of_an_earlier_result_do_not_stay(tmp_path: Path) -> None:
    def write(context: Context) -> None:
        number = context.config.settings["number"]
        (context.output / "rtl").mkdir()
        (context.output / "rtl" / f"pe{number}.v").write_text("")
        (context.output / f"only{number}.txt").write_text("")

    for number in (1, 2):
        pipeline(tmp_path, Stage("write", write, settings=("number",)), number=number).run()
    assert sorted(content(tmp_path)) == ["only2.txt", "rtl/pe2.v"]


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda folder: None, "up to date"),
        (lambda folder: (folder / "a").unlink(), "running (a is missing or was changed)"),
        (
            lambda folder: (folder / ".stages" / "one.json").write_text("{"),
            "running (not finished before)",
        ),
    ],
)
def test_messages_say_what_runs_and_why(tmp_path: Path, capsys, prepare, reason: str) -> None:
    def write(context: Context) -> None:
        (context.output / "a").write_text("a")

    stage = Stage("one", write, settings=("shape.rows",))
    pipeline(tmp_path, stage, shape={"rows": 1}).run()
    prepare(tmp_path)
    pipeline(tmp_path, stage, console=console_for(sys.stdout), shape={"rows": 1}).run()
    assert capsys.readouterr().out.splitlines()[0] == f"one: {reason}"


def test_message_names_the_changed_setting(tmp_path: Path, capsys) -> None:
    run(tmp_path, 1)
    Pipeline(Settings(number=1, more={"x": 3}), tmp_path, STAGES, console_for(sys.stdout)).run()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "first: up to date",
        "second: up to date",
        "third: running (more.x changed)",
    ]
    assert lines[3].startswith("third: done in ")


def test_a_failed_stage_leaves_the_earlier_ones(tmp_path: Path) -> None:
    def fail(context: Context) -> None:
        (context.output / "half").write_text("half")
        raise RuntimeError("no luck")

    stages = (*STAGES, Stage("fourth", fail))
    with pytest.raises(RuntimeError, match="no luck"):
        pipeline(tmp_path, *stages, number=1, more={"x": 0}).run()
    assert not (tmp_path / "half").exists()
    assert not list((tmp_path / ".stages").glob("*.part"))
    assert ran(run(tmp_path, 1)) == []


def test_a_failed_verification_shows_its_files_and_runs_again(tmp_path: Path, capsys) -> None:
    def verify(context: Context) -> None:
        write_json(context.output / "verify.json", {"mismatches": 3})
        raise VerificationError("3 of 20 images differ.")

    for reason in ("not finished before", "failed before"):
        console = console_for(sys.stdout)
        with pytest.raises(VerificationError, match="3 of 20 images differ"):
            pipeline(tmp_path, Stage("verify", verify), console=console).run()
        assert capsys.readouterr().out.splitlines() == [f"verify: running ({reason})"]
        assert json.loads((tmp_path / "verify.json").read_text())["mismatches"] == 3


def test_a_run_ends_with_what_is_up_to_date(tmp_path: Path) -> None:
    def whole() -> tuple[str, ...]:
        read = Whole.read(tmp_path)
        assert read.files == hashes(tmp_path)
        return read.stages

    run(tmp_path, 1, last="second", ending=ENDING)
    assert whole() == ("first", "second")
    run(tmp_path, 1, ending=ENDING)
    assert whole() == ("first", "second", "third")
    before = (tmp_path / "whole.json").read_bytes()
    # Results of an earlier run count, as long as the config would give the same.
    assert ran(run(tmp_path, 1, last="first", ending=ENDING)) == []
    assert (tmp_path / "whole.json").read_bytes() == before
    assert ran(run(tmp_path, 1, x=5, last="first", ending=ENDING)) == []
    assert whole() == ("first", "second")
    run(tmp_path, 2, last="first", ending=ENDING)
    assert whole() == ("first",)


def test_what_was_changed_or_removed_is_not_up_to_date(tmp_path: Path) -> None:
    run(tmp_path, 1, ending=ENDING)
    (tmp_path / "rtl" / "a.v").write_text("mine")
    run(tmp_path, 1, last="first", ending=ENDING)
    # Nor is what was made of it: it would be made anew.
    assert Whole.read(tmp_path).stages == ("first",)


def test_a_stage_that_cannot_run_any_more_is_not_up_to_date(tmp_path: Path) -> None:
    source = tmp_path / "source"
    stages = (
        Stage("first", print),
        Stage("second", print, files=lambda config, base: {"source": source}),
    )
    for expected in (("first", "second"), ("first",)):
        if expected[1:]:
            source.write_text("1")
            pipeline(tmp_path / "build", *stages).run()
        else:
            source.unlink()
        chosen = Pipeline(
            Settings(), tmp_path / "build", stages, console_for(silent=True), ending=ENDING
        )
        chosen.run(["first"])
        assert Whole.read(tmp_path / "build").stages == expected


@pytest.mark.parametrize("error", [RuntimeError("no luck"), VerificationError("It differs.")])
def test_a_run_that_fails_leaves_no_ending(tmp_path: Path, error: Exception) -> None:
    def fail(context: Context) -> None:
        raise error

    run(tmp_path, 1, ending=ENDING)
    settings = Settings(number=1, more={"x": 0})
    stages = (*STAGES, Stage("fourth", fail))
    failing = Pipeline(settings, tmp_path, stages, console_for(silent=True), ending=ENDING)
    with pytest.raises(type(error)):
        failing.run()
    assert not (tmp_path / "whole.json").exists()
    # Its failure is no result.
    failing.run(["first"])
    assert Whole.read(tmp_path).stages == ("first", "second", "third")


def test_a_run_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, 1, ending=ENDING)
    before = content(tmp_path)

    def check(config, base: Path) -> None:
        raise UserError("No simulator is installed.")

    stages = (*STAGES, Stage("verify", print, check=check))
    settings = Settings(number=2, more={"x": 0})
    with pytest.raises(UserError):
        Pipeline(settings, tmp_path, stages, console_for(silent=True), ending=ENDING).run()
    assert content(tmp_path) == before


def test_a_missing_input_file_is_the_users_matter(tmp_path: Path) -> None:
    """It is found missing before any stage runs."""
    stage = Stage(
        "one",
        lambda context: None,
        files=lambda config, base: {"network.dataset": config_path("gone.npz", base)},
    )
    with pytest.raises(UserError) as caught:
        Pipeline(
            Settings(number=1, more={"x": 0}),
            tmp_path / "build",
            (*STAGES, stage),
            console_for(silent=True),
            base=tmp_path,
        ).run()
    assert str(caught.value) == (
        f"network.dataset: {tmp_path / 'gone.npz'}: "
        "The file cannot be read: No such file or directory."
    )
    assert content(tmp_path / "build") == {}


def test_a_file_that_stages_share_is_read_once_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, read = tmp_path / "source", []

    def counted(path: Path | FileSet) -> str:
        read.append(path)
        return sha256_of(path)

    monkeypatch.setattr("hawx_hw.pipeline.pipeline.sha256_of", counted)
    stages = [
        Stage(name, lambda context: None, files=lambda config, base: {"network.dataset": source})
        for name in ("a", "b")
    ]
    chosen = pipeline(tmp_path / "build", *stages)
    for text in ("1", "2"):
        source.write_text(text)
        assert ran(chosen.run()) == ["a", "b"]
    assert read == [source, source]


def test_a_stage_runs_again_where_one_of_several_files_changed(tmp_path: Path) -> None:
    several = FileSet(tmp_path / "images", ("a/1.png", "b/2.png"))
    for name in (*several.names, "other"):
        (several.root / name).parent.mkdir(parents=True, exist_ok=True)
        (several.root / name).write_text("1")
    stage = Stage("a", lambda context: None, files=lambda config, base: {"images": several})
    chosen = pipeline(tmp_path / "build", stage)
    assert ran(chosen.run()) == ["a"]
    (several.root / "other").write_text("2")
    assert ran(chosen.run()) == []
    (several.root / "b" / "2.png").write_text("2")
    assert ran(chosen.run()) == ["a"]
    (several.root / "b" / "2.png").unlink()
    with pytest.raises(UserError, match=r"images: .*: The file cannot be read: No such file"):
        chosen.run()


def test_checks_come_before_the_stages(tmp_path: Path) -> None:
    def check(config, base: Path) -> None:
        raise UserError("No simulator is installed.", hint="Install one.")

    stages = (*STAGES, Stage("verify", print, check=check))
    with pytest.raises(UserError, match=r"No simulator is installed\. Install one\."):
        pipeline(tmp_path, *stages, number=1, more={"x": 0}).run()
    assert content(tmp_path) == {}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, "network.checkpoint"),
        ("network.checkpoint", "network.checkpoint"),
        ("network.checkpoint: x.bin", "network.checkpoint: x.bin"),
        ("accelerator.rows", "accelerator.rows"),
        ("x.bin", "network.checkpoint: x.bin"),
    ],
)
def test_blame_names_the_key(where: str | None, expected: str) -> None:
    with pytest.raises(UserError) as caught, blame("network.checkpoint"):
        raise UserError("It is damaged.", where=where, hint="Get another.")
    assert str(caught.value) == f"{expected}: It is damaged. Get another."


def test_selection_of_stages(tmp_path: Path) -> None:
    stages = (
        Stage("a", print),
        Stage("b", print, needs=("a",)),
        Stage("c", print, needs=("b",)),
        Stage("d", print, needs=("b",)),
    )
    chosen = pipeline(tmp_path, *stages)
    assert chosen.until("c") == ("a", "b", "c")
    assert chosen.needed("d") == ("a", "b", "d")


def test_stages_stand_in_order(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Stage 'b' must stand after a"):
        pipeline(tmp_path, Stage("b", print, needs=("a",)), Stage("a", print))


def test_killed_at_every_touch_of_the_file_system(tmp_path: Path) -> None:
    """Whenever the process dies, records stand for whole files and finished stages are kept."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.fake_stages", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    moments = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(moments) > 50
    assert [moment["killed"] for moment in moments] == [True] * (len(moments) - 1) + [False]
    expected = moments[-1]["content"]
    names = [stage.name for stage in STAGES]
    most = 0
    for moment in moments:
        assert not any(moment["damaged"].values())
        assert moment["ran"] == [name for name in names if name not in moment["finished"]]
        assert moment["content"] == expected
        assert not moment["stale"]
        assert moment["left"] == ["first.json", "lock", "second.json", "third.json"]
        assert len(moment["finished"]) >= most
        most = len(moment["finished"])
    assert most == len(names)
    # It is there before anything changes and at the end, and not in between.
    there = "".join("y" if moment["whole"] else "n" for moment in moments)
    assert re.fullmatch("y+n{20,}y+", there)


def test_what_others_make_of_the_results_goes_with_them(tmp_path: Path) -> None:
    ending = replace(ENDING, removed=("drawn.html",))
    run(tmp_path, 1, ending=ending)
    (tmp_path / "drawn.html").write_text("of these results")
    run(tmp_path, 1, ending=ending)
    assert (tmp_path / "drawn.html").exists()
    run(tmp_path, 2, ending=ending)
    assert not (tmp_path / "drawn.html").exists()


def test_current_stages_without_a_run(tmp_path: Path) -> None:
    settings = {"number": 1, "more": {"x": 0}}
    stages = pipeline(tmp_path, *STAGES, **settings)
    assert stages.current() == ()
    stages.run(("first", "second"))
    assert stages.current() == ("first", "second")
    (tmp_path / ".work" / "durations.json").write_text('{"first": 2.5}')
    assert stages.durations.get("first") == 2.5
    other = pipeline(tmp_path, *STAGES, **{**settings, "number": 2})
    assert other.current() == ()
