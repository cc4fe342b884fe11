"""What a derivation and a counterexample look like, and what their errors say."""

from __future__ import annotations

import re
from functools import cache

import nbformat
import pytest
import sympy as sp
from conftest import ROOT
from statements import shown_records

from book_utils.derivations.engine import (
    CheckFailed,
    Cited,
    Claim,
    Counterexample,
    Derivation,
    Step,
)
from book_utils.derivations.engine.evidence import MARKS
from book_utils.derivations.engine.tex import tex
from book_utils.derivations.engine.vocabulary import (
    Diagonal,
    Jacobian,
    SigmaMax,
    SpectralRadius,
    activation_function,
    slopes,
)
from book_utils.derivations.registry import records

n = sp.Symbol("n", integer=True, positive=True)
i, j, m = sp.symbols("i j m", integer=True, positive=True)
y, z = sp.symbols("y z", real=True)
t = sp.Symbol("t", integer=True, positive=True)
sigma = activation_function("sigma")
W, P = sp.MatrixSymbol("W", n, n), sp.MatrixSymbol("P", n, n)
w, x = sp.IndexedBase("W", shape=(n, n)), sp.IndexedBase("x", shape=(n,))
D = Diagonal("D", n)
state = Jacobian(sp.Sum(w[i, m] * sigma(x[m]), (m, 1, n)), i, x, sp.Symbol("J"))
labels = pytest.mark.parametrize("label", records())

# A formula in a Markdown text: $…$, with no line break inside.
FORMULA = re.compile(r"\$([^$\n]+)\$")


@cache
def stored() -> dict[str, dict[str, str]]:
    """What the chapters show of every record. nbval replays them and compares, so what is stored
    is what the record would show now, and nothing is checked a second time here."""
    found = {}
    for topic in {topic for topic, _ in records().values()}:
        found |= shown_records(nbformat.read(ROOT / "book" / f"{topic}.ipynb", as_version=4))
    return found


def shown(label: str, kind: str) -> str:
    return stored()[label][kind]


def balanced(formula: str) -> bool:
    """Whether braces, \\left and \\right, and environments all close."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", formula):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    lefts = len(re.findall(r"\\left(?![a-z])", formula))
    rights = len(re.findall(r"\\right(?![a-z])", formula))
    begun, ended = (re.findall(rf"\\{end}\{{(\w+)\}}", formula) for end in ("begin", "end"))
    return depth == 0 and lefts == rights and sorted(begun) == sorted(ended)


@labels
def test_markdown_is_a_table_that_any_reader_can_parse(label: str) -> None:
    """Every row has the columns of the first, no formula holds a bar, and braces balance."""
    table = [line for line in shown(label, "text/markdown").splitlines() if line.startswith("|")]
    columns = 3 if isinstance(records()[label][1], Derivation) else 2
    assert len(table) >= 3
    assert set(table[1]) <= set("|: -")
    for row in table:
        assert len(re.findall(r"(?<!\\)\|", row)) == columns + 1, row
        assert row.count("$") % 2 == 0, row
        assert all(balanced(formula) for formula in FORMULA.findall(row)), row


@labels
def test_markdown_says_the_evidence_of_every_step(label: str) -> None:
    """Each step has its reason and its mark, and the last line has the whole's."""
    _, record = records()[label]
    text = shown(label, "text/markdown")
    if isinstance(record, Counterexample):
        assert all(word in text for word in ("refuted", "at", "true instead"))
        return
    some = rf"[{''.join(MARKS.values())}] (proved|certified|tested|cited)\b"
    for part in record.parts:
        for step in part.steps:
            assert re.search(rf"\| {re.escape(step.because)} \| {some}[^|]* \|", text)
    assert re.match(rf"[^|]*\*\*{some}[^|]*\*\*", text.rstrip().splitlines()[-1])


def test_what_is_shown_is_what_was_found() -> None:
    """The marks in a record's table are those of the evidence, step by step and in all."""
    record = next(r for _, r in records().values() if isinstance(r, Derivation))
    text = record._repr_mimebundle_()["text/markdown"]
    for part, evidence in zip(record.parts, record.evidence_of_steps, strict=True):
        for step, found in zip(part.steps, evidence, strict=True):
            assert f"| {step.because} | {MARKS[found.grade]} {found} |" in text
    assert f"**{record.evidence.mark} {record.evidence}**" in text.rstrip().splitlines()[-1]
    assert text == shown(record.label, "text/markdown")


@labels
def test_latex_is_one_aligned_block_without_macros(label: str) -> None:
    """One $$…$$ block that MathJax 3 takes: balanced, no own macros, reasons inside \\text."""
    text = shown(label, "text/latex")
    assert text.startswith("$$\\begin{aligned}")
    assert text.endswith("\\end{aligned}$$")
    inside = text[2:-2]
    assert "$$" not in inside
    assert balanced(inside)
    assert not re.search(r"\\(newcommand|def|mathds|href|require|label|tag)\b", inside)
    outside_text = re.sub(r"\\text\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}", "", inside)
    assert "$" not in outside_text
    assert not re.search(r"[`*]{1,2}\w", outside_text.replace("{*}", ""))
    rows = inside.split("\\\\\n")
    assert len({row.count("&&") for row in rows}) == 1


