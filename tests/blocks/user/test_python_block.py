"""Blocks that a user wrote: loaded by name, and checked against the contract."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.errors import UserError

GOOD = """\
# amaranth: UnusedElaboratable=no
from dataclasses import dataclass
import numpy as np
from amaranth.hdl import Module
from hawx_hw.blocks import Block
from hawx_hw.blocks.block import BlockComponent

class Even(BlockComponent):
    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.product.eq((self.a & ~1) * self.b)
        return m

@dataclass(frozen=True)
class EvenWeights(Block):
    family = "even_weights"
    weight_step = 2
    k: int = 1

    def multiply(self, a, b):
        return (np.asarray(a, dtype=np.int32) & -2) * b

    @property
    def implementations(self):
        return ("plain",)

    def component(self, implementation=None):
        return Even(self.product_bits)

instance = EvenWeights(2)

class Holder:
    make = EvenWeights
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the user's modules; what is imported from it is forgotten."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("thing", ["EvenWeights", "instance", "Holder.make"])
def test_class_instance_and_factory(folder: Path, thing: str) -> None:
    (folder / "mine_good.py").write_text(GOOD)
    block = by_name(f"python:mine_good:{thing}", folder)
    assert block.name == f"python:mine_good:{thing}"
    a = np.arange(-128, 128, dtype=np.int32)
    assert np.array_equal(block.table, (a & -2)[:, None] * a)
    assert block.implementations == ("plain",)
    assert block.component("plain").signature.product_bits == 16
    assert block.identifier.isidentifier()
    assert (block.weight_step, block.activation_step) == (2, 1)


def test_folder_of_the_config_comes_before_the_current_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, shift in (("config", "-2"), ("current", "-4")):
        (folder / name).mkdir()
        (folder / name / "mine_twice.py").write_text(GOOD.replace("-2", shift))
    monkeypatch.chdir(folder / "current")
    block = by_name("python:mine_twice:EvenWeights", folder / "config")
    assert block.table[128 + 3, 128 + 1] == 2


def test_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine_here.py").write_text(GOOD)
    monkeypatch.chdir(folder)
    assert by_name("python:mine_here:instance").table[128 + 3, 128 + 1] == 2


def test_a_module_that_is_not_there(folder: Path) -> None:
    with pytest.raises(UserError, match="There is no Python module 'mine_missing'") as error:
        by_name("python:mine_missing.part:Mine", folder)
    assert error.value.hint == "Save it as mine_missing.py beside the config, or install it."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", r"mine_bad has no object 'Nothing'"),
        ("import numpy as np\n", "import sys\nsys.exit()\n", r"SystemExit \(mine_bad.py:4\)"),
        ("k: int = 1", "k: int = exit(0)", r"cannot be imported: SystemExit: 0 .*__main__"),
        ("from dataclasses", "from nowhere", "cannot be imported: ModuleNotFoundError: .*nowhere"),
        ("import numpy as np\n", "import numpy as np\n1 / 0\n", r"ZeroDivisionError.*bad.py:4\)"),
        ("k: int = 1", "k: int", "EvenWeights cannot be made without arguments: TypeError"),
        ("(Block):", ":", "EvenWeights must be a Block, or make one, not EvenWeights"),
        ("* b\n", "* b * 1.0\n", "must return an array of int32, not float64.*astype"),
        ("(np.asarray(a, dtype=np.int32) & -2) * b", "a[:1]", r"that shape, not \(1, 256\)"),
        ("* b\n", "* (b.clip(-9, 9) if b.size > 256 else b)\n", "must not depend"),
        ("* b\n", "* b * 99\n", r"Products must fit 18 bits, not reach from -1609344 to 1622016"),
        ("np.asarray(a, dtype=np.int32)", "a", "not depend on the operands' type"),
        ("* b\n", "* b.missing\n", r"multiply\(\) fails: AttributeError.*mine_bad.py:21\)"),
        ("    k: int", "    activation_offset = 7\n    k: int", "must be 0 or 128, not 7"),
        ("    k: int", "    weights = range(0, 999)\n    k: int", "must end at 127, not 998"),
        ("    k: int", "    weights = [1]\n    k: int", r"weights must be a range .*, not \[1\]"),
        ("    k: int", "    weights = range(-200, 9)\n    k: int", r"must be a range of codes"),
        ("    k: int", "    weight_step = 3\n    k: int", "weight_step must be a power of two"),
        ("    k: int", "    activation_step = 0\n    k: int", "activation_step must be .* not 0"),
        ('("plain",)', '["plain"]', r"implementations must be a tuple of names, not \['plain'\]"),
        ("Even(self.product_bits)", "Even(12)", r"BlockComponent with a product of 16 bits"),
        ("Even(self.product_bits)", "None", r"component\('plain'\) must be a BlockComponent"),
        ("m.d.comb +=", "m.missing +=", r"component\('plain'\) cannot be elab.*mine_bad.py:11"),
        ("Even(self.product_bits)", "1 / 0", r"component\('plain'\) fails: ZeroDivisionError"),
        (
            "    @property\n",
            "    def factors(self):\n        return (np.ones((256, 1), int),) * 2\n    @property\n",
            r"factors\(\) must multiply to the table, and do not",
        ),
    ],
)
def test_breaches_of_the_contract(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "mine_bad.py").write_text(GOOD.replace(old, new, 1))
    thing = "Nothing" if message.endswith("'Nothing'") else "EvenWeights"
    with pytest.raises(UserError, match=message) as raised:
        by_name(f"python:mine_bad:{thing}", folder)
    assert str(raised.value).startswith("python:mine_bad:")


