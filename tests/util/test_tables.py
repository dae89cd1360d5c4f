import io
import re

from hawx_hw.util.tables import print_table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_fields_are_aligned() -> None:
    stream = io.StringIO()
    records = [("cells", "12,345"), ("area", "")]
    print_table(("what", "value"), records, title="synthesis", stream=stream)
    assert stream.getvalue() == "synthesis\nwhat   value\ncells  12,345\narea\n"


def test_numbers_are_aligned_on_the_right() -> None:
    stream = io.StringIO()
    records = [("adder", "7", "1.5"), ("pe", "1,000", "12.5")]
    print_table(("module", "cells", "area"), records, numbers=True, stream=stream)
    assert stream.getvalue().splitlines() == [
        "module  cells  area",
        "adder       7   1.5",
        "pe      1,000  12.5",
    ]


def test_plain_without_heading_or_records() -> None:
    stream = io.StringIO()
    print_table(None, [("a", "b")], stream=stream)
    print_table(None, [], title="nothing", stream=stream)
    assert stream.getvalue() == "a  b\nnothing\n"


def test_terminal_shows_every_field_as_it_is() -> None:
    stream = Terminal()
    print_table(("what", "value"), [("[bold]", "1 [um]")], title="[t]", stream=stream)
    for text in ("what", "value", "[bold]", "1 [um]", "[t]"):
        assert text in stream.getvalue()
    print_table(None, [("a", "b")], stream=stream)
    print_table(None, [], stream=stream)


def test_words_stay_whole_on_a_narrow_terminal(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    heading = ("point", "accuracy drop", "between the bounds", "blocks")
    record = ("1", "0.13", "-0.48 to 0.74", "precision(w=4,a=5), exact, array(ha=2,hb=2,v=6)")
    print_table(heading, [record], numbers=True, stream=stream)
    text = re.sub(r"\x1b\[\d*m", "", stream.getvalue())
    for block in ("precision(w=4,a=5),", "exact,", "array(ha=2,hb=2,v=6)"):
        assert block in text
    assert max(map(len, text.splitlines())) <= 60
