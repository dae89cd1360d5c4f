"""What is synthesized by itself, and under which key."""

from __future__ import annotations

import json

import pytest

from hawx_hw.synthesis.units import Recipe, Unit, mapped_content, units_of
from hawx_hw.technology import load
from hawx_hw.util.resources import rtl_templates

ROM = (rtl_templates() / "hawx_rom.v").read_text()
LEAF = "module leaf(input [3:0] a, output y); assign y = ^a; endmodule\n"
BANK = """module bank(input clk, input a, output d);
  hawx_rom #(.WIDTH(1), .DEPTH(2), .ADDRESS_WIDTH(1), .INIT_FILE("one.hex"))
    macro(.clk(clk), .read_enable(1'b1), .read_address(a), .read_data(d));
endmodule
"""
TOP = """module top(input clk, input [3:0] a, output y, d);
  leaf u(a, y); bank b(clk, a[0], d);
endmodule
"""
SOURCES = {"hawx_rom.v": ROM, "leaf.v": LEAF, "bank.v": BANK, "top.v": "\n" + TOP}


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return Recipe(load("generic45"))


def by_name(sources: dict[str, str], recipe: Recipe) -> dict[str, Unit]:
    return {unit.name: unit for unit in units_of(sources, "top", recipe)}


def test_parts_before_the_whole_each_by_itself(recipe: Recipe) -> None:
    units = units_of(SOURCES, "top", recipe)
    assert [unit.name for unit in units] == ["leaf", "bank", "top"]
    # The top sees empty modules only.
    assert set(units[2].sources) == {"module.v", "parts.v"}
    assert "assign y = ^a" not in "".join(units[2].sources.values())
    assert units[2].sources["parts.v"].count("endmodule") == 2


def test_a_key_is_of_what_a_module_is_made_from(recipe: Recipe) -> None:
    keys = {name: unit.key for name, unit in by_name(SOURCES, recipe).items()}
    assert len(set(keys.values())) == 3

    def changed(name: str, old: str, new: str) -> set[str]:
        assert old in SOURCES[name]
        sources = SOURCES | {name: SOURCES[name].replace(old, new)}
        return {key for key, unit in by_name(sources, recipe).items() if unit.key != keys[key]}

    assert changed("leaf.v", "^a", "&a") == {"leaf"}
    assert changed("leaf.v", "output y", "output y, output z") == {"leaf", "top"}
    assert changed("bank.v", "one.hex", "two.hex") == set()
    assert changed("bank.v", ".DEPTH(2)", ".DEPTH(1)") == {"bank"}


def test_the_way_of_mapping_is_part_of_the_key(recipe: Recipe) -> None:
    technology = recipe.technology
    recipes = [
        recipe,
        Recipe(technology, 2.0),
        Recipe(technology, 3.0),
        Recipe(technology, booth=True),
    ]
    assert len({by_name(SOURCES, each)["leaf"].key for each in recipes}) == len(recipes)


def test_names_return_to_what_yosys_wrote(recipe: Recipe) -> None:
    bank = by_name(SOURCES, recipe)["bank"]
    assert bank.files == ('"one.hex"',)
    assert bank.file("hawx_module_0") == "one.hex"
    assert bank.file("hawx_module_1") == "hawx_module_1"
    text = 'module hawx_module(x); hawx_modules u(.INIT_FILE("hawx_module_0")); endmodule'
    assert bank.named(text) == 'module bank(x); hawx_modules u(.INIT_FILE("one.hex")); endmodule'


def test_a_name_that_is_escaped_in_verilog_is_escaped_in_the_netlist(recipe: Recipe) -> None:
    text = "module \\a.b (input x, output y); assign y = ~x; endmodule\n"
    (unit,) = units_of({"x.v": text}, "a.b", recipe)
    assert unit.named("module hawx_module(x, y);\n") == "module \\a.b (x, y);\n"


def test_places_are_those_of_the_users_file(recipe: Recipe) -> None:
    top = by_name(SOURCES, recipe)["top"]
    # Its text begins on the second line of the file.
    assert top.place("module.v:2") == "top.v:3"
    assert top.place("parts.v:1") == "parts.v:1"
    assert top.place(None) is None
    assert top.place("no place") == "no place"


def test_parameters_keep_a_module_with_what_it_holds(recipe: Recipe) -> None:
    wide = "module leaf #(parameter W = 4) (input [W-1:0] a, output y); assign y = ^a; endmodule\n"
    units = by_name(SOURCES | {"leaf.v": wide}, recipe)
    assert set(units) == {"top"}
    assert len(units["top"].sources) == 4


def test_flattened_or_not_understood_it_is_one(recipe: Recipe) -> None:
    (unit,) = units_of(SOURCES, "top", Recipe(recipe.technology, flatten=True))
    assert list(unit.sources.values()) == list(SOURCES.values())
    assert any("-flatten" in command for command in unit.script)
    (unit,) = units_of({"t.v": "`define A 1\n" + TOP}, "top", recipe)
    assert unit.place("source_0.v:7") == "t.v:7"


def test_black_boxes_and_macros_are_not_stored() -> None:
    cell = {"type": "INV", "parameters": {}, "connections": {"A": [2]}, "attributes": {"src": "x"}}
    port = {"direction": "input", "bits": [2], "offset": 1}
    netlist = {
        "modules": {
            "hawx_rom": {"attributes": {}, "cells": {}, "ports": {}},
            "leaf": {"attributes": {"blackbox": 1}, "cells": {}, "ports": {}},
            "hawx_module": {"attributes": {}, "cells": {"g": cell}, "ports": {"a": port}},
        }
    }
    content = mapped_content(json.dumps(netlist), "/* Generated today */\n\nmodule x;\n")
    del cell["attributes"], port["offset"]
    assert content == {
        "modules": {"hawx_module": {"cells": {"g": cell}, "ports": {"a": port}}},
        "verilog": "module x;\n",
    }
