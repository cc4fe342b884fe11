"""Gradients through time: against differences, autograd, transport and each other."""

import tracemalloc

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy as sp
import witnesses
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import book_utils.dynamics as d
from book_utils.cells import CELLS, LSTM, Elman, Linear, Vanilla
from book_utils.checks import finite_difference_jacobian, relative_error

EVERY = pytest.mark.parametrize("kind", witnesses.kinds(), ids=witnesses.kind_name)
# One activation is enough where sizes are at stake: it enters all cells in the same way.
TANH = [
    (cell, {"activation": "tanh"} if "activation" in fields else {})
    for cell, fields in ((cell, cell.__dataclass_fields__) for cell in CELLS)
]
EACH_CELL = pytest.mark.parametrize("kind", TANH, ids=witnesses.kind_name)
quiet = settings(deadline=None, derandomize=True, max_examples=30)

# The cells once more, written with matrices for autograd. The per-unit loops of the witnesses
# would make it trace a million operations at n = 64.
AUTOGRAD_ACTIVATION = {
    "logistic": lambda x: 1 / (1 + anp.exp(-x)),
    "tanh": anp.tanh,
    "relu": lambda x: anp.maximum(x, 0) * (x != 0),
    "identity": lambda x: x,
}


def autograd_vanilla(p, φ, x, u):
    return anp.dot(φ(x), p["W"].T) + anp.dot(u, p["U"].T) + p["b"]


def autograd_elman(p, φ, x, u):
    return φ(anp.dot(x, p["W"].T) + anp.dot(u, p["U"].T) + p["b"])


def autograd_linear(p, φ, x, u):
    return anp.dot(x, p["W"].T) + anp.dot(u, p["U"].T)


def autograd_lstm(p, φ, x, u):
    size = x.shape[-1] // 2
    c, h = x[..., :size], x[..., size:]
    logistic = AUTOGRAD_ACTIVATION["logistic"]

    def arrives(g):
        return anp.dot(h, p["W_" + g].T) + anp.dot(u, p["U_" + g].T) + p["b_" + g]

    c = logistic(arrives("i")) * anp.tanh(arrives("z")) + logistic(arrives("f")) * c
    return anp.concatenate([c, logistic(arrives("o")) * anp.tanh(c)], axis=-1)


AUTOGRAD_STEP = {
    "Vanilla": autograd_vanilla,
    "Elman": autograd_elman,
    "Linear": autograd_linear,
    "LSTM": autograd_lstm,
}


@pytest.fixture(autouse=True)
def the_way_to_read(monkeypatch):
    """What is tested here is the way in NumPy; test_compiled.py compares the other one with it."""
    monkeypatch.setattr("book_utils.dynamics.compiled.library", lambda: None)


def problem(kind, units, m, T, batch=(), seed=0):
    """A cell, a first state, inputs and a loss gradient for every time."""
    cell_type, others = kind
    rng = np.random.default_rng([seed, units, m, T, *batch])
    cell = cell_type.random(witnesses.state_size(kind, units), m, rng, **others)
    sizes = ((*batch, cell.n), (T, *batch, m), (T, *batch, cell.n))
    return cell, *(rng.normal(size=size) for size in sizes)


def with_parameters(cell, parameters):
    """The same cell with other parameters."""
    others = {"activation": cell.activation} if hasattr(cell, "activation") else {}
    return type(cell)(**parameters, **others)


def by_autograd(cell, x0, inputs, loss_gradients):
    """∂E/∂θ by autograd, for E = Σ_t g_t · x_t."""
    step = AUTOGRAD_STEP[type(cell).__name__]
    φ = AUTOGRAD_ACTIVATION[cell.activation.name] if hasattr(cell, "activation") else None

    def loss(parameters):
        x, E = x0, 0.0
        for u, g in zip(inputs, loss_gradients, strict=True):
            x = step(parameters, φ, x, u)
            E = E + anp.sum(g * x)
        return E

    return autograd.grad(loss)({name: np.array(p) for name, p in cell.parameters().items()})


def assert_agree(ours, theirs, tolerance):
    """The same names, and entries that agree relative to the largest of each array."""
    assert list(ours) == list(theirs)
    for name, reference in theirs.items():
        assert relative_error(ours[name], reference) < tolerance, name


# --- bptt -------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(("units", "m", "T"), [(1, 1, 1), (3, 2, 7), (4, 0, 30)])
def test_bptt_agrees_with_autograd(kind, units, m, T):
    """Every cell with every activation: the gradient is the one that autograd finds."""
    given = problem(kind, units, m, T)
    # Both sum the same products of up to 30 factors, in another order.
    assert_agree(d.bptt(*given), by_autograd(*given), 1e-11)


