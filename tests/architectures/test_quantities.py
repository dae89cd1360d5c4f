import pytest

from hawx_hw.architectures.quantities import (
    ONE,
    Part,
    Quantities,
    Quantity,
    Term,
    complement,
    feature,
    log2,
)

A, B = feature("a"), feature("b")


@pytest.mark.parametrize(
    ("term", "name", "features"),
    [
        (ONE, "1", set()),
        (A, "a", {"a"}),
        (A * B, "a*b", {"a", "b"}),
        (complement("flag") * log2("a") * B, "not:flag*log2:a*b", {"flag", "a", "b"}),
        (ONE * A, "a", {"a"}),
    ],
)
def test_terms_have_names_and_features(term: Term, name: str, features: set[str]) -> None:
    assert (str(term), term.features) == (name, features)


def test_units_and_features() -> None:
    def quantity(target: str, *parts: Part, correction: tuple[str, ...] = ()) -> Quantity:
        return Quantity(target, "", parts, correction)

    quantities = Quantities(
        area=quantity(
            "area", Part("blocks", "area_blocks", (), exact=A), Part("rest", "area_rest", (ONE,))
        ),
        energy=quantity("dynamic_pj", correction=("b",)),
        leakage=quantity("leakage_uw"),
        paths={
            "pes": quantity("delay_pes_ns", Part("pes", "delay_pes_ns", (log2("c"),))),
            "rest": quantity("delay_rest_ns"),
        },
    )
    assert list(quantities.by_name) == ["area", "energy", "leakage", "path_pes", "path_rest"]
    assert quantities.area_kinds == ("blocks",)
    assert quantities.path_kinds == ("pes",)
    assert quantities.features == {"a", "b", "c"}
    # What counts as it is was not learned.
    assert [each.learned for each in quantities.by_name.values()] == [
        frozenset(), {"b"}, frozenset(), {"c"}, frozenset(),
    ]  # fmt: skip
