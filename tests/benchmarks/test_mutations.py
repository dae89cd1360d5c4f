"""The list of deliberate breakages fits the program, and the tests that must fail exist."""

import pytest
from mutation_list import MUTATIONS, Mutation
from mutations import ROOT, copy_tree, judge, mutated

#: Cheap ones, from different rooms, that are tried in every run of the suite.
SAMPLE = ("requantization-without-rounding", "a-front-that-holds-equal-points-twice")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_breakage_applies(mutation):
    text = (ROOT / mutation.file).read_text("utf-8")
    assert mutated(text, mutation) != text
    if mutation.file.endswith(".py"):
        compile(mutated(text, mutation), mutation.file, "exec")
    for argument in mutation.tests.split():
        assert (ROOT / argument).exists(), argument


def test_names_are_unique():
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) > 25


def test_a_text_that_is_gone_or_occurs_twice_is_refused():
    mutation = Mutation("name", "file.py", "old", "new", "tests")
    assert mutated("an old text", mutation) == "an new text"
    for text in ("a text", "old and old"):
        with pytest.raises(ValueError, match=r"name: 'old' must occur once in file\.py"):
            mutated(text, mutation)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutations") / "tree"
    copy_tree(folder)
    return folder


@pytest.mark.parametrize("name", SAMPLE)
def test_a_breakage_is_found(tree, name):
    mutation = next(m for m in MUTATIONS if m.name == name)
    assert judge(tree, mutation) == "found"
    assert (tree / mutation.file).read_text("utf-8") == (ROOT / mutation.file).read_text("utf-8")


def test_a_change_that_breaks_nothing_survives(tree):
    harmless = Mutation(
        "harmless",
        "hawx_hw/search/pareto.py",
        '"""Pareto fronts of objectives',
        '"""Pareto  fronts of objectives',
        "tests/search/test_pareto.py",
    )
    assert judge(tree, harmless) == "SURVIVED"
