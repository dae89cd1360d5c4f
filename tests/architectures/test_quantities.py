import numpy as np
import pytest

from hawx_hw.architectures.quantities import (
    ONE,
    Part,
    Quantities,
    Quantity,
    Term,
    complement,
    feature,
    feature_terms,
    log2,
    longest_path,
)
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.prediction.evaluation import smape
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.storage import load_predictors, load_table

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


def test_features_are_terms_by_their_names() -> None:
    assert feature_terms(["a", "b"]).a == A


def test_a_path_is_of_a_kind() -> None:
    path = longest_path("pes", (A,), ("b",))
    assert (path.target, path.unit, path.correction) == ("delay_pes_ns", "ns", ("b",))
    assert path.parts == (Part("pes", "delay_pes_ns", (A,)),)


@pytest.mark.parametrize("name", ARCHITECTURES)
class TestEveryArchitecture:
    """The terms of an architecture are of features and kinds of modules that exist."""

    def test_terms_are_of_features(self, name: str) -> None:
        assert set(ARCHITECTURES[name].features) >= ARCHITECTURES[name].quantities.features

    def test_names_of_terms_differ(self, name: str) -> None:
        for quantity in ARCHITECTURES[name].quantities.by_name.values():
            for part in quantity.parts:
                assert len(set(map(str, part.terms))) == len(part.terms)

    def test_targets_are_those_of_kinds(self, name: str) -> None:
        quantities = ARCHITECTURES[name].quantities
        assert [part.target for part in quantities.area.parts] == [
            f"area_{part.name}" for part in quantities.area.parts
        ]
        for kind, quantity in quantities.paths.items():
            assert quantity.target == f"delay_{kind}_ns"

    def test_loaded_designs_are_predicted_as_they_were_measured(self, name: str) -> None:
        """Shipped predictors and the designs that they were trained on belong together."""
        table = load_table(ARCHITECTURES[name], "generic45")
        trained = load_predictors(ARCHITECTURES[name], "generic45").predictors
        estimates = trained.estimate(table.values)
        for quantity, target, limit in (
            ("area", "area", 1.0),
            ("energy", "dynamic_pj", 4.0),
            ("leakage", "leakage_uw", {"simt": 1.0}.get(name, 2.0)),
            ("delay", "longest_path_ns", 8.0),
        ):
            assert smape(table.targets[target], estimates[quantity].value).mean() < limit

    @pytest.mark.slow
    def test_measured_designs_that_were_left_out_are_predicted(self, name: str) -> None:
        table = load_table(ARCHITECTURES[name], "generic45")
        left_out = np.arange(len(table)) % 5 == 0
        predictors = Predictors.fit(table.subset(~left_out), "generic45")
        rest = table.subset(left_out)
        area = predictors.estimate(rest.values)["area"]
        assert smape(rest.targets["area"], area.value).mean() < 2