@pytest.mark.parametrize("module", ["statistics", "numpy", "hawx_hw"])
def test_a_name_that_another_module_has(folder: Path, module: str) -> None:
    (folder / f"{module}.py").write_text(GOOD)
    with pytest.raises(UserError, match=rf"{module}\.py is not imported, .* Rename your file"):
        by_name(f"python:{module}:EvenWeights", folder)


def test_files_beside_a_config_do_not_become_other_modules(folder: Path) -> None:
    (folder / "mine_quiet.py").write_text(GOOD)
    # A module of the standard library that nothing has imported so far.
    assert "this" not in sys.modules
    (folder / "this.py").write_text("raise SystemExit(0)\n")
    by_name("python:mine_quiet:EvenWeights", folder)
    other = importlib.util.find_spec("this")
    assert other is not None
    assert other.origin is not None
    assert not other.origin.startswith(str(folder))


def test_an_object_that_cannot_be_read(folder: Path) -> None:
    (folder / "mine_lazy.py").write_text("def __getattr__(name): exit(0)\n")
    with pytest.raises(UserError, match=r"X cannot be read: SystemExit: 0 \(mine_lazy.py:1\)"):
        by_name("python:mine_lazy:X", folder)


def test_an_object_of_no_type(folder: Path) -> None:
    text = "class Odd:\n    @property\n    def __class__(self):\n        exit(0)\nX = Odd()\n"
    (folder / "mine_odd.py").write_text(text)
    with pytest.raises(UserError, match=r"type of the object cannot be read: SystemExit: 0"):
        by_name("python:mine_odd:X", folder)


def test_a_package_and_its_module(folder: Path) -> None:
    (folder / "mine_package").mkdir()
    for name, text in (("__init__", ""), ("one", GOOD), ("two", "from . import one\n")):
        (folder / "mine_package" / f"{name}.py").write_text(text)
    assert by_name("python:mine_package.one:EvenWeights", folder).weight_step == 2
    assert by_name("python:mine_package.two:one.EvenWeights", folder).weight_step == 2


@pytest.mark.parametrize(
    "name",
    [
        *("python:", "python:mine", "python:a:b:c", "python:a/b:c", "python:.a:b", "python:a.:b"),
        *("python:a:b.", "python:a:3", "python:a:\u00e9", "python:a b:c"),
    ],
)
def test_malformed_names(name: str) -> None:
    with pytest.raises(UserError, match=r"Wrong name of a block .*python:MODULE:OBJECT"):
        by_name(name)


def test_a_block_of_the_library_by_its_class() -> None:
    assert by_name("python:hawx_hw.blocks.families.exact:Exact").digest == Exact().digest


HELPED = GOOD.replace("import numpy as np\n", "import numpy as np\nimport mine_helper\n")


def circuit(folder: Path, text: str, helper: str = "SHIFT = 1\n") -> tuple[str, str]:
    """The digests of the table and of the circuit of a block that is loaded anew."""
    (folder / "mine_digest.py").write_text(text)
    (folder / "mine_helper.py").write_text(helper)
    for name in ("mine_digest", "mine_helper"):
        sys.modules.pop(name, None)
        # An edit within the same second would not be noticed.
        Path(importlib.util.cache_from_source(folder / f"{name}.py")).unlink(missing_ok=True)
    block = by_name("python:mine_digest:EvenWeights", folder)
    return block.digest, block.circuit_digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(self.a & ~1) * self.b", "((self.a >> 1) * self.b) << 1"),
        ('("plain",)', '("plain", "again")'),
        ("weight_step = 2", "weight_step = 1"),
        ("    k: int", "    weights = range(-128, 127)\n    k: int"),
        ("    k: int", "    activations = range(-127, 128)\n    k: int"),
        ("    k: int", "    activation_step = 2\n    k: int"),
        ("    k: int", "    sources = {'a.v': 'module a; endmodule'}\n    k: int"),
        ("import numpy as np\n", "import numpy as np  # what NumPy is for\n"),
    ],
)
def test_the_circuit_changes_while_the_table_stays(folder: Path, old: str, new: str) -> None:
    before = circuit(folder, HELPED)
    assert circuit(folder, HELPED) == before
    after = circuit(folder, HELPED.replace(old, new, 1))
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_what_a_module_imports_is_part_of_the_circuit(folder: Path) -> None:
    before = circuit(folder, HELPED)
    after = circuit(folder, HELPED, "SHIFT = 2\n")
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_a_circuit_of_data_that_is_read(folder: Path) -> None:
    """The module stays as it is: what counts is the gateware that it makes."""
    text = GOOD.replace(
        "(self.a & ~1) * self.b",
        "(self.a & ~1) * self.b if int(DATA.read_text()) else (self.b * (self.a >> 1)) << 1",
    ).replace("class Even(", f"DATA = Path({str(folder / 'data')!r})\n\nclass Even(")
    text = text.replace("import numpy", "from pathlib import Path\nimport numpy")
    (folder / "data").write_text("0")
    before = circuit(folder, text)
    (folder / "data").write_text("1")
    after = circuit(folder, text)
    assert after[0] == before[0]
    assert after[1] != before[1]