@labels
def test_plain_text_begins_with_the_label(label: str) -> None:
    """In a terminal a record is one line: its label, its evidence, its length."""
    text = shown(label, "text/plain")
    assert text.startswith(f"{label}: ")
    assert "\n" not in text


@labels
def test_reasons_and_statements_are_written_to_be_read(label: str) -> None:
    """Formulas in a reason and in a statement close, and a bar would break the table."""
    _, record = records()[label]
    texts = [record.statement]
    if isinstance(record, Derivation):
        texts += [step.because for part in record.parts for step in part.steps]
    for text in texts:
        assert text
        assert text.count("$") % 2 == 0, text
        assert "|" not in text, text
        assert all(map(balanced, FORMULA.findall(text))), text


@pytest.mark.parametrize(
    ("broken", "why"),
    [(r"\frac{1}{2", "brace"), (r"}{", "order"), (r"\left(x", "left"), (r"\begin{matrix}", "end")],
)
def test_an_unbalanced_formula_is_recognised(broken: str, why: str) -> None:
    """The check of formulas can fail, for each of the things it looks at."""
    assert not balanced(broken), why
    assert balanced(r"\left(\frac{1}{2}\right) \{ \begin{matrix}\end{matrix} \leftarrow")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (W.T * D, r"W^{\mathsf{T}} D"),
        (w[i, m], "W_{im}"),
        (w[i, m + 1], "W_{i,m + 1}"),
        (sigma.slope(x[m]), r"\sigma'(x_{m})"),
        (SigmaMax(W * D), r"\sigma_{\max}(W D)"),
        (SpectralRadius(W) ** 2, r"\rho^{2}(W)"),
        (sp.Transpose(W * D), r"\left(W D\right)^{\mathsf{T}}"),
        (sp.Identity(n), "I"),
        (state, "J"),
        (slopes(sigma, x), r"\operatorname{diag}(\sigma'(x))"),
        (P + W * D, "W D + P"),
        (P * D - W * D + sp.MatrixSymbol("U", n, n) * D, "P D + U D - W D"),
        (sp.MatAdd(sp.Identity(n), -P), "I - P"),
        (z + sigma(2 * z), r"\sigma(2 z) + z"),
        (z ** (m - i - 1), "z^{m - i - 1}"),
        (sp.eye(2), r"\left(\begin{matrix}1 & 0\\0 & 1\end{matrix}\right)"),
        (
            sp.eye(2) / 2,
            r"\left(\begin{matrix}\frac{1}{2} & 0\\[0.4em]0 & \frac{1}{2}\end{matrix}\right)",
        ),
    ],
)
def test_letters_are_the_letters_of_the_text(expression, expected: str) -> None:
    """Formulas are printed as the text writes them."""
    assert tex(expression) == expected


# What an error says --------------------------------------------------------------------------


def misprint(**options) -> Derivation:
    claim = Claim(state, "=", W.T * slopes(sigma, x))
    return Derivation("misprint", "", claim, [Step(claim.right, "as printed")], **options)


def test_a_wrong_step_is_named_with_numbers() -> None:
    """The error says which step, what it claims, what was put in, and what the sides are."""
    with pytest.raises(CheckFailed) as failed:
        misprint().check()
    first, *rest = str(failed.value).splitlines()
    assert first == "misprint: step 1 (as printed) does not follow."
    text = "\n".join(rest)
    for part in ("claimed:", "put in:", "n = ", "W = [", "x = [", "σ(z) = ", "left side:"):
        assert part in text
    left, right = (re.search(rf"{side} side: *(.+)", text)[1] for side in ("left", "right"))
    assert left != right


def test_the_sides_of_a_refutation_are_seen_to_differ() -> None:
    """Two sides that agree in the digits shown are shown with their difference."""
    claim = Claim(z / 3, "=", z * sp.Rational("0.3333333333333333"))
    with pytest.raises(CheckFailed, match=r"difference: *-?\d") as failed:
        Derivation("close", "", claim, [Step(claim.right, "rounded")]).check()
    assert "left side" in str(failed.value)


def test_a_wrong_step_is_not_displayed() -> None:
    """Displaying a record runs its checks: a wrong one raises instead of showing anything."""
    with pytest.raises(CheckFailed, match="step 1"):
        misprint()._repr_mimebundle_()


def test_the_second_step_is_the_second() -> None:
    """Steps are counted from one, and the first wrong one is named."""
    claim = Claim((W * D).T, "=", W.T * D)
    steps = [Step(D * W.T, "transposed"), Step(W.T * D, "swapped")]
    with pytest.raises(CheckFailed, match=r"step 2 \(swapped\) does not follow"):
        Derivation("second", "", claim, steps).check()


