"""The study of language models: its texts, its gradients, its projections, and what is stored."""

from dataclasses import fields, replace
from types import SimpleNamespace

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import witnesses

from book_utils.dynamics import spectral_norm
from book_utils.experiments import language as study
from book_utils.experiments.corpus import END, UNKNOWN, corpus, most_frequent, split

EVERY_CELL = pytest.mark.parametrize("cell", study.CELLS)
SMALL = study.Config(units=3, embedding=2, window=6, cut=6, batch=2, epochs=1)
PLANNED = [(study_, text) for text in study.PLANS for study_ in study.STUDIES]
EVERY_STUDY = pytest.mark.parametrize(("kind", "text"), PLANNED)

# The texts ---------------------------------------------------------------------------------------


def write(folder, **parts):
    """A folder with the splits of a text."""
    for name, text in parts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_text_is_read_whole():
    """8, 1 and 1 tenths, in their order, spell the shipped text; nothing in it is unknown."""
    text = corpus()
    again = "".join(text.symbols[i] for part in (text.train, text.held, text.test) for i in part)
    assert again.startswith("ALICE'S ADVENTURES IN WONDERLAND")
    assert again.endswith("THE END\n")
    assert len(again) == len(text.train) + len(text.held) + len(text.test) == 143_143
    assert len(text.test) == pytest.approx(len(again) / 10, abs=1)
    assert (text.unknown(), len(text.symbols)) == (0, 69)


def test_words_have_an_end_for_every_line():
    """Word by word, each line ends with a mark of its own."""
    assert split("the cat\n\nsat", "word") == ["the", "cat", END, END, "sat", END]


def test_the_vocabulary_keeps_the_most_frequent():
    """Equal counts are ordered by the alphabet, and the mark for the unknown comes first, once."""
    words = ["b", "a", "c", "c", UNKNOWN, UNKNOWN, UNKNOWN]
    assert most_frequent(words) == (UNKNOWN, "c", "a", "b")
    assert most_frequent(words, 3) == (UNKNOWN, "c", "a")


def test_without_a_training_split_the_validation_split_is_cut(tmp_path):
    """Nine tenths of it are for training, one tenth is held out, and the corpus says so."""
    folder = write(tmp_path, valid="a b c d e f g h i", test="a z")
    text = corpus(folder)
    assert [len(part) for part in (text.train, text.held, text.test)] == [9, 1, 3]
    assert "no training split" in text.parts
    assert text.unknown() == pytest.approx(2 / 3)  # z, and the end of the line


def test_with_all_three_splits_each_has_its_own_part(tmp_path):
    """With a training split the others are what they are called."""
    folder = write(tmp_path, train="a b", valid="a", test="b b b")
    text = corpus(folder)
    assert [len(part) for part in (text.train, text.held, text.test)] == [3, 2, 4]
    assert text.parts == "the three splits"


def test_a_missing_folder_is_refused_with_what_belongs_where(tmp_path):
    """One message names the folder, the files that it expects, and what is used without one."""
    with pytest.raises(FileNotFoundError, match="is no folder") as refused:
        corpus(tmp_path / "nowhere")
    for part in ("nowhere", "wiki.valid.tokens", "test.txt", "train.txt", "shipped text"):
        assert part in str(refused.value)


@pytest.mark.parametrize("missing", ["valid", "test"])
def test_a_missing_split_is_refused_by_name(tmp_path, missing):
    """The message says which split is missing and how its file may be called."""
    other = "valid" if missing == "test" else "test"
    folder = write(tmp_path, **{other: "a b"})
    with pytest.raises(FileNotFoundError, match=f"no {missing} split") as refused:
        corpus(folder)
    assert f"wiki.{missing}.tokens or {missing}.txt" in str(refused.value)


def test_levels_and_vocabularies_are_checked():
    """A level that does not exist and a vocabulary of one symbol are refused."""
    with pytest.raises(ValueError, match="level: got 'letter', expects one of character, word"):
        corpus(level="letter")
    with pytest.raises(ValueError, match="vocabulary: got 1, expects at least 2"):
        corpus(vocabulary=1)


