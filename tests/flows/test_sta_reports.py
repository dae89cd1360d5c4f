"""OpenSTA's reports, as they are read."""

from __future__ import annotations

import pytest

from hawx_hw.flows.sta_reports import by_pin, read_slacks, read_transitions, read_unconstrained

TRANSITIONS = r"""max_transition

Pin                                    Limit   Trans   Slack
------------------------------------------------------------
core/sequencer/_1242_/CK              100.00  914.43 -814.43 (VIOLATED)
core/\odd.name /ZN                    100.00  114.43  -14.43 (VIOLATED)
core/_7_/Q                            100.00   99.00    1.00

"""


def test_slacks_in_nanoseconds() -> None:
    slacks = read_slacks("a/D 9.5e+02 x/Q\nb[1] -2.5e+01 y\n\\c.d/D -1 y\na/D 4 z/Q\n", 1e-3)
    assert slacks.by_end == pytest.approx({"a/D": 0.004, "b[1]": -0.025, "c.d/D": -0.001})
    assert slacks.worst == pytest.approx(-0.025)
    assert slacks.total_negative == pytest.approx(-0.026)
    assert slacks.violations == 2


def test_no_slacks_at_all() -> None:
    slacks = read_slacks("", 1.0)
    assert slacks.worst is None
    assert (slacks.total_negative, slacks.violations) == (0, 0)


@pytest.mark.parametrize("text", ["a/D 5\n", "a/D five x\n", "a/D 5 x y\n"])
def test_lines_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_slacks(text, 1.0)


def test_unconstrained_endpoints() -> None:
    assert read_unconstrained("\n") == frozenset()
    text = "Warning: There are 2 unconstrained endpoints.\n  a/SE\n  out[3]\n"
    assert read_unconstrained(text) == {"a/SE", "out[3]"}
    assert read_unconstrained("Warning: There is 1 unconstrained endpoint.\n  b\n") == {"b"}


@pytest.mark.parametrize(
    "text",
    [
        "Warning: There are 3 unconstrained endpoints.\n  a\n  b\n",
        "Warning: There is 1 unconstrained endpoint.\n  a\nWarning: more\n",
        "  a\n",
        "There is something\n",
    ],
)
def test_a_list_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must list the endpoints that it counts"):
        read_unconstrained(text)


def test_transitions_over_their_limit_but_not_of_the_clock() -> None:
    with_names = TRANSITIONS.replace(r"\odd.name /ZN", r"\odd.name/ZN ")
    assert read_transitions(with_names, {"CK"}) == {"core/odd.name/ZN": (100.0, 114.43)}
    assert len(read_transitions(with_names, ())) == 2
    assert read_transitions("", ()) == {}


def test_names_in_a_few_words() -> None:
    names = ["a/b/SE", "c/SE", "m/read_address[3]", "m/read_address[12]", "n/D", "p", "q[1]"]
    assert by_pin(names) == "2 at SE, 2 at read_address, 1 at D, p, q[1]"
    assert by_pin(f"o[{bit}]" for bit in range(6)) == "o[0], o[1], o[2], o[3], 2 more outputs"
