"""The settings of a search: defaults, names of old, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.blocks import by_name
from hawx_hw.config.search import SEARCHED
from hawx_hw.errors import UserError
from tests.config.texts import HEAD, load


def test_defaults(tmp_path: Path) -> None:
    search = load(tmp_path, HEAD + "search: {}\n").search
    assert search is not None
    assert (search.algorithm, search.granularity, search.objective) == ("hawx", "filter", "energy")
    assert search.blocks == list(SEARCHED)
    assert search.constraints.accuracy_drop == 1.0
    assert search.index is None


@pytest.mark.parametrize(
    "text",
    [
        "{groups: 4}",
        "{granularity: kernel, groups: 1, slices: rows}",
        "{granularity: kernel, slices: channels, channel_parts: 2, blocks: [none]}",
    ],
)
def test_what_gets_a_block_of_its_own(tmp_path: Path, text: str) -> None:
    search = load(tmp_path, HEAD + f"search: {text}\n").search
    assert search is not None
    assert load(tmp_path, HEAD + f"search: {search.model_dump_json(exclude_unset=True)}\n").search


def test_usual_blocks_are_distinct_and_have_names() -> None:
    digests = {by_name(name).digest for name in SEARCHED}
    assert len(digests) == len(SEARCHED)


def test_shapes_are_variants_by_an_older_name(tmp_path: Path) -> None:
    config = load(tmp_path, HEAD + "search: {shapes: [{rows: 4, columns: 2}]}\n")
    assert [(v.rows, v.columns) for v in config.variants()] == [(4, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "search: {variants: [{rows: 4}, {rows: 8}, {rows: 4}]}\n",
            ":3: search.variants: A variant is listed twice. Remove one of them.",
        ),
        ("search: {variants: []}\n", "search.variants: "),
        ("search: {blocks: []}\n", "search.blocks: "),
        ("search: {blocks: [drumm]}\n", ":3: search.blocks.0: Unknown block 'drumm'."),
        ("search: {algorithm: greed}\n", "search.algorithm: must be 'hawx', 'exhaustive'"),
        (
            "search: {groups: 2, granularity: layer}\n",
            ":3: search.groups: granularity: layer has no filters of their own. Leave it out, or "
            "choose granularity: filter.",
        ),
        ("search: {groups: 0}\n", "search.groups: must be greater than or equal to 1, not 0."),
        (
            "search: {slices: columns}\n",
            ":3: search.slices: granularity: filter does not divide filters into slices. Leave it "
            "out, or choose granularity: kernel.",
        ),
        ("search: {slices: bits}\n", "search.slices: must be 'rows', 'columns' or 'channels'"),
        (
            "search: {granularity: kernel, channel_parts: 2}\n",
            ":3: search.channel_parts: slices: rows does not divide the channels. Leave it out, or "
            "choose slices: channels.",
        ),
        ("search: {budget: 0}\n", "search.budget: must be greater than or equal to 1, not 0."),
        ("search: {index: -1}\n", "search.index: must be greater than or equal to 0, not -1."),
        (
            "search:\n  constraints:\n    accuracy_drop: 101\n",
            ":5: search.constraints.accuracy_drop: must be less than or equal to 100, not 101.",
        ),
        (
            "search: {constraints: {energy_nj: .inf}}\n",
            "search.constraints.energy_nj: must be a finite number, not inf.",
        ),
        (
            "search: {constraints: {energy: 3}}\n",
            ":3: search.constraints.energy: There is no such key. Did you mean energy_nj?",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, HEAD + text)
    assert message in str(caught.value)