# The gradient ------------------------------------------------------------------------------------


def problem(cell, seed=0, T=6):
    """A small model with large weights, symbols and the ones that follow them, and a state."""
    config = replace(SMALL, cell=cell, seed=seed)
    rng = np.random.default_rng([7, seed])
    model = study.initial(config, 5)
    model = model.replaced({n: p + rng.normal(size=p.shape) for n, p in model.parameters().items()})
    symbols = rng.integers(0, 5, (T + 1, 2))
    return model, symbols[:-1], symbols[1:], rng.normal(size=(2, model.cell.n)) / 2


def surprises(model, p, state, inputs, targets):
    """p_t for one row of text, from the displayed formulas alone, unit by unit."""
    cell, step = followed(model.cell, p), witnesses.STEP[type(model.cell).__name__]
    size, found = model.V.shape[1], []
    for u, target in zip(inputs, targets, strict=True):
        state = step(cell, state, u)
        scores = anp.dot(p["V"], state[-size:]) + p["c"]
        found.append(anp.log(anp.sum(anp.exp(scores))) - scores[target])
    return found


def followed(cell, parameters):
    """The same cell with parameters that autograd may follow: the witness asks for no more."""
    others = {"activation": cell.activation} if hasattr(cell, "activation") else {}
    return SimpleNamespace(**{name: parameters[name] for name in cell.shapes}, **others)


@EVERY_CELL
def test_the_gradient_agrees_with_autograd(cell):
    """The mean loss and its gradient by every parameter are those of a model written by hand."""
    model, symbols, targets, state = problem(cell)

    def mean(p):
        rows = [
            surprises(model, p, state[b], [p["E"][s] for s in symbols[:, b]], targets[:, b])
            for b in range(2)
        ]
        return sum(map(sum, rows)) / targets.size

    loss, ours = model.read(state, symbols).gradient(targets, cut=6)
    parameters = {name: np.array(p) for name, p in model.parameters().items()}
    assert loss == pytest.approx(mean(parameters), rel=1e-12)
    for name, theirs in autograd.grad(mean)(parameters).items():
        # A dozen steps of double precision.
        np.testing.assert_allclose(ours[name], theirs, rtol=1e-9, atol=1e-12)


@EVERY_CELL
@pytest.mark.parametrize("cut", [1, 2, 4, 6, 9])
def test_a_cut_gradient_is_that_of_the_pieces(cell, cut):
    """Cut every k steps, the gradient is the sum of those of the pieces, each begun where the one
    before ended: states go across, gradients do not."""
    model, symbols, targets, state = problem(cell)
    _, ours = model.read(state, symbols).gradient(targets, cut)
    total = dict.fromkeys(ours, 0.0)
    for a in range(0, len(symbols), cut):
        reading = model.read(state, symbols[a : a + cut])
        following = targets[a : a + cut]
        _, piece = reading.gradient(following, len(following))
        total = {n: total[n] + piece[n] * following.size / targets.size for n in total}
        state = reading.states[-1]
    for name, expected in total.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-10, atol=1e-13)


@EVERY_CELL
def test_the_reach_agrees_with_autograd(cell):
    """The mean ‖∂p_{t+i}/∂u_t‖ for each distance i is the one that autograd finds, loss by loss."""
    model, symbols, targets, state = problem(cell)
    p = model.parameters()
    sizes = [[] for _ in range(4)]
    for b in range(2):
        inputs = p["E"][symbols[:, b]]
        for later in range(len(inputs)):
            by_inputs = autograd.grad(
                lambda u, b=b, later=later: surprises(model, p, state[b], u, targets[:, b])[later]
            )(inputs)
            for i in range(min(later, 3) + 1):
                sizes[i].append(np.linalg.norm(by_inputs[later - i]))
    ours = model.read(state, symbols).reach(targets, 3)
    np.testing.assert_allclose(ours, [np.mean(each) for each in sizes], rtol=1e-10)


