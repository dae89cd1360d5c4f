import pytest

from hawx_hw.util.fingerprints import differences, json_hash, versions


def test_json_hash_ignores_order() -> None:
    assert json_hash({"a": 1, "b": [2]}) == json_hash({"b": [2], "a": 1})
    assert json_hash({"a": 1}) != json_hash({"a": 2})


def test_versions_of_what_is_installed() -> None:
    installed = versions("pytest", "no-such-distribution-of-hawx")
    assert installed == {"pytest": pytest.__version__}


def test_differences() -> None:
    before = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4, "f": {"g": 5}}
    now = {"a": 1, "b": {"c": 0, "d": 3, "h": None}, "f": 6, "i": None}
    assert differences(before, now) == ["b.c", "e", "f"]
    assert differences(before, before) == []