@EACH_CELL
@pytest.mark.parametrize(("units", "T"), [(64, 20), (8, 200), (64, 200)])
def test_bptt_agrees_with_autograd_when_large(kind, units, T):
    """Up to 64 units and 200 steps the gradient is the one that autograd finds."""
    cell, x0, inputs, g = problem(kind, units, 3, T)
    # At 0.9 of their size random weights neither explode nor vanish: 200 steps all count, and
    # rounding errors are not carried on enlarged.
    smaller = {name: 0.9 * p for name, p in cell.parameters().items()}
    cell = with_parameters(cell, smaller)
    assert_agree(d.bptt(cell, x0, inputs, g), by_autograd(cell, x0, inputs, g), 1e-10)


@EVERY
@pytest.mark.parametrize(("units", "T"), [(3, 10), (16, 60)])
def test_bptt_agrees_with_differences(kind, units, T):
    """Along random directions in parameter space the slope of E is the one that bptt says."""
    cell, x0, inputs, g = problem(kind, units, 2, T)
    cell = with_parameters(cell, {name: 0.7 * p for name, p in cell.parameters().items()})
    gradient = d.bptt(cell, x0, inputs, g)
    rng = np.random.default_rng(1)
    for _ in range(3):
        way = {name: rng.normal(size=p.shape) for name, p in cell.parameters().items()}
        length = np.sqrt(sum(np.sum(each**2) for each in way.values()))

        def loss(s, way=way, length=length):
            moved = {name: p + s[0] * way[name] / length for name, p in cell.parameters().items()}
            states = d.simulate(with_parameters(cell, moved), x0, inputs)
            return [np.sum(g * states[1:])]

        outside = finite_difference_jacobian(loss, [0.0], step=2.0**-16)[0, 0]
        ours = sum(np.sum(gradient[name] * way[name]) for name in way) / length
        # E is rounded at 1e-16 of its summands, of size 100, and divided by the step 1e-5: 1e-9.
        size = np.sqrt(sum(np.sum(each**2) for each in gradient.values()))
        assert abs(ours - outside) < 1e-7 * (size + 1)


@EVERY
@pytest.mark.parametrize("T", [0, 1, 40])
def test_a_batch_is_the_sum_of_its_sequences(kind, T):
    """The gradient of a batch is the sum over its sequences; states and costates stand apart."""
    cell, x0, inputs, g = problem(kind, 3, 2, T, batch=(5,))
    apart = [d.bptt(cell, x0[i], inputs[:, i], g[:, i]) for i in range(5)]
    whole = {name: sum(each[name] for each in apart) for name in cell.shapes}
    assert_agree(d.bptt(cell, x0, inputs, g), whole, 1e-11)
    states = d.simulate(cell, x0, inputs)
    λ = d.costates(cell, states, inputs, g)
    assert states.shape == λ.shape == (T + 1, 5, cell.n)
    for i in range(5):
        alone = d.simulate(cell, x0[i], inputs[:, i])
        assert relative_error(states[:, i], alone) < 1e-11
        λ_alone = d.costates(cell, alone, inputs[:, i], g[:, i])
        assert relative_error(λ[:, i], λ_alone) < 1e-11


@EVERY
def test_symbols_run_through(kind):
    """Exact numbers in, exact numbers out: bptt gives the derivative that SymPy finds."""
    cell_type, others = kind
    rng = np.random.default_rng(0)
    sizes = cell_type.sizes(2, 1)
    exact = {
        name: sp.symarray(name, tuple(sizes[letter] for letter in letters), real=True)
        for name, letters in cell_type.shapes.items()
    }
    cell = cell_type(**exact, **others)
    x0, g = np.array([sp.Rational(1, 3), 1]), np.array([[1, sp.Rational(-1, 2)]] * 2)
    inputs = np.array([[sp.Integer(2)], [sp.Rational(1, 5)]])
    states = d.simulate(cell, x0, inputs)
    E = (g * states[1:]).sum()
    gradient = d.bptt(cell, x0, inputs, g)
    letters = [each for p in exact.values() for each in p.flat]
    numbers = rng.normal(size=len(letters))
    for name, p in exact.items():
        assert gradient[name].dtype == object
        difference = [gradient[name][at] - E.diff(p[at]) for at in np.ndindex(p.shape)]
        value = sp.lambdify(letters, difference, "math", cse=True)(*numbers)
        # Doubles suffice: the formula is exact, and a wrong one is wrong by much more.
        assert np.max(np.abs(value)) < 1e-12