def test_a_citation_is_shown_as_one() -> None:
    """A cited step carries its source, and the whole is no better than cited."""
    claim = Claim(SpectralRadius(W), "<=", SigmaMax(W))
    step = Step(claim.right, "a norm bounds ρ", "<=", by=Cited("Horn and Johnson"))
    record = Derivation("cited", "", claim, [step])
    assert "cited (24 cases agree): Horn and Johnson" in repr(record)
    assert "❝" in record._repr_mimebundle_()["text/markdown"]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "needs at least one step"),
        ([Step(W, "elsewhere")], "expects the same expression"),
        ([Step(W * D, "smaller", "<=")], "do not make the claim's '='"),
    ],
)
def test_a_chain_that_does_not_fit_its_claim_is_refused(steps, message: str) -> None:
    """Steps must lead from the left side to the right side by relations that make the claim's."""
    with pytest.raises(ValueError, match=message):
        Derivation("chain", "", Claim(W * D, "=", W * D), steps)


a = sp.Symbol("a", real=True)
commute = Claim(W * P, "=", P * W)
shift, back = sp.Matrix([[0, 1], [0, 0]]), sp.Matrix([[0, 0], [1, 0]])
instead = (Claim((W * P).T, "=", P.T * W.T),)


def counter(refutes: Claim, instance: dict) -> Counterexample:
    return Counterexample("counter", "", refutes, instance, (Claim(a, "=", a), *instead)[:1])


@pytest.mark.parametrize(
    ("refutes", "instance", "message"),
    [
        (commute, {W: shift, P: shift}, "does not refute the claim"),
        (commute, {W: shift}, "no value for P"),
        (Claim(a**2, "<=", a, {a: sp.Interval(0, 1)}), {a: 2}, "outside the claim's domain"),
        (Claim(n, "<=", 2, {n: sp.FiniteSet(1, 2)}), {n: 3}, "outside the claim's domain"),
        (Claim(a, ">=", 0, given=(Claim(a, ">", 1),)), {a: -1}, "breaks an assumption"),
        (Claim(sigma(a), "=", 0), {a: 1}, "could not be decided exactly"),
    ],
)
def test_a_poor_instance_is_refused(refutes, instance, message: str) -> None:
    """An instance must lie in the domain, keep the assumptions, and settle the matter exactly."""
    with pytest.raises(CheckFailed, match=message):
        counter(refutes, instance).check()


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        ({W: sp.eye(2), P: sp.eye(3)}, "P has extent 3 where n is 2"),
        ({W: sp.Matrix([[0.5, 0], [0, 1]]), P: shift}, "expects exact real numbers"),
        ({W: shift, P: sp.I * shift}, "expects exact real numbers"),
        ({D: shift, W: shift, P: shift}, "expects diagonal"),
    ],
)
def test_an_instance_that_does_not_fit_is_refused(instance, message: str) -> None:
    """Sizes must agree, numbers be exact and real, diagonal matrices diagonal."""
    with pytest.raises(ValueError, match=message):
        counter(commute, instance).check()


def test_a_counterexample_shows_both_sides() -> None:
    """Its table has the claim, the instance, the two sides apart, and what is true instead."""
    record = Counterexample("counter", "", commute, {W: shift, P: back}, instead)
    text = record._repr_mimebundle_()["text/markdown"]
    assert r"\ne" in text
    assert "| true instead (tested, 24 cases) |" in text
    assert record.evidence.cases == 1
    assert repr(record) == "counter: refuted by an exact instance"


def test_a_corrected_claim_says_what_it_assumes() -> None:
    """What it assumes as the refuted claim did is named as the same, and more in full."""
    bounded, positive = Claim(y, "<=", 1), Claim(y, ">", 0)
    refuted = Claim(y**2, ">=", 1, given=(bounded,))
    for given, said in (
        ((bounded,), r"\text{ under the same assumptions}"),
        ((bounded, positive), r"\text{ under the same assumptions and if }\ y > 0"),
        ((positive,), r"\text{ if }\ y > 0"),
    ):
        instead = (Claim(y**2 + 1, ">=", 1, given=given),)
        record = Counterexample("counter", "", refuted, {y: sp.Rational(1, 2)}, instead)
        assert said in record._repr_mimebundle_()["text/markdown"].splitlines()[-1]


def test_a_corrected_claim_says_from_which_time_on_it_holds() -> None:
    """Where only the first time differs from the refuted claim's, the corrected one names it."""
    refuted = Claim(t, ">=", 2, where={t: sp.Range(1, 5)})
    instead = (Claim(t, ">=", 2, where={t: sp.Range(2, 5)}),)
    record = Counterexample("counter", "", refuted, {t: 1}, instead)
    text = record._repr_mimebundle_()["text/markdown"].splitlines()[-1]
    assert r"\text{ if }\ t \ge 2" in text
