"""Sensitivity to violations of parallel trends, against published results of HonestDiD."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.credibility.sensitivity import breakdown, relative_magnitudes_interval, smoothness_interval
from analysis.credibility.sensitivity_relative import _element
from analysis.credibility.sensitivity_smoothness import optimal_weights

# Benzarti & Carloni (2019), effect of a VAT cut on profits: event-study estimates for 2004-2007 and
# 2009-2012 against 2008, as distributed with HonestDiD (BCdata_EventStudy).
BC_BETA = [
    0.00669635180383921, 0.0293450336903334, -0.00647297222167253, 0.0730149894952774,
    0.195961117744446, 0.312063902616501, 0.239541545510292, 0.126042500138283,
]  # fmt: skip
BC_UPPER = [
    8.42835812363774e-4, 4.7686867765151e-4, 2.61805107584223e-4, 2.35422034165822e-4,
    1.67637146660127e-4, 1.12870766315609e-4, 1.99281621462433e-5, -1.36826536618173e-4,
    6.42542028799653e-4, 3.98742500692606e-4, 2.4355151981581e-4, 2.20196030568331e-4,
    1.8045911565423e-4, 3.84376508009154e-5, -2.96042198897339e-5,
    5.22994960192591e-4, 2.11768609005958e-4, 1.84072225238197e-4, 1.45852784044109e-4,
    7.00519740348682e-5, 5.95299497945234e-5,
    3.08959541143849e-4, 1.19786607683636e-4, 1.33408131659962e-4, 1.01633500889875e-4,
    1.07905172626488e-4,
    3.59970435965806e-4, 2.47881864197552e-4, 1.74957924173214e-4, 1.65425692102872e-4,
    4.26394981332123e-4, 2.17143780901097e-4, 2.89274787064642e-4,
    4.88669786136597e-4, 3.80532204871997e-4,
    7.61739443987608e-4,
]  # fmt: skip
BC_SIGMA = np.zeros((8, 8))
BC_SIGMA[np.triu_indices(8)] = BC_UPPER
BC_SIGMA = BC_SIGMA + np.triu(BC_SIGMA, 1).T
AVERAGE = [0.25] * 4

# The test grid of HonestDiD: a thousand points over plus and minus twenty standard errors of the target.
E0_STEP = 40 * np.sqrt(BC_SIGMA[4, 4]) / 999
AVERAGE_STEP = 40 * np.sqrt(BC_SIGMA[4:, 4:].mean()) / 999


@pytest.mark.parametrize(
    ("m", "target", "low", "high"),
    [
        # HonestDiD 0.2.8 in R 4.5.2, createSensitivityResults(method = "FLCI"); its quantiles are simulated,
        # good for three digits.
        (0.00, None, 0.131411315937022, 0.216169648182799),
        (0.01, None, 0.154965267080773, 0.27038453032652),
        (0.00, AVERAGE, 0.133193369303247, 0.230362614090703),
        (0.01, AVERAGE, 0.124138265521726, 0.368035364887987),
        (0.02, AVERAGE, 0.113901858858792, 0.476743542104818),
    ],
)
def test_smoothness_equals_honestdid_on_benzarti_carloni(m, target, low, high):
    found = smoothness_interval(BC_BETA, BC_SIGMA, pre=4, m=m, target=target)
    assert found == pytest.approx((low, high), abs=2e-4)


@pytest.mark.parametrize(
    ("m", "target", "low", "high"),
    [
        # diff-diff 3.13.0, honest_did._flci_solve(beta[:4], beta[4:], sigma, target, 4, 4, m). The length is
        # flat around its least value: theirs is 1e-10 longer than ours, and centred a millionth away. Its
        # relative-magnitudes interval is the identified set widened by z standard errors, another definition.
        (0.000, None, 0.13145961606784684, 0.2161196940548763),
        (0.005, None, 0.14062839123189996, 0.23961300848747785),
        (0.020, None, 0.17647178646291142, 0.31524410674172754),
        (0.100, None, 0.11939793799729620, 0.41855427648215110),
        (0.010, AVERAGE, 0.12403916686623861, 0.36804042734889597),
        (0.100, AVERAGE, -0.18642528394143243, 0.98830476442257660),
    ],
)
def test_smoothness_equals_diff_diff_on_benzarti_carloni(m, target, low, high):
    found = smoothness_interval(BC_BETA, BC_SIGMA, pre=4, m=m, target=target)
    assert found == pytest.approx((low, high), abs=1e-5)
    assert found[1] - found[0] == pytest.approx(high - low, abs=1e-9)


@pytest.mark.parametrize(
    ("mbar", "target", "low", "high", "step"),
    [
        # HonestDiD 0.2.8 in R 4.5.2, createSensitivityResults_relativeMagnitudes(method = "Conditional").
        # Its upper ends for the average at 0.5 and 1 are the end of its grid, and left out here.
        (0.0, None, 0.159151943866762, 0.232840433389798, E0_STEP),
        (0.5, None, 0.118889160931495, 0.270824190875899, E0_STEP),
        (1.0, None, 0.0672312507503984, 0.317924050158664, E0_STEP),
        (0.0, AVERAGE, 0.184149669339541, 0.252719795734687, AVERAGE_STEP),
        (0.5, AVERAGE, 0.0689235806549147, None, AVERAGE_STEP),
        (1.0, AVERAGE, -0.0682166721353771, None, AVERAGE_STEP),
    ],
)
def test_relative_magnitudes_equals_honestdid_on_benzarti_carloni(mbar, target, low, high, step):
    found = relative_magnitudes_interval(BC_BETA, BC_SIGMA, pre=4, mbar=mbar, target=target, hybrid=False)
    # Theirs are the outermost accepted points of a grid: up to a step inside of the exact ends.
    assert 0 <= low - found[0] < step
    if high is not None:
        assert 0 <= found[1] - high < step


# Medicaid expansion of 2014 and insurance (HonestDiD's README): two-way fixed effects event study on the
# Mixtape sessions' ehec_data, years 2008-2015 without states expanding in 2015, clustered by state.
# Made with pyfixest 0.60.0: feols("dins ~ i(year, D, ref=2013) | stfips + year", vcov={"CRV1": "stfips"}).
MEDICAID_BETA = [
    -0.00528535453272, -0.0112973246482, -0.00267599181179, -0.00141931225211,
    0.000339663518971, 0.0464468541599, 0.069206175479,
]  # fmt: skip
MEDICAID_UPPER = [
    7.4884836359e-05, 6.03987409564e-05, 4.44461981846e-05, 3.38576470609e-05,
    4.32801125474e-05, 4.76588047878e-05, 2.42512869975e-05, 7.266500617e-05,
    3.78933022129e-05, 2.86657802515e-05, 4.5433206284e-05, 4.42885011932e-05,
    2.82465504298e-05, 5.05205194016e-05, 2.67367943248e-05, 2.77819356767e-05,
    3.06064410891e-05, 9.63753388267e-06, 4.00322202634e-05, 2.41285997572e-05,
    2.38086820907e-05, 2.92387814336e-06, 5.46266220705e-05, 3.68253105174e-05,
    9.72294750242e-06, 8.37566882468e-05, 6.32139796253e-05, 0.00010712352303,
]  # fmt: skip
MEDICAID_SIGMA = np.zeros((7, 7))
MEDICAID_SIGMA[np.triu_indices(7)] = MEDICAID_UPPER
MEDICAID_SIGMA = MEDICAID_SIGMA + np.triu(MEDICAID_SIGMA, 1).T


@pytest.mark.parametrize(
    ("m", "low", "high"),
    [
        (0.00, 0.0259, 0.0607),
        (0.01, 0.0132, 0.0787),
        (0.02, 0.00286, 0.0907),
        (0.03, -0.00714, 0.101),
        (0.04, -0.0171, 0.111),
        (0.05, -0.0271, 0.121),
    ],
)
def test_smoothness_equals_the_published_medicaid_results(m, low, high):
    found = smoothness_interval(MEDICAID_BETA, MEDICAID_SIGMA, pre=5, m=m)
    assert found[0] == pytest.approx(low, abs=1.5e-4)
    assert found[1] == pytest.approx(high, abs=5e-4 if high > 0.1 else 1.5e-4)


@pytest.mark.parametrize(
    ("mbar", "low", "high"),
    [(0.5, 0.0241, 0.0673), (1.0, 0.0171, 0.0720), (1.5, 0.00859, 0.0796), (2.0, -0.00107, 0.0883)],
)
def test_relative_magnitudes_equals_the_published_medicaid_results(mbar, low, high):
    # Published on a grid of step 0.00035, with a first stage from a thousand simulations.
    found = relative_magnitudes_interval(MEDICAID_BETA, MEDICAID_SIGMA, pre=5, mbar=mbar)
    assert found == pytest.approx((low, high), abs=6e-4)


@pytest.mark.parametrize(
    ("interval", "above", "below"),
    [
        # Published: M about 0.03 (between 0.02 and 0.03) and M-bar about 2 (between 1.5 and 2).
        (lambda b: smoothness_interval(MEDICAID_BETA, MEDICAID_SIGMA, pre=5, m=b), 0.02, 0.03),
        (lambda b: relative_magnitudes_interval(MEDICAID_BETA, MEDICAID_SIGMA, pre=5, mbar=b), 1.5, 2.0),
    ],
)
def test_breakdown_of_the_medicaid_results(interval, above, below):
    bound = breakdown(interval, scale=above)
    assert above < bound < below
    assert interval(bound * 0.999)[0] > 0 > interval(bound * 1.001)[0]
    assert interval(above)[0] > interval(below)[0]


def worst_bias(weights, pre, m):
    """Largest bias over violations whose slope changes by at most m, by linear programming."""
    post = len(weights) - pre
    size = pre + post + 1
    second = np.zeros((size - 2, size))
    for row in range(size - 2):
        second[row, row : row + 3] = 1, -2, 1
    at_zero = np.zeros((1, size))
    at_zero[0, pre] = 1
    found = optimize.linprog(
        -np.insert(weights, pre, 0.0),
        A_ub=np.vstack([second, -second]),
        b_ub=np.full(2 * (size - 2), m),
        A_eq=at_zero,
        b_eq=[0],
        bounds=(None, None),
    )
    assert found.status == 0, "bias is unbounded: the weights do not cancel a linear trend"
    return -found.fun


def folded_half(bias, se, alpha=0.05):
    return se * optimize.brentq(
        lambda c: stats.norm.cdf(c - bias / se) - stats.norm.cdf(-c - bias / se) - (1 - alpha),
        0,
        50 + bias / se,
    )


@pytest.mark.parametrize("target", [[1.0, 0, 0, 0], AVERAGE, [-0.5, 0.2, 0.0, 1.0]])
@pytest.mark.parametrize("m", [0.0, 0.004, 0.02, 0.3])
def test_smoothness_weights_are_unbiased_under_lines_and_best(target, m):
    target = np.array(target)
    weights, bias, se = optimal_weights(BC_SIGMA, 4, target, m, 0.05)
    assert weights[4:] == pytest.approx(target)
    assert bias == pytest.approx(worst_bias(weights, 4, m), abs=1e-9)
    assert se == pytest.approx(np.sqrt(weights @ BC_SIGMA @ weights))
    half = folded_half(bias, se)
    # No nearby weights that also cancel a line do better.
    rng = np.random.default_rng(0)
    line = np.arange(-4, 0)
    for size in (1e-3, 1e-2, 1e-1):
        for _ in range(6):
            step = rng.normal(size=4) * size
            step -= line * (line @ step) / (line @ line)
            other = weights + np.concatenate([step, np.zeros(4)])
            other_half = folded_half(worst_bias(other, 4, m), np.sqrt(other @ BC_SIGMA @ other))
            assert other_half >= half * (1 - 1e-9)


@pytest.mark.parametrize("target", [[1.0, 0, 0, 0], [0, 0, 1.0, 0], AVERAGE])
def test_relative_magnitudes_statistic_equals_the_linear_programme(target):
    """The smallest studentised violation over all other post-period effects, against its dual vertices."""
    target, beta, mbar, pre, post = np.array(target), np.array(BC_BETA), 0.8, 4, 4
    for at, sign in ((0, 1.0), (2, -1.0), (3, 1.0)):
        element = _element(beta, BC_SIGMA, pre, target, mbar, at, sign, 0.0)
        change = np.zeros((post, 8))
        for j in range(post):
            change[j, pre + j] = 1
            if j:
                change[j, pre + j - 1] = -1
        before = np.zeros(8)
        before[at] = -sign
        if at + 1 < pre:
            before[at + 1] = sign
        rows = np.vstack([change, -change]) - mbar * before
        spread = np.sqrt(np.diag(rows @ BC_SIGMA @ rows.T))
        effects = np.vstack([change, -change])[:, pre:]
        for theta in (-0.1, 0.1, 0.3):
            # min eta subject to rows beta - effects tau <= eta spread and target tau = theta
            found = optimize.linprog(
                [1, 0, 0, 0, 0],
                A_ub=np.hstack([-spread[:, None], -effects]),
                b_ub=-(rows @ beta),
                A_eq=[[0, *target]],
                b_eq=[theta],
                bounds=(None, None),
            )
            values = element.vertices @ [element.a - theta, element.b]
            assert values.max() == pytest.approx(found.fun, abs=1e-9)


def test_interval_covers_a_violation_of_the_size_allowed():
    """Trends that diverge after adoption exactly as fast as at worst before it."""
    rng = np.random.default_rng(7)
    sigma = 0.04 * (np.eye(5) + 0.5)
    truth = np.array([-0.6, -0.3, 0.3, 0.6, 0.9])  # three before, two after; no effect at all
    draws = rng.multivariate_normal(truth, sigma, size=100)
    intervals = [relative_magnitudes_interval(draw, sigma, pre=3, mbar=1.0) for draw in draws]
    assert np.mean([low <= 0 <= high for low, high in intervals]) > 0.89  # 0.95 less three standard errors
    usual = np.abs(draws[:, 3]) < 1.96 * np.sqrt(sigma[3, 3])
    assert usual.mean() < 0.5


def test_one_period_after_adoption():
    low, high = relative_magnitudes_interval(BC_BETA[:5], BC_SIGMA[:5, :5], pre=4, mbar=0.5)
    first = relative_magnitudes_interval(BC_BETA, BC_SIGMA, pre=4, mbar=0.5)
    assert low == pytest.approx(first[0], abs=0.01)
    assert high == pytest.approx(first[1], abs=0.01)
    one_before = smoothness_interval(BC_BETA[3:5], BC_SIGMA[3:5, 3:5], pre=1, m=0.0)
    extrapolated = BC_BETA[4] + BC_BETA[3]
    assert np.mean(one_before) == pytest.approx(extrapolated)


def test_violations_never_help():
    at = [
        relative_magnitudes_interval(BC_BETA, BC_SIGMA, pre=4, mbar=mbar)
        for mbar in (0.0, 0.5, 1.0, 1.5, 2.0)
    ]
    usual = stats.norm.interval(0.95, BC_BETA[4], np.sqrt(BC_SIGMA[4, 4]))
    assert at[0] == pytest.approx(usual, abs=1e-8)
    low, high = np.transpose(at)
    assert (np.diff(low) <= 0).all()
    assert (np.diff(high) >= 0).all()


def test_nothing_breaks_down_that_was_not_there():
    nothing = [0.0, 0.1, 0.05], np.eye(3) * 0.04
    assert breakdown(lambda b: relative_magnitudes_interval(*nothing, pre=2, mbar=b), scale=1.0) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigma": np.eye(7)}, "8 by 8"),
        ({"pre": 0}, "at least one before"),
        ({"pre": 8}, "at least one before"),
        ({"beta": [np.nan, *BC_BETA[1:]]}, "must be finite"),
        ({"sigma": np.ones((8, 8))}, "singular"),
        ({"target": [1.0]}, "1 weights for 4"),
        ({"target": [0.0] * 4}, "not all zero"),
        ({"mbar": -1.0}, "zero or more"),
        ({"alpha": 5}, "between 0 and 0.5"),
    ],
)
def test_bad_input_never_yields_an_interval(change, message):
    given = {"beta": BC_BETA, "sigma": BC_SIGMA, "pre": 4, "mbar": 1.0, **change}
    with pytest.raises(ValueError, match=message):
        relative_magnitudes_interval(given.pop("beta"), given.pop("sigma"), **given)