def test_memory_grows_linearly():
    """Twice the steps take twice the memory, not four times; and a batch keeps no Jacobian."""

    def peak(T):
        given = problem((Vanilla, {"activation": "tanh"}), 16, 2, T, batch=(4,))
        d.bptt(*given)  # compiles what is compiled once
        tracemalloc.start()
        d.bptt(*given)
        bytes_used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return bytes_used

    short, long = peak(2_000), peak(8_000)
    # Four times the steps: a factor near 4, where memory for all pairs of times would take 16.
    assert 2.5 < long / short < 4.5
    # The states, arrivals, slopes, costates and copies of them are a few times T · B · n numbers of
    # 8 bytes; the Jacobians of all steps alone would be 16 times as many.
    assert long < 10 * 8_000 * 4 * 16 * 8


# --- costates, contributions, immediate ---------------------------------------------------------


@EVERY
def test_costates_follow_the_recursion_and_reach_x0(kind):
    """λ_T = ∂E_T/∂x_T, λ_{t-1} = λ_t J_t + ∂E_{t-1}/∂x_{t-1}, and λ_0 is ∂E/∂x_0."""
    cell, x0, inputs, g = problem(kind, 4, 2, 12)
    states = d.simulate(cell, x0, inputs)
    λ, J = d.costates(cell, states, inputs, g), d.jacobians(cell, states, inputs)
    assert np.array_equal(λ[-1], g[-1])
    for t in range(1, 13):
        own = g[t - 2] if t > 1 else 0
        assert relative_error(λ[t - 1], λ[t] @ J[t - 1] + own) < 1e-12
    ways = sum(g[t - 1] @ d.transport(cell, states, inputs, 0, t) for t in range(1, 13))
    assert relative_error(λ[0], ways) < 1e-11


@EVERY
def test_contributions_are_the_terms_of_the_sum(kind):
    """r_{t,k} is (∂E_t/∂x_t)(∂x_t/∂x_k)(∂⁺x_k/∂θ), zero for k > t, and all add up to bptt."""
    cell, x0, inputs, g = problem(kind, 3, 2, 9)
    states = d.simulate(cell, x0, inputs)
    terms = d.contributions(cell, x0, inputs, g)
    assert_agree(
        {name: each.sum(axis=(0, 1)) for name, each in terms.items()},
        d.bptt(cell, x0, inputs, g),
        1e-11,
    )
    for k in range(1, 10):
        at_k = d.immediate(cell, states[k - 1], inputs[k - 1])
        for t in range(1, 10):
            for name, each in terms.items():
                if k > t:
                    assert not each[t - 1, k - 1].any()
                    continue
                row = g[t - 1] @ d.transport(cell, states, inputs, k, t)
                expected = np.tensordot(row, at_k[name], 1)
                # Terms far apart may be tiny against the factors they come from.
                size = np.abs(each).max()
                assert np.abs(each[t - 1, k - 1] - expected).max() <= 1e-12 * size


@EVERY
def test_a_single_loss_has_a_single_row_of_terms(kind):
    """With a loss at T alone, only the row t = T is filled, and it adds up to bptt."""
    cell, x0, inputs, g = problem(kind, 2, 1, 6)
    g[:-1] = 0
    terms = d.contributions(cell, x0, inputs, g)
    for name, each in terms.items():
        assert not each[:-1].any()
        assert relative_error(each[-1].sum(axis=0), d.bptt(cell, x0, inputs, g)[name]) < 1e-12


@EVERY
@pytest.mark.parametrize(("units", "m"), [(1, 1), (3, 0), (4, 3)])
def test_immediate_agrees_with_differences(kind, units, m):
    """∂⁺x_t/∂θ is the slope of one step in each parameter, with the state before held fixed."""
    cell, x, inputs, _ = problem(kind, units, m, 1)
    ours = d.immediate(cell, x, inputs[0])
    for name, p in cell.parameters().items():
        assert ours[name].shape == (cell.n, *p.shape)
        if p.size == 0:
            continue

        def step(values, name=name, p=p):
            moved = dict(cell.parameters()) | {name: np.reshape(values, p.shape)}
            return with_parameters(cell, moved).step(x, inputs[0])

        outside = finite_difference_jacobian(step, p.ravel(), step=2.0**-12)
        # One step is smooth on a scale of one; the differences are good to 1e-10 here.
        assert relative_error(ours[name].reshape(cell.n, -1), outside) < 1e-9


def test_immediate_is_not_the_whole_derivative():
    """For x_t = w x_{t-1} from x_0 = 1, ∂⁺x_2/∂w is x_1 = w while dx_2/dw is 2w."""
    w = sp.Symbol("w")
    cell = Linear([[w]], np.zeros((1, 0), dtype=object))
    one, g = np.array([1], dtype=object), np.array([[0], [1]], dtype=object)
    none = np.zeros((2, 0))
    assert d.immediate(cell, [w], none[0])["W"].item() == w
    assert sp.expand(d.bptt(cell, one, none, g)["W"].item() - 2 * w) == 0
    terms = d.contributions(cell, one, none, g)["W"][..., 0, 0]
    assert terms.tolist() == [[0, 0], [w, w]]


