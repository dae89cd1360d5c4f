"""From a config to a verified, synthesized design, and whether that beats what it must beat.

    python benchmarks/end_to_end.py [lenet5 lenet5_mnist] [--images 64]

Each config is run from nothing, with an empty store of synthesis results, and timed by stage. Then
its constraint on accuracy is doubled and it is run until emission. Then the designs that the chosen
one must beat (exact blocks, the best of lower precision alone, the best of one block everywhere,
each losing no more on the training images) are built the same way, and their energy is measured on
their gates. Without a search in the config there is nothing to compare.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from hawx_hw.compensation.result import AssignResult
from hawx_hw.config.blocks import BlocksConfig
from hawx_hw.config.load import find_config, load_config
from hawx_hw.config.models import Config
from hawx_hw.design.design import read_origin
from hawx_hw.pipeline.order import STAGES
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.pipeline.stage import Outcome
from hawx_hw.power.result import PowerResult
from hawx_hw.prediction.result import PredictResult
from hawx_hw.quantize.result import QuantizeResult
from hawx_hw.report.verdict import rivals
from hawx_hw.search.result import load_result
from hawx_hw.synthesis.result import SynthResult
from hawx_hw.util.progress import console_for
from hawx_hw.util.tables import print_table
from hawx_hw.verification.result import VerifyResult


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configs", nargs="*", default=["lenet5", "lenet5_mnist"])
    parser.add_argument("--images", type=int, default=64, help="that power is measured on")
    arguments = parser.parse_args()
    for name in arguments.configs:
        path = find_config(name)
        config = load_config(path)
        power = config.power.model_copy(update={"images": arguments.images})
        with tempfile.TemporaryDirectory(prefix="hawx-end-to-end-") as folder:
            os.environ["HAWX_STORE"] = str(Path(folder) / "store.sqlite")
            _one(config.model_copy(update={"power": power}), path.parent, Path(folder))


def _run(
    config: Config, base: Path, folder: Path, until: str = "power"
) -> tuple[list[Outcome], float]:
    pipeline = Pipeline(config, folder, STAGES, console_for(silent=True), base=base)
    start = time.perf_counter()
    outcomes = pipeline.run(pipeline.until(until))
    return outcomes, time.perf_counter() - start


def _one(config: Config, base: Path, folder: Path) -> None:
    build = folder / config.name
    outcomes, seconds = _run(config, base, build)
    stages = ", ".join(f"{outcome.stage} {outcome.seconds:.1f}" for outcome in outcomes)
    print(f"\n{config.name}, everything from nothing: {seconds:.0f} s ({stages})", flush=True)
    if config.search is None:
        return
    result = load_result(build)
    chosen = result.designs[_index(build)]
    rows = [_row("chosen", build)]
    # A design of one block compensates for it layer by layer, which the search does not.
    rules = config.search.constraints
    for rival in rivals(result, chosen, rules.accuracy_drop, rules.confidence):
        point, accelerator = rival.point, config.accelerator
        if point.accelerator is not None:
            accelerator = result.accelerators[point.accelerator]
        alone = config.model_copy(
            update={
                "search": None,
                "accelerator": accelerator,
                "blocks": config.blocks.model_copy(update={"default": point.blocks[0]}),
            }
        )
        assert isinstance(alone.blocks, BlocksConfig)
        other = folder / f"{config.name}_{len(rows)}"
        _run(alone, base, other)
        rows.append(_row(rival.what, other))
    best = rows[0]
    heading = (
        *(
            "design",
            "test accuracy",
            "predicted nJ",
            "measured nJ",
            "predicted um2",
            "measured um2",
        ),
        "measured energy against it",
    )
    print_table(
        heading,
        [
            [
                row["what"],
                f"{100 * row['accuracy']:.2f} %",
                f"{row['predicted_energy']:,.1f}",
                f"{row['energy']:,.1f}",
                f"{row['predicted_area']:,.0f}",
                f"{row['area']:,.0f}",
                "" if row is best else f"{100 * (best['energy'] / row['energy'] - 1):+.2f} %",
            ]
            for row in rows
        ],
        numbers=True,
    )
    verify = VerifyResult.read(build)
    print(
        f"chosen: {', '.join(chosen.blocks)}; {verify.images} images "
        f"verified, {verify.mismatches} differ; {verify.cycles_per_image:,} cycles"
    )
    loose = config.search.constraints.model_copy(
        update={"accuracy_drop": 2 * config.search.constraints.accuracy_drop}
    )
    changed = config.model_copy(
        update={"search": config.search.model_copy(update={"constraints": loose})}
    )
    outcomes, seconds = _run(changed, base, build, "emit")
    ran = ", ".join(outcome.stage for outcome in outcomes if outcome.ran)
    print(f"constraint doubled, until emission: {seconds:.1f} s ({ran})", flush=True)


def _row(what: str, build: Path) -> dict[str, Any]:
    predicted = PredictResult.read(build).prediction
    if predicted is None:
        raise SystemExit("There are no predictors of this technology")
    accuracy = AssignResult.read(build).accuracy
    exact = QuantizeResult.read(build).accuracy.int8
    return {
        "what": what,
        "accuracy": accuracy.assigned if accuracy else exact,
        "predicted_energy": predicted.energy_pj.value / 1000,
        "energy": PowerResult.read(build).energy_pj / 1000,
        "predicted_area": predicted.area.value,
        "area": SynthResult.read(build).area,
    }


def _index(build: Path) -> int:
    index = read_origin(build / "design.json")
    if index is None:
        raise SystemExit("The config has no search")
    return index


if __name__ == "__main__":
    main()