def test_the_loss_is_never_steeper_than_the_root_of_two():
    """‖∂p_t/∂scores‖ is at most √2 for any scores, and comes near it: `language-score-row`."""
    model, symbols, targets, state = problem("RNN")
    sizes = []
    for scale in (0.1, 1.0, 100.0):
        louder = model.replaced(model.parameters() | {"V": scale * model.V})
        _, by_scores = louder.read(state, symbols).surprise(targets)
        sizes.append(np.linalg.norm(by_scores, axis=-1).max())
    assert max(sizes) <= np.sqrt(2) * (1 + 1e-15)
    assert max(sizes) > 1.4


def test_the_reach_ends_where_the_text_does():
    """A distance as long as the stretch is refused."""
    model, symbols, targets, state = problem("RNN")
    with pytest.raises(ValueError, match="distances: got 6, expects at most the number of times"):
        model.read(state, symbols).reach(targets, 6)


# Stability ---------------------------------------------------------------------------------------


def steps(config, count=12, symbols=9, length=400):
    """The models after the first updates on a random text."""
    text = np.random.default_rng(3).integers(0, symbols, length)
    model = study.initial(config, symbols)
    for i, moved in enumerate(study.epoch(model, config, text, config.rate)):
        yield moved
        if i + 1 == count:
            return


@pytest.mark.parametrize("radius", [0.999, 0.5])
def test_the_projection_holds_at_every_step(radius):
    """‖W‖ is at most the radius after every update, and without the projection it is not."""
    config = replace(SMALL, units=12, stable=True, radius=radius, rate=20.0, window=10)
    # The singular values are put together again with a few roundings.
    assert all(spectral_norm(m.recurrent()) <= radius * (1 + 1e-12) for m in steps(config))
    free = steps(replace(config, stable=False))
    assert max(spectral_norm(m.recurrent()) for m in free) > radius


def test_a_stable_lstm_contracts_in_the_largest_entry():
    """At states that it can reach, after every update, the sums of |entries| in the rows of the
    Jacobian stay at most 1 − (1 − m)(1 − F); without the conditions they do not."""
    config = replace(SMALL, cell="LSTM", units=8, stable=True, rate=20.0, window=10, radius=0.9)
    bound = 1 - (1 - config.radius) * (1 - study.FORGET)

    def largest(models):
        rng, found = np.random.default_rng(5), []
        for model in models:
            cell, d = model.cell, config.units
            for _ in range(10):
                c = rng.uniform(-1, 1, d) * study.FORGET / (1 - study.FORGET)
                x = np.concatenate([c, rng.uniform(-1, 1, d)])
                u = rng.choice(model.E)
                found.append(np.abs(cell.jacobian(x, u)).sum(axis=1).max())
                gate = cell.slopes_along(x, u)[0].max()
                assert gate < study.FORGET or not config.stable
        return max(found)

    assert largest(steps(config)) <= bound
    config = replace(config, stable=False)
    assert largest(steps(config)) > bound


def test_the_conditions_of_a_stable_lstm_give_its_rate():
    """However large the parameters were, after the shortening the forget gate cannot exceed F, and
    F + q is the rate of `language-gate-rate` or less."""
    model = study.initial(replace(study.Config(cell="LSTM"), units=6, embedding=5), 7)
    model = model.replaced({name: 100 * p for name, p in model.parameters().items()})
    p = study.steady(model, radius=0.9).parameters()

    def norm(name):
        return np.abs(p[name]).sum(axis=1).max()

    argument = norm("W_f") + norm("U_f") * np.abs(p["E"]).max() + np.abs(p["b_f"]).max()
    assert 1 / (1 + np.exp(-argument)) < study.FORGET
    left = 1 - study.FORGET
    q = (norm("W_i") + norm("W_o") + norm("W_f") / left) / 4 + norm("W_z")
    # Everything was too large, so every condition is met with equality, up to rounding.
    assert study.FORGET + q == pytest.approx(1 - (1 - 0.9) * left, rel=1e-12)


def test_rows_are_shortened_and_no_more():
    """A row that is too long keeps its direction, and one that is not stays as it is."""
    W = np.array([[3.0, -1.0], [0.1, 0.2], [0.0, 0.0]])
    np.testing.assert_allclose(study.shortened(W, 2.0), [[1.5, -0.5], [0.1, 0.2], [0, 0]])


