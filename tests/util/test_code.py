import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.pipeline.order import STAGES
from hawx_hw.util import code as code_module
from hawx_hw.util.code import code, code_hash, modules, source_hash

SOURCES = {
    "__init__.py": "",
    "a.py": "from sample import b\n",
    "b.py": "def later():\n    from sample.rooms import inner\n",
    "unused.py": "",
    "types.py": "",
    "typed.py": (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from sample import types\n"
    ),
    "named.py": 'WORKER = "sample.worker"\n',
    "worker.py": "",
    "templates.py": "from sample.util.resources import rtl_templates\n",
    "tops.py": "from sample.util.resources import fpga_templates\n",
    "rooms/__init__.py": "from sample import unused\n",
    "rooms/inner.py": "",
    "rooms/kernel/sum.c": "int sum;\n",
    "util/__init__.py": "",
    "util/resources.py": "",
    "registry.py": "from sample.architectures.registry import ALL\n",
    "architectures/__init__.py": "",
    "architectures/base.py": "",
    "architectures/registry.py": "from sample.architectures import base, one, other\n",
    "architectures/one/__init__.py": "from sample.architectures import shared\n",
    "architectures/one/architecture.py": "",
    "architectures/other/__init__.py": "from sample.architectures.other import core\n",
    "architectures/other/architecture.py": "",
    "architectures/shared/__init__.py": "",
    "architectures/other/core.py": "",
}


def of(names: frozenset[str]) -> set[str]:
    return {name.removeprefix("sample.") for name in names} - {"sample"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of which only the import graph is looked at; it is never run."""
    root = tmp_path / "sample"
    for name, text in SOURCES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(code_module, "_PACKAGE", root)
    monkeypatch.setattr(code_module, "_NAME", "sample")
    monkeypatch.syspath_prepend(tmp_path)
    code_module.forget()
    yield root
    code_module.forget()


@pytest.mark.parametrize(
    "start, expected",
    [
        ("a", {"a", "b", "rooms", "rooms.inner", "unused"}),
        ("typed", {"typed"}),
        ("named", {"named", "worker"}),
    ],
)
def test_everything_imported_counts(package: Path, start: str, expected: set[str]) -> None:
    assert of(modules(f"sample.{start}")) == expected


def test_resource_folders_count_where_they_are_used(package: Path) -> None:
    files = code("sample.templates")
    assert any(name.startswith("rtl_templates/") for name in files)
    assert not any(name.startswith("rtl_templates/") for name in code("sample.a"))


def test_a_resource_folder_within_another_counts_where_it_is_used_itself(package: Path) -> None:
    """What puts an accelerator on a board is no part of the accelerator."""
    assert not any("fpga/" in name for name in code("sample.templates"))
    files = set(code("sample.tops")) - {"__init__.py", "tops.py", "util/__init__.py"}
    assert "fpga/hawx_self_test.v" in files
    assert all(name.startswith(("fpga/", "util/")) for name in files)


def test_other_architectures_do_not_count(package: Path) -> None:
    before = code("sample.registry", "one")
    (package / "architectures" / "other" / "more.py").write_text("")
    (package / "architectures" / "other" / "core.py").write_text(
        "from sample.architectures.other import more\n"
    )
    (package / "architectures" / "third").mkdir()
    (package / "architectures" / "third" / "__init__.py").write_text("")
    code_module.forget()
    assert code("sample.registry", "one") == before
    hashes = {code_hash("sample.registry", architecture=name) for name in ("one", "other", None)}
    assert len(hashes) == 3
    assert "architectures/other/more.py" in code("sample.registry", "other")
    assert {
        "architectures/registry.py",
        "architectures/one/__init__.py",
        "architectures/shared/__init__.py",
    } <= before.keys()


def test_architectures_do_not_depend_on_one_another(package: Path) -> None:
    (package / "architectures" / "one" / "__init__.py").write_text(
        "from sample.architectures.other import core\n"
    )
    code_module.forget()
    with pytest.raises(ValueError, match=r"sample\.architectures\.one must not depend on sample"):
        code("sample.registry", "one")


def test_data_of_an_architecture_is_not_code(package: Path) -> None:
    before = code("sample.registry", "one")
    (package / "architectures" / "one" / "data").mkdir()
    (package / "architectures" / "one" / "data" / "predictors.csv").write_text("1")
    code_module.forget()
    assert code("sample.registry", "one") == before
    (package / "architectures" / "one" / "kernel.c").write_text("int one;")
    code_module.forget()
    assert code("sample.registry", "one") != before


@pytest.mark.parametrize("file", ["b.py", "rooms/inner.py", "rooms/kernel/sum.c", "unused.py"])
def test_a_change_anywhere_below_counts(package: Path, file: str) -> None:
    before = code("sample.a"), code_hash("sample.a")
    with (package / file).open("a") as changed:
        changed.write("\n")
    code_module.forget()
    after = code("sample.a")
    assert {name for name in after if after[name] != before[0][name]} == {file}
    assert code_hash("sample.a") != before[1]


def test_what_is_not_imported_does_not_count(package: Path) -> None:
    before = code_hash("sample.a")
    for name in ("typed.py", "another.py", ".hidden", "__pycache__/a.pyc"):
        path = package / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n")
    code_module.forget()
    assert code_hash("sample.a") == before


def test_source_alone(package: Path) -> None:
    before = source_hash("sample.a")
    (package / "b.py").write_text("")
    assert source_hash("sample.a") == before
    (package / "a.py").write_text("")
    assert source_hash("sample.a") != before


def test_unknown_modules_are_refused(package: Path) -> None:
    with pytest.raises(ValueError, match=r"Code must be a module of sample, not 'sample\.attic'"):
        modules("sample.attic")


PREDICTED = """
import sys
from hawx_hw.util.code import modules
from hawx_hw.config.models import Config
start = sys.argv[1]
__import__(start)
loaded = {name for name in sys.modules if name.partition(".")[0] == "hawx_hw"}
own = {"hawx_hw.util.code", "hawx_hw.util", "hawx_hw.util.resources", "hawx_hw.util.files"}
print(*sorted(loaded - modules(start) - own))
"""


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
def test_loaded_modules_are_dependencies(stage: str) -> None:
    """What Python really loads for a stage is among what was computed."""
    (run,) = (each.run for each in STAGES if each.name == stage)
    process = subprocess.run(
        [sys.executable, "-c", PREDICTED, run.__module__],
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == []


@pytest.mark.parametrize(
    "stage, needed",
    [
        ("search", {"hawx_hw.power.model", "hawx_hw.netlist.simulator", "hawx_hw.netlist.flat"}),
        ("predict", {"hawx_hw.power.model", "hawx_hw.netlist.simulator"}),
        ("pick", {"hawx_hw.design.design"}),
        ("emit", {"rtl_templates", "hawx_hw.blocks.families.drum"}),
        ("verify", {"sim"}),
    ],
)
def test_dependencies_that_were_once_forgotten(stage: str, needed: set[str]) -> None:
    assert needed <= modules(f"hawx_hw.pipeline.stages.{stage}")


def test_no_stage_runs_again_for_the_tops_of_boards() -> None:
    assert "fpga_templates" in modules("hawx_hw.host.tops")
    for stage in STAGES:
        assert "fpga_templates" not in modules(stage.run.__module__), stage.name
