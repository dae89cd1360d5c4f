"""All numbers that a search is tuned by, in one place."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SearchTuning"]


@dataclass(frozen=True)
class SearchTuning:
    """Numbers that decide what a search evaluates; the defaults are what configs get.

    ``benchmarks/search.py`` compares searches with the exhaustive ground truth of LeNet-5's layers
    and filters: a changed default shows there.

    Parameters
    ----------
    reference_drop : float
        Accuracy drop of the reference point, in percentage points: what loses more counts for
        nothing in a hypervolume. 5 are far beyond what a design is built with.
    default_budget : int
        Evaluations that shares of a budget are taken of where there is no budget.
    whole_space : int
        Assignments of a space up to which all are scored, which takes some seconds.
    scored : int
        Assignments that are scored in a larger space, without low-fidelity evaluations.
    fronts : int
        Fronts of scores and costs, the best one included, whose assignments may be evaluated:
        scores err, and an assignment behind the predicted front may lie on the real one.
    children : int
        Assignments that are varied and scored at a time.
    neighbors : int
        Places on the front, to each side, within which an assignment is mixed with another.
    mixed_share : float
        Share of children that are mixtures of two; the others change single units.
    second_change : float
        Chance that a second unit of a child changes.
    low_fidelity_share : float
        Share of the budget that low-fidelity evaluations get; the rest confirms what they show.
    low_fidelity_scored : int
        Assignments that are scored where low-fidelity evaluations follow: twice as many as
        without, as these distinguish more candidates.
    low_fidelity_candidates : int
        Candidates that low-fidelity evaluations choose from; bounds their memory.
    low_fidelity_rounds : int
        Rounds of them: after each it is learned what the scores miss.
    low_fidelity_ratio : float
        Candidates for each image that they are evaluated on: 384 on 65 images where 25 evaluations
        of 1,000 images are spent.
    low_fidelity_prior_images : float
        How many images' worth the first order is trusted when it is corrected by the images that
        were run. Little: it overstates blocks as coarse as those of the shipped configs.
    residual_drop : float
        Added to accuracy drops before their logarithm is taken, in percentage points: less is all
        the same.
    residual_share : float
        Standard deviation of that logarithm, as far as scores miss it.
    residual_ridge : float
        Ridge of the regression of residuals on blocks, for residuals in standard deviations.
    residual_least : float
        Least standard deviation after the regression, in percentage points.
    first_order_share : float
        Standard deviation of a predicted accuracy drop, as a share of it: the first order errs.
    corrected_share : float
        The same where scores were corrected by evaluations of one block everywhere: half of such a
        score may be wrong.
    luck : float
        Standard deviations by which an assignment may be better than predicted and still be a
        candidate.
    sharpness : float
        Factor of logits before the softmax of the scores. 1: the network's own probabilities, as
        in evaluations. A factor of 2 comes nearer to counts on the same images, and ranks
        assignments worse on others.
    expected_reach : float
        Expected accuracy drops that are looked at, as a multiple of the reference point's: a
        network is less certain than it is right, and loses more of its certainty.
    first_evaluations : int
        Evaluations before the curve from scores to accuracy is fitted.
    first_within : float
        Scores within which these are chosen, as a multiple of the reference point's accuracy drop.
    quantiles : tuple of float
        Of a normal distribution, each of the same weight: what an accuracy drop may be, in standard
        deviations of the curve.
    least_gain : float
        Expected gain of hypervolume, as a share of the reference point's box, below which a search
        ends: nothing is to be gained.
    evaluations_per_choice : int
        One assignment is chosen at once for each so many that were evaluated: the more is known,
        the less one more evaluation changes the next choice.
    curve_points : int
        Evaluations that a curve is fitted to, at most: its time grows with their cube.
    curve_least : int
        Evaluations that a predicted accuracy is fitted to, at least.
    interval_deviations : float
        Standard deviations within which 90 % of a normal distribution lie.
    predicted_designs : int
        Assignments of each kind of proposals whose designs are predicted, at most: each takes 0.1 s
        for each accelerator.
    predicted_sums : int
        The same of assignments that are best by sums of scores and costs: they rarely suit hardware
        that all layers share.
    hopeless : float
        Scores beyond so many times the reference point's accuracy drop are not looked at.
    small_drop : float
        Accuracy drop in percentage points below which all are alike when scores are corrected.
    least_score : float
        A score that counts as next to nothing, so that shares of scores are defined.
    behind : int
        Assignments behind the front that are raced and judged, at most.
    behind_deviations : float
        Standard deviations of its accuracy drop that a design may lie behind the front to be among
        them.
    race_share : float
        What a race costs at most, as a share of the search's evaluations, low-fidelity ones
        included.
    race_first : float
        Share of it that the first round takes; each further round runs on as many images as all
        before it.
    race_least : int
        Images of a round, at least: fewer distinguish nothing.
    race_deviations : float
        Standard deviations that are more than chance, with many comparisons in several rounds.
    exhaustible : int
        Assignments that an exhaustive search may have: more would take days.
    drawn_assignments, drawn_designs : int
        Sizes of spaces whose exhaustive front is drawn where all was evaluated: by costs of
        multiplications, and by predicted designs, which take longer.
    random_batch : int
        Assignments that the random search draws at a time.
    random_patience : int
        Rounds without anything new after which a space counts as searched.
    population : int
        Of NSGA-II, at most.
    patience : int
        Generations without anything new after which NSGA-II has converged.
    crossover : float
        Probability of NSGA-II's uniform crossover.
    training_share : float
        Share of the budget that trains hill climbing's model.
    training_default : int
        Evaluations that the share is taken of where there is no budget.
    trees : int
        Of hill climbing's random forest.
    estimates : int
        Estimates of one climb.
    climbed : int
        Assignments that are estimated at a time.
    """

    reference_drop: float = 5.0
    default_budget: int = 50
    # The predicted front.
    whole_space: int = 2**15
    scored: int = 8_000
    fronts: int = 4
    children: int = 512
    neighbors: int = 3
    mixed_share: float = 0.5
    second_change: float = 0.5
    # Low-fidelity evaluations.
    low_fidelity_share: float = 0.25
    low_fidelity_scored: int = 16_000
    low_fidelity_candidates: int = 4_000
    low_fidelity_rounds: int = 4
    low_fidelity_ratio: float = 6
    low_fidelity_prior_images: float = 1.0
    residual_drop: float = 0.2
    residual_share: float = 0.2
    residual_ridge: float = 3.0
    residual_least: float = 0.02
    # Predicted accuracy.
    first_order_share: float = 0.35
    corrected_share: float = 0.5
    luck: float = 2.0
    sharpness: float = 1.0
    expected_reach: float = 2.0
    # Expected improvement.
    first_evaluations: int = 4
    first_within: float = 4.0
    quantiles: tuple[float, ...] = (-1.2816, -0.5244, 0.0, 0.5244, 1.2816)
    least_gain: float = 1e-5
    evaluations_per_choice: int = 32
    curve_points: int = 200
    curve_least: int = 4
    interval_deviations: float = 1.645
    # Designs.
    predicted_designs: int = 64
    predicted_sums: int = 12
    hopeless: float = 3.0
    small_drop: float = 0.1
    least_score: float = 1e-9
    # The race.
    behind: int = 32
    behind_deviations: float = 2.0
    race_share: float = 2.0
    race_first: float = 0.25
    race_least: int = 100
    race_deviations: float = 3.0
    # The exhaustive search, and the exhaustive front behind others.
    exhaustible: int = 2**20
    drawn_assignments: int = 2**16
    drawn_designs: int = 2**8
    # The other searches.
    random_batch: int = 64
    random_patience: int = 1000
    population: int = 50
    patience: int = 50
    crossover: float = 0.9
    training_share: float = 0.5
    training_default: int = 500
    trees: int = 100
    estimates: int = 20_000
    climbed: int = 500