# Runs --------------------------------------------------------------------------------------------


@EVERY_CELL
def test_a_run_is_a_function_of_its_configuration(cell):
    """Twice the same configuration gives the same numbers, and another seed others."""
    text = corpus()
    text = replace(text, train=text.train[:3000], held=text.held[:500], test=text.test[:500])
    config = replace(
        SMALL, cell=cell, units=8, window=20, cut=20, looks=(0, 1), distances=5, span=9
    )
    first, second = (replace(study.run(config, text), seconds=0) for _ in range(2))
    assert first == second
    assert study.run(replace(config, seed=1), text).test != first.test
    assert len(first.held) == len(first.norms) == 2
    assert set(first.reach) == {0, 1}


def test_an_untrained_model_guesses_evenly():
    """With all scores equal the perplexity is the number of symbols: `language-uniform`."""
    text = corpus()
    model = study.initial(SMALL, len(text.symbols))
    model = model.replaced(model.parameters() | {"V": np.zeros_like(model.V)})
    found = study.perplexity(model, text.held, 20)
    assert found == pytest.approx(len(text.symbols), rel=1e-12)


def test_cut_at_the_length_of_the_window_nothing_is_cut():
    """All runs of the study of distance begin at one point, and the longest is the reference."""
    text = replace(corpus(), train=corpus().train[:2000], test=corpus().test[:300])
    config = replace(SMALL, window=12, rate=1.0)
    found = {k: study.snapshots(replace(config, cut=k), text, 20) for k in (3, 12)}
    result = study.apart(config, 20, found)
    assert set(result.distances) == {3}
    assert result.distances[3][0] == 0
    assert result.distances[3][-1] > 0
    assert result.config.cut == 12
    assert result.norms[0] == pytest.approx(spectral_norm(found[12][0][0]))


def test_a_batch_needs_text():
    """A text shorter than two symbols for each row is refused."""
    with pytest.raises(ValueError, match="batch: got 20, expects at most half of the 30 symbols"):
        study.in_rows(np.arange(30), 20)


def test_a_cell_that_is_not_known_is_refused():
    """The two names are offered."""
    with pytest.raises(ValueError, match="cell: got 'GRU', expects one of RNN, LSTM"):
        study.Config(cell="GRU")


# What is stored ----------------------------------------------------------------------------------


@EVERY_STUDY
def test_what_is_stored_says_how_it_was_made(kind, text):
    """Date, time, processes, versions and machine; the text with its sizes; and in every result its
    whole configuration with the seed."""
    found = study.stored(kind, text)
    assert found.study == kind
    assert set(found.made) == {"date", "seconds", "workers", "python", "numpy", "machine"}
    assert all(found.made.values())
    described = {"name", "level", "parts", "vocabulary", "train", "held", "test", "unknown"}
    assert set(found.text) == described
    line = study.FOLDER.joinpath(study.filename(kind, text)).read_text().splitlines()[-4]
    for each in fields(study.Config):
        assert f'"{each.name}": ' in line


@EVERY_STUDY
def test_what_is_stored_is_what_the_plan_says(kind, text):
    """The stored configurations are those that the command would run today."""
    plan, found = study.PLANS[text], [each.config for each in study.stored(kind, text).results]
    if kind == "perplexity":
        assert found == plan.perplexity()
    else:
        last = {c.cell: c for c in plan.distance()}
        assert found == [last[cell] for cell in study.CELLS]
        cuts = set(study.CUTS) - {max(study.CUTS)}
        assert all(set(each.distances) == cuts for each in study.stored(kind, text).results)


@pytest.mark.parametrize("kind", study.STUDIES)
def test_the_stored_text_is_the_shipped_one(kind):
    """Sizes and vocabulary in the stored result are those of the text that is shipped."""
    plan = study.PLANS["wonderland"]
    described = study.described(corpus(None, plan.level, plan.vocabulary))
    assert study.stored(kind, "wonderland").text == described