def test_the_memory_of_an_lstm_keeps_what_the_gates_leave():
    """With W = 0 the memory's part of the transport is ∏ diag(f_t), exactly."""
    rng = np.random.default_rng(3)
    size, m, T = 3, 2, 15
    parameters = dict(LSTM.random(2 * size, m, rng).parameters())
    parameters |= {name: 0 * p for name, p in parameters.items() if name.startswith("W")}
    cell = LSTM(**parameters)
    inputs = rng.normal(size=(T, m))
    states = d.simulate(cell, rng.normal(size=2 * size), inputs)
    product = d.transport(cell, states, inputs, 0, T)[:size, :size]
    f = 1 / (1 + np.exp(-(inputs @ cell.U_f.T + cell.b_f)))
    assert relative_error(product, np.diag(f.prod(axis=0))) < 1e-13


# --- clip ---------------------------------------------------------------------------------------

entries = st.floats(-1e300, 1e300, allow_subnormal=False)
gradients = st.dictionaries(
    st.sampled_from(["W", "U", "b"]),
    arrays(float, st.sampled_from([(2, 2), (3,), (0,), ()]), elements=entries),
    min_size=1,
)
thresholds = st.floats(1e-6, 1e6)


def norm(gradient):
    """The 2-norm of all entries together, by another way than clip's."""
    return np.hypot.reduce(np.concatenate([np.ravel(each) for each in gradient.values()]))


@given(gradients, thresholds)
@quiet
def test_clip_bounds_the_norm_and_keeps_the_direction(gradient, threshold):
    """The norm never exceeds the threshold; all entries shrink by one factor; small ones stay."""
    clipped = d.clip(gradient, threshold)
    assert list(clipped) == list(gradient)
    # A product, a quotient and a root: a few units of 2**-52.
    assert norm(clipped) <= threshold * (1 + 1e-14)
    size = norm(gradient)
    if size <= threshold * (1 - 1e-14):
        for name, each in gradient.items():
            assert np.array_equal(clipped[name], each)
    if size > threshold * (1 + 1e-14):
        assert norm(clipped) >= threshold * (1 - 1e-14)
        for name, each in gradient.items():
            expected = each / size * threshold
            assert np.allclose(clipped[name], expected, rtol=1e-13, atol=1e-300)


@given(st.lists(entries, min_size=1, max_size=5), thresholds)
@quiet
def test_clip_of_an_array_is_clip_of_its_mapping(values, threshold):
    """One array is clipped as a mapping with one entry would be, and stays as it was itself."""
    array = np.array(values)
    kept = array.copy()
    assert np.array_equal(d.clip(array, threshold), d.clip({"W": array}, threshold)["W"])
    d.clip(array, threshold)[...] = 7
    assert np.array_equal(array, kept)


def test_clip_takes_the_norm_over_all_parameters():
    """(3) and (4) together have the norm 5: clipped at 1 they become 0.6 and 0.8."""
    clipped = d.clip({"W": np.array([[3.0]]), "b": np.array([4.0])}, 1)
    assert np.allclose([clipped["W"].item(), clipped["b"].item()], [0.6, 0.8], rtol=1e-15)


# --- arguments ------------------------------------------------------------------------------------


@EACH_CELL
def test_arguments_stay_as_they_were(kind):
    """No function of this file writes into what it is given."""
    cell, x0, inputs, g = problem(kind, 3, 2, 5, batch=(2,))
    kept = x0.copy(), inputs.copy(), g.copy()
    d.bptt(cell, x0, inputs, g)
    d.costates(cell, d.simulate(cell, x0, inputs), inputs, g)
    d.contributions(cell, x0[0], inputs[:, 0], g[:, 0])
    for before, after in zip(kept, (x0, inputs, g), strict=True):
        assert np.array_equal(before, after)


def test_elman_and_vanilla_have_the_same_gradient():
    """h = φ(x) carries one form into the other: equal gradients from corresponding losses."""
    _, x0, inputs, g = problem((Vanilla, {"activation": "tanh"}), 4, 2, 20)
    rng = np.random.default_rng(0)
    W, U, b = rng.normal(size=(4, 4)) / 2, rng.normal(size=(4, 2)), rng.normal(size=4)
    vanilla, elman = Vanilla(W, U, b, "tanh"), Elman(W, U, b, "tanh")
    states = d.simulate(vanilla, x0, inputs)
    slopes = vanilla.activation.derivative(states[1:])
    ours = d.bptt(vanilla, x0, inputs, g * slopes)  # E_t depends on x_t through φ(x_t)
    assert_agree(ours, d.bptt(elman, np.tanh(x0), inputs, g), 1e-12)
