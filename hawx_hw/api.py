"""The Python API: from a torch module to Verilog, as the command line does from a config.

A :class:`Project` has the settings and the images; each of its methods is a step that takes what
earlier ones returned::

    project = Project(module, "digits", search={}, accelerator={"multipliers": 64})
    graph = project.quantize()
    scores = project.score(graph)
    front = project.search(graph, scores)
    design = project.pick(front)
    built = project.emit(graph, design, Path("verilog"))
    project.verify(built)

What this module lists in ``__all__`` is public, with the attributes that are documented here; all
other modules may change from version to version. Nothing is printed, and nothing is written but
the folder of :meth:`Project.emit` and what the user's cache has of measured blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.config.load import blame, config_of
from hawx_hw.util.progress import ProgressDisplay, console_for

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from hawx_hw.architectures.base import Plan
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.datasets import Dataset, Split
    from hawx_hw.datasets.roles import Roles
    from hawx_hw.design.design import Design
    from hawx_hw.design.program import EmitResult
    from hawx_hw.graph.graph import Graph
    from hawx_hw.scores.profiling import Profiling
    from hawx_hw.search.result import SearchResult
    from hawx_hw.verification.result import VerifyResult

__all__ = ["Built", "Project"]

#: What the checks of a config ask for; nothing reads it here, since the network is at hand.
_MODEL = "python:project:network"


@dataclass(frozen=True, eq=False)
class Built:
    """An accelerator that was written.

    Parameters
    ----------
    folder : Path
        With ``rtl/``, ``mem/``, ``hawx_registers.h``, ``hawx_pixels.h``, ``registers.md`` and
        ``program.json``.
    accuracy : float
        Of the network as built, on all test images, in [0, 1].
    cycles : int
        Of an image, from the first byte taken to the last byte given, as planned: exact.
    graph : Graph
        The integer graph as built: compensated for the design's blocks.
    plan : Plan
        That graph on the accelerator.
    program : EmitResult
        What was written: ``title``, ``blocks``, ``memories``, ``parameter_bytes`` and more.
    """

    folder: Path
    accuracy: float
    cycles: int
    graph: Graph
    plan: Plan
    program: EmitResult


class Project:
    """A torch network, its images, and the settings of the accelerator that is made of it.

    Parameters
    ----------
    network : torch.nn.Module
        Trained. Takes float32 ``(batch, C, H, W)`` of ``pixel / 255`` and returns ``(batch,
        classes)``; it is not changed.
    dataset : str or Dataset
        ``digits``, ``mnist``, ``cifar10``, the path of an ``.npz``, a folder or a ``.csv``; or
        images in memory: :class:`hawx_hw.datasets.Dataset`.
    name : str
        Of the network: letters, digits, ``-`` and ``_``.
    base : Path
        The folder that relative paths start from.
    settings
        Sections of a config, with the keys and values that they have in YAML: ``accelerator``,
        ``blocks``, ``compensation``, ``search``, ``training``, ``technology``, ``verify``,
        ``seed``. Without ``search`` there is nothing to score and to search, and the design has the
        ``blocks`` that are given. With ``training`` the network of the design that is emitted is
        trained again first. ``network`` is none of them: the network and its images are the
        arguments above, and their other settings are as in a config that leaves them out.

    Raises
    ------
    UserError
        A setting is wrong, with its key. It is a ``hawx_hw.errors.HawxError``, as are all errors
        that these methods state.
    """

    def __init__(
        self,
        network: nn.Module,
        dataset: str | Dataset,
        *,
        name: str = "network",
        base: Path = Path(),
        **settings: Any,
    ):
        self._network, self._base = network, base
        self._given = None if isinstance(dataset, str) else dataset
        source = {"model": _MODEL, "dataset": dataset if isinstance(dataset, str) else dataset.name}
        self._config = config_of({"name": name, "network": source, **settings}, base)

    @cached_property
    def images(self) -> Roles:
        """Images by role, no image in two: ``learn``, ``select`` and ``test``.

        Each has ``images``, uint8 ``(n, C, H, W)``, and ``labels``, int64 ``(n,)``. ``learn`` is
        to train, calibrate and search with; ``select`` decides which designs keep their accuracy,
        and must not be trained on; ``test`` decides nothing.

        Raises
        ------
        UserError
            The data set is unknown, missing or damaged.
        """
        from hawx_hw.datasets.roles import roles
        from hawx_hw.pipeline.data import dataset_of

        dataset = self._given
        return roles(dataset_of(self._config, self._base) if dataset is None else dataset)

    def quantize(self) -> Graph:
        """The integer graph of the network: int8 codes, exact sums, one rounding rule.

        Returns
        -------
        Graph
            ``nodes`` are in an order of computation, ``tensors`` have their shapes by name.

        Raises
        ------
        UserError
            The network has an operation that the integer graph lacks, or values that are not
            finite.
        """
        from hawx_hw.quantize.calibration import quantize

        images = self.images.proposing(self._config.network.calibration_images).images
        return quantize(self._network, images, name=self._config.name)

    def accuracy(self, graph: Graph, split: Split | None = None) -> float:
        """Share of images that an integer graph is right on, with exact blocks.

        Parameters
        ----------
        graph : Graph
            Of :meth:`quantize`. That of a :class:`Built` is made for its blocks, under which it
            has the accuracy of :attr:`Built.accuracy`.
        split : Split or None
            One of :attr:`images`; None: the test images.

        Returns
        -------
        float
            In [0, 1].
        """
        from hawx_hw.graph.fast import accuracy

        split = self.images.test if split is None else split
        return accuracy(graph, split.images, split.labels)

    def score(self, graph: Graph) -> Profiling:
        """The hawx scores: how much every filter suffers from every block of the search.

        Parameters
        ----------
        graph : Graph
            Of :meth:`quantize`.

        Returns
        -------
        Profiling
            ``report`` names blocks and layers; ``profile`` has the arrays.

        Raises
        ------
        UserError
            There is no section ``search``, or no block of a name in it.
        """
        from hawx_hw.blocks.registry import distinct_blocks
        from hawx_hw.scores.profiling import profile_network

        search, rules = self._search(), self._config.compensation
        return profile_network(
            graph,
            distinct_blocks(("exact", *search.blocks), self._base),
            self.images.proposing(search.images),
            count=search.profile_images,
            granularity=search.granularity,
            slices=search.slices,
            channel_parts=search.channel_parts,
            bias_correction=rules.bias,
            weights=rules.weights,
        )

    def search(self, graph: Graph, scores: Profiling) -> SearchResult:
        """The front of designs by accuracy and predicted cost.

        Parameters
        ----------
        graph : Graph
            Of :meth:`quantize`.
        scores : Profiling
            Of :meth:`score`.

        Returns
        -------
        SearchResult
            Its ``front`` is in ascending order of accuracy drop. A point has ``blocks`` (names),
            ``estimated_drop`` (percentage points, on new images), ``test_accuracy`` (in [0, 1])
            and ``metrics``: ``energy_nj``, ``power_mw``, ``area_um2`` and ``latency_us`` of an
            image, predicted.

        Raises
        ------
        UserError
            No accelerator can run the network, or the technology has no predictors.
        """
        from hawx_hw.search.run import SearchRun
        from hawx_hw.util.scratch import scratch_folder

        self._search()
        with scratch_folder("search") as scratch, self._progress() as progress:
            return SearchRun(
                self._config,
                self._base,
                graph,
                self.images,
                scores,
                scratch,
                progress,
                accelerators=self._accelerators(graph),
            )()

    def pick(self, front: SearchResult, index: int | None = None) -> Design:
        """A design of a search.

        Parameters
        ----------
        front : SearchResult
            Of :meth:`search`.
        index : int or None
            Its number, from 0 on; None: that of ``search.index``, or the one of least objective
            that keeps ``search.constraints``.

        Returns
        -------
        Design
            ``accelerator`` has its settings, complete; ``assignment`` the blocks of each layer.

        Raises
        ------
        UserError
            None keeps the constraints, or there is none of that number.
        """
        from hawx_hw.assignment import from_json
        from hawx_hw.design.design import Design
        from hawx_hw.search.pick import by_constraints, by_index

        rules = self._search().constraints
        if index is None:
            index = self._search().index
        if index is None:
            index = by_constraints(front, rules.accuracy_drop, rules.limits, rules.confidence)
        else:
            index = by_index(front, index)
        point = front.designs[index]
        accelerator = front.accelerators[point.accelerator or 0]
        return Design(accelerator, from_json(dict(point.assignment), self._base), index)

    def given(self, graph: Graph) -> Design:
        """The design of the settings alone: their accelerator with their ``blocks``.

        Parameters
        ----------
        graph : Graph
            Of :meth:`quantize`.

        Returns
        -------
        Design

        Raises
        ------
        UserError
            There is no layer or block of a name, or weights that no rule matches.
        """
        from hawx_hw.assignment import assign
        from hawx_hw.design.design import Design

        replaced = self._config.compensation.weights != "none"
        assignment = assign(graph, self._config.blocks, self._base, replaced=replaced)
        return Design(self._accelerators(graph)[0], assignment)

    def emit(self, graph: Graph, design: Design, folder: Path) -> Built:
        """Compensate the network for the design's blocks, train it, and write the accelerator.

        It is trained where the settings have a section ``training``: on the images for learning,
        once for each call. The bound that :meth:`pick` chose a design by is one of the network
        before that: unlike ``hawx run``, nothing here tests the trained one by the images that
        select.

        Parameters
        ----------
        graph : Graph
            Of :meth:`quantize`.
        design : Design
            Of :meth:`pick` or :meth:`given`.
        folder : Path
            Created if need be; the accelerator in it is replaced. The same arguments give the same
            bytes.

        Returns
        -------
        Built

        Raises
        ------
        UserError
            The accelerator cannot run the network.
        """
        from hawx_hw.design.emission import emit_accelerator
        from hawx_hw.pipeline.implementations import choose_implementations
        from hawx_hw.util.fingerprints import json_hash
        from hawx_hw.verification.accelerator_job import cycles_per_image

        graph, accuracy = self._compensated(graph, design)
        with blame("accelerator"):
            plan = design.plan(graph, self._base)
        with self._progress() as progress:
            implementations, compared = choose_implementations(
                self._config, self._base, plan, lambda count: self._codes(graph, count), progress
            )
        folder.mkdir(parents=True, exist_ok=True)
        program = emit_accelerator(
            plan,
            folder,
            config_hash=int(json_hash(design.as_dict())[:8], 16),
            implementations=implementations,
            compared=compared,
            initial_values=self._config.accelerator.initial_values,
        )
        program.write(folder)
        return Built(folder, accuracy, cycles_per_image(plan), graph, plan, program)

    def verify(self, built: Built) -> VerifyResult:
        """Simulate the Verilog on test images, and compare every result with the integer graph.

        Parameters
        ----------
        built : Built
            Of :meth:`emit`.

        Returns
        -------
        VerifyResult
            ``images``, ``cycles_per_image`` and more.

        Raises
        ------
        VerificationError
            A result, a stored word, or a number of cycles differs.
        UserError
            There is no simulator.
        """
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.util.scratch import scratch_folder
        from hawx_hw.verification.accelerator_job import verify_accelerator

        settings = self._config.verify
        images = built.graph.codes(evenly_spaced(self.images.test, settings.images).images)
        with scratch_folder("verify") as scratch:
            return verify_accelerator(
                built.folder,
                built.plan,
                images,
                config_hash=int(built.program.config_hash, 16),
                workdir=scratch,
                simulator=settings.simulator,
                traced=min(settings.traced_images, len(images)),
                seed=self._config.seed,
            )

    def _accelerators(self, graph: Graph) -> list[AcceleratorConfig]:
        """The complete accelerators that may be built: of the search, or else the settings' own."""
        from hawx_hw.pipeline.predictors import choices
        from hawx_hw.pipeline.technology import load_technology

        own, *variants = choices(self._config, graph, load_technology(self._config, self._base))
        kind = type(self._config.accelerator)
        return [kind.model_validate(each.accelerator) for each in variants or [own]]

    def _compensated(self, graph: Graph, design: Design) -> tuple[Graph, float]:
        """The graph that suits the design's blocks, and its accuracy on the test images."""
        if not design.assignment:
            return graph, self.accuracy(graph)
        from hawx_hw.compensation.assigned import AssignmentImages, compensate_assignment

        searched = self._config.search if design.origin is not None else None
        images = AssignmentImages(
            calibration=self._codes(graph, self._config.network.calibration_images),
            test=self.images.test,
            training=None if searched is None else self.images.proposing(searched.images),
            promised=searched is not None and len(self.images.select) > 0,
        )
        with self._progress() as progress:
            retrained = None
            if self._config.training is not None:
                retrained = self._retrained(graph, design.assignment, progress)
            compensated, result = compensate_assignment(
                graph, design.assignment, self._config.compensation, images, progress, retrained
            )
        assert result.accuracy is not None
        return compensated, result.accuracy.assigned

    def _retrained(self, graph: Graph, assignment: Assignment, progress: ProgressDisplay) -> Graph:
        """The network trained again under its blocks, by the section ``training``."""
        from hawx_hw.networks.training import available_device
        from hawx_hw.pipeline.retraining import check_gradient
        from hawx_hw.retraining.designs import DesignTraining, TrainingImages, retraining_of
        from hawx_hw.util.scratch import scratch_folder

        config, images = self._config, self.images
        assert config.training is not None
        check_gradient(config, self._base)
        training = DesignTraining(
            graph,
            config.compensation,
            retraining_of(config.training, config.network.model, images.learn),
            TrainingImages(
                images.proposing(config.network.calibration_images),
                images.learn,
                images.select,
                images.test,
            ),
            device=available_device(),
            progress=progress,
        )
        with scratch_folder("retrain") as scratch:
            return training(training.start(assignment), assignment, scratch / "state", "it")

    def _codes(self, graph: Graph, count: int) -> np.ndarray:
        """Input codes of images for learning: int8 ``(count, C, H, W)``, or fewer."""
        return graph.codes(self.images.proposing(count).images)

    def _progress(self) -> ProgressDisplay:
        return ProgressDisplay(console_for(silent=True))

    def _search(self) -> SearchConfig:
        if self._config.search is None:
            from hawx_hw.errors import UserError

            raise UserError(
                "There is nothing to search",
                where="search",
                hint="Give the project a search; search={} has the defaults.",
            )
        return self._config.search
