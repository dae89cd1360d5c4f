"""Tables: their axes in our units, in either order, and what is wrong with one."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.technology.liberty_groups import Group, LibertyError, parse
from hawx_hw.technology.liberty_tables import TableReader, Unsupported, templates_of
from hawx_hw.technology.liberty_units import read_units

TEMPLATES = """library (l) { time_unit : "10ps"; capacitive_load_unit (2, ff);
lu_table_template (ab) { variable_1 : input_net_transition; index_1 ("0, 10");
  variable_2 : total_output_net_capacitance; index_2 ("1, 2, 4"); }
lu_table_template (ba) { variable_1 : total_output_net_capacitance; index_1 ("1, 2, 4");
  variable_2 : input_net_transition; index_2 ("0, 10"); }
lu_table_template (load) { variable_1 : total_output_net_capacitance; index_1 ("1, 2"); }
lu_table_template (bare) { variable_1 : input_net_transition; }
power_lut_template (three) { variable_1 : input_transition_time; variable_2 : x; variable_3 : y;
  index_1 ("0, 1"); index_2 ("0, 1"); index_3 ("0, 1"); }
lu_table_template (odd) { variable_1 : normalized_voltage; index_1 ("0, 1"); }
lu_table_template (twice) { variable_1 : input_net_transition; index_1 ("0, 1");
  variable_2 : input_transition_time; index_2 ("0, 1"); }
"""


def table(text: str) -> tuple[TableReader, Group]:
    (library,) = parse(
        f"{TEMPLATES} cell (A) {{ pin (Y) {{ timing () {{\n{text}\n}} }} }} }}"
    ).groups
    (cell,) = library.children("cell")
    reader = TableReader(read_units(library), templates_of(library))
    return reader, cell.groups[0].groups[0].groups[0]


@pytest.mark.parametrize(
    "text",
    [
        'cell_rise (ab) { values ("1, 2, 3", "4, 5, 6"); }',
        'cell_rise (ab) { values ("1, 2, 3, 4, 5, 6"); }',
        "cell_rise (ab) { values (1, 2, 3, 4, 5, 6) }",
        'cell_rise (ba) { values ("1, 4", \\\n "2, 5", "3 6"); }',
    ],
)
def test_transition_first(text: str) -> None:
    reader, group = table(text)
    read = reader.read(group, 2.0)
    np.testing.assert_array_equal(read.slews, [0.0, 0.1])
    np.testing.assert_array_equal(read.loads, [2.0, 4.0, 8.0])
    np.testing.assert_array_equal(read.values, [[2, 4, 6], [8, 10, 12]])
    assert not reader.over_load_alone(group)


@pytest.mark.parametrize("name", ["(scalar)", "()"])
def test_a_single_value(name: str) -> None:
    reader, group = table(f'cell_rise {name} {{ values ("3"); }}')
    read = reader.read(group, 1.0)
    assert (read.slews, read.loads, read.values) == ([0.0], [0.0], [[3.0]])


def test_the_load_alone() -> None:
    reader, group = table('cell_rise (load) { index_1 ("5, 6, 7"); values ("1, 2, 3"); }')
    read = reader.read(group, 1.0)
    np.testing.assert_array_equal(read.slews, [0.0])
    np.testing.assert_array_equal(read.loads, [10, 12, 14])
    np.testing.assert_array_equal(read.values, [[1, 2, 3]])
    assert reader.over_load_alone(group)


@pytest.mark.parametrize(
    ("text", "what", "kind"),
    [
        ("(none) { }", "there is no template 'none'", LibertyError),
        ("(bare) { }", "has no index_1", LibertyError),
        ('(load) { index_1 ("2, 1"); }', "index_1 of cell_rise must rise", LibertyError),
        ('(load) { index_1 ("1, 1"); }', "index_1 of cell_rise must rise", LibertyError),
        ('(load) { index_1 ("1, x"); }', "index_1 must be a finite number, not 'x'", LibertyError),
        ("(load) { }", "must be 2 numbers, not 0", LibertyError),
        ('(load) { values ("1, inf"); }', "values must be a finite number", LibertyError),
        ('(ab) { values ("1, 2"); }', "must be 2 x 3 numbers, not 2", LibertyError),
        ("(three) { }", "cell_rise is over 'x'", Unsupported),
        ("(odd) { }", "cell_rise is over 'normalized_voltage'", Unsupported),
        ("(twice) { }", "over input_net_transition and input_transition_time", Unsupported),
    ],
)
def test_what_is_wrong_with_a_table(text: str, what: str, kind: type[LibertyError]) -> None:
    reader, group = table(f"cell_rise {text}")
    with pytest.raises(LibertyError, match=what) as caught:
        reader.read(group, 1.0)
    assert type(caught.value) is kind
    assert caught.value.line == TEMPLATES.count("\n") + 2
