from hawx_hw.pipeline.order import STAGES


def test_every_stage_stands_after_those_that_it_needs() -> None:
    known: set[str] = set()
    for stage in STAGES:
        assert known.issuperset(stage.needs), stage.name
        known.add(stage.name)


def test_names_are_those_of_the_modules() -> None:
    assert [stage.name for stage in STAGES] == [
        stage.run.__module__.rpartition(".")[2] for stage in STAGES
    ]
    assert len({stage.name for stage in STAGES}) == len(STAGES)