@pytest.mark.parametrize("kind", study.STUDIES)
def test_stored_and_read_again(kind, tmp_path):
    """What is read is written the same again."""
    before = study.stored(kind, "wonderland")
    path = tmp_path / "again.json"
    study.store(before, path)
    assert study.read(path) == before
    shipped = study.FOLDER.joinpath(study.filename(kind, "wonderland")).read_text()
    assert path.read_text() == shipped


def test_the_stored_models_start_where_a_run_starts_today():
    """Perplexity, ‖W‖ and reach before training, which no rounding has been able to enlarge, are
    those of a model made now."""
    text = corpus()
    for run in study.stored("perplexity", "wonderland").of(rate=3.0, seed=1):
        model = study.initial(run.config, len(text.symbols))
        now = study.perplexity(model, text.held, run.config.batch)
        assert now == pytest.approx(run.held[0], rel=1e-4)
        assert spectral_norm(model.recurrent()) == pytest.approx(run.norms[0], rel=1e-4)
        np.testing.assert_allclose(study.look(model, run.config, text), run.reach[0], rtol=1e-3)


def test_stable_models_stayed_stable():
    """In every stored epoch of every stable tangent network ‖W‖ is at most the radius."""
    for text in study.PLANS:
        for run in study.stored("perplexity", text).of(cell="RNN", stable=True):
            assert max(run.norms) <= run.config.radius + 1e-5


def test_the_command_refuses_a_missing_folder(tmp_path, capsys):
    """`--text` with a folder that is not there ends with the loader's message, and stores
    nothing."""
    with pytest.raises(SystemExit) as ended:
        study.main(["distance", "--text", str(tmp_path / "no"), "--output", str(tmp_path / "out")])
    assert "is no folder" in str(ended.value)
    assert not list((tmp_path / "out").iterdir())


def test_the_command_stores_what_it_ran(tmp_path, monkeypatch, capsys):
    """With a small plan the command runs every configuration in processes of its own, says so on
    stderr line by line, and stores what a run here gives."""
    base = study.Config(units=4, embedding=3, epochs=1, batch=200, looks=(0,), distances=3, span=9)
    rates = {"RNN": (1.0,), "LSTM": (5.0,)}
    plan = study.Plan("character", None, base, rates, {"RNN": 1.0, "LSTM": 1.0}, 1, 5)
    monkeypatch.setattr(study, "PLANS", {"wonderland": plan})
    monkeypatch.setattr(study, "SEEDS", (0,))
    study.main(["perplexity", "--output", str(tmp_path), "--workers", "2"])
    found = study.read(tmp_path / study.filename("perplexity", "wonderland"))
    said = capsys.readouterr().err
    assert "wonderland 4/4 after" in said
    assert [each.config for each in found.results] == plan.perplexity()
    (stored,) = found.of(cell="RNN", stable=True)
    here = study.run(stored.config, corpus())
    np.testing.assert_allclose(stored.held, here.held, rtol=1e-4)
    assert found.made["workers"] == 2


def test_the_small_runs_of_the_chapter_do_not_hang_on_rounding(monkeypatch):
    """A billionth more or less in every parameter at the start changes no digit that the chapter
    prints, so another machine prints the same."""
    text, initial = corpus(), study.initial
    rng = np.random.default_rng(8)

    def moved(*given):
        model = initial(*given)
        return model.replaced(
            {
                name: p * (1 + 1e-9 * rng.uniform(-1, 1, p.shape))
                for name, p in model.parameters().items()
            }
        )

    for cell, rate, stable in (("RNN", 2.0, True), ("RNN", 2.0, False), ("LSTM", 5.0, True)):
        sizes = {"units": 16, "embedding": 16, "epochs": 2, "looks": (0, 2), "distances": 20}
        config = study.Config(cell=cell, stable=stable, rate=rate, span=60, **sizes)
        with monkeypatch.context() as patch:
            plain = study.run(config, text)
            patch.setattr(study, "initial", moved)
            other = study.run(config, text)
        np.testing.assert_allclose(other.held, plain.held, rtol=1e-5)
        np.testing.assert_allclose(other.norms, plain.norms, rtol=1e-4)
        np.testing.assert_allclose(other.reach[2], plain.reach[2], rtol=1e-2)
