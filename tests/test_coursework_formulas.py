"""Formulas that students hand in as text: read without being run, compared, and answered."""

import os
import random
import re
import subprocess
import sys
import threading

import mpmath
import pytest
import sympy as sp
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from book_utils.coursework.formulas import (
    CLOSED,
    Refused,
    exact,
    letters,
    put,
    read,
    same,
    steps,
)
from book_utils.coursework.formulas.exact import HEAVIEST, weight
from book_utils.coursework.formulas.points import points
from book_utils.derivations.engine.timelimit import OutOfTime, time_limit

LEAKY = "a, w, x, z real; T positive integer; 0 < a < 1; 0 < w < 1"
REALS = "x, y real"

# The answer, what is right, and the letters. Every pair is equal wherever both have a value.
EQUAL = [
    ("(1-a+a*w)**T", "(1-a*(1-w))**T", LEAKY),
    ("(1-a+a*w)^T", "(1-a*(1-w))**T", LEAKY),
    ("exp(T*log(1-a*(1-w)))", "(1-a+a*w)**T", LEAKY),
    ("(1-a+a*w)*(1-a+a*w)**(T-1)", "(1-a+a*w)**T", LEAKY),
    ("Product(1-a+a*w, (k, 1, T))", "(1-a+a*w)**T", LEAKY),
    ("Sum(w**(T - k), (k, 1, T))", "(1-w**T)/(1-w)", LEAKY),
    ("Sum(w**(T - k), (k, 1, T))", "Sum(w**(T - j), (j, 1, T))", LEAKY),
    ("Sum(w**(T - a), (a, 1, T))", "Sum(w**j, (j, 0, T - 1))", LEAKY),
    ("(w**T-1)/(w-1)", "Sum(w**j, (j, 0, T-1))", LEAKY),
    ("Sum(j*w**(j-1), (j, 1, T))", "(1-(T+1)*w**T+T*w**(T+1))/(1-w)**2", LEAKY),
    ("Sum(Sum(w**(i+j), (i, 1, j)), (j, 1, T))", "Sum(w**(n+m), (n, 1, m), (m, 1, T))", LEAKY),
    ("Piecewise((T, Eq(w, 1)), ((1 - w**T)/(1 - w), True))", "Sum(w**k, (k, 0, T-1))", LEAKY),
    ("sigma(z)", "1/(1+exp(-z))", LEAKY),
    ("exp(z)/(1+exp(z))", "sigma(z)", LEAKY),
    ("(1+tanh(z/2))/2", "sigma(z)", LEAKY),
    ("sigma(z)*(1-sigma(z))", "exp(-z)/(1+exp(-z))**2", LEAKY),
    ("1/(4*cosh(z/2)**2)", "sigma(z)*(1-sigma(z))", LEAKY),
    ("(exp(z)-exp(-z))/(exp(z)+exp(-z))", "tanh(z)", LEAKY),
    ("sinh(z)/cosh(z)", "tanh(z)", LEAKY),
    ("1-tanh(z)**2", "sech(z)**2", LEAKY),
    ("1-tanh(z)^2", "1/cosh(z)^2", LEAKY),
    ("4/(E**z+E**(-z))**2", "1-tanh(z)**2", LEAKY),
    ("cosh(z)**2*(1-tanh(z)**2)", "1", LEAKY),
    ("cosh(9*z)**2*(1-tanh(9*z)**2)", "1", LEAKY),
    ("-log(tanh(3*z))*exp(6*z)/2", "exp(6*z)*log(cosh(3*z)/sinh(3*z))/2", "z positive"),
    ("(1+exp(-9*z))**exp(9*z)", "exp(exp(9*z)*log(1+exp(-9*z)))", "z positive"),
    ("(1-tanh(z)**2)*exp(2*z)", "4/(1+exp(-2*z))**2", LEAKY),
    ("log(exp(z)-1)-log(1-exp(-z))", "z", "z positive"),
    ("(sqrt(1+x**2)-1)*(sqrt(1+x**2)+1)", "x**2", REALS),
    ("tanh(x+z)", "(tanh(x)+tanh(z))/(1+tanh(x)*tanh(z))", LEAKY),
    ("Max(0, z)", "(z+Abs(z))/2", LEAKY),
    ("relu(z)", "Piecewise((z, z > 0), (0, True))", LEAKY),
    (
        "Piecewise((0, (z < 0) | (z > 1)), (1, True))",
        "Piecewise((1, (z >= 0) & (z <= 1)), (0, True))",
        LEAKY,
    ),
    ("Min(x, z)", "(x+z-abs(x-z))/2", LEAKY),
    ("sqrt(x**2)", "Abs(x)", REALS),
    ("sqrt(x**2)", "x", "x positive"),
    ("sqrt(x**2)", "-x", "x negative"),
    ("sqrt(3+2*sqrt(2))", "1+sqrt(2)", ""),
    ("sqrt(2)*sqrt(3)", "sqrt(6)", ""),
    ("sqrt(x+2*sqrt(x-1))", "1+sqrt(x-1)", "x real; x > 1"),
    ("log(x*y)", "log(x)+log(y)", "x, y positive"),
    ("log(8, 2)", "3", ""),
    ("ln(x)", "log(x)", "x positive"),
    ("cos(x)**2-sin(x)**2", "cos(2*x)", REALS),
    ("sin(x+y)", "sin(x)*cos(y)+cos(x)*sin(y)", REALS),
    ("atan(x)+atan(1/x)", "pi/2", "x positive"),
    ("(x+y)**3", "x**3+3*x**2*y+3*x*y**2+y**3", REALS),
    ("1/(1-x)+1/(1+x)", "2/(1-x**2)", "x real; -1 < x < 1"),
    ("0.5*x", "x/2", REALS),
    ("0.333333333333333*x", "x/3", REALS),
    ("1e-3*x", "x/1000", REALS),
    ("x·y − 2×x", "x*(y-2)", REALS),
    ("(-1)**T", "cos(pi*T)", "T integer"),
    ("x**T*x**-1", "x**(T-1)", "x nonzero; T integer"),
    ("Abs(b-a)", "b-a", "a < b"),
    ("Max(a, b, c)", "c", "0 < a < b < c"),
    ("sqrt((a-1)**2)", "1-a", "a real; a <= 1"),
    (
        "x[0]*w**T + Sum(w**(T-t)*x[t], (t, 1, T))",
        "Sum(w**(T-j)*x[j], (j, 0, T))",
        LEAKY.replace(", x", "") + "; x array",
    ),
    (
        "Sum(g[T]*v[t-1]*w**(T-t), (t, 1, T))",
        "g[T]*Sum(w**k*v[T-k-1], (k, 0, T-1))",
        "w real; T positive integer; g, v array",
    ),
    ("A[1,1]*A[2,2]-A[1,2]*A[2,1]", "-(A[2,1]*A[1,2]-A[2,2]*A[1,1])", "A array"),
    ("h(t)*(1-h(t))+0*h(1)", "h(t)-h(t)^2", "t real; h function"),
    ("w*dh(w*x)", "dh(x*w)*w", "w, x real; h function"),
    ("Matrix([[a, w], [0, 1]])", "Matrix([[a, w], [a-a, 2/2]])", LEAKY),
    ("Matrix([[a, w], [0, 1]])*Matrix([[1, 1], [1, 0]])", "Matrix([[a+w, a], [1, 0]])", LEAKY),
    ("2*Matrix([a, w]) - Matrix([a, 0])", "Matrix([[a], [2*w]])", LEAKY),
    ("[a, 2*w]", "Matrix([a, w+w])", LEAKY),
    ("[[a, w], [w, a]]", "Matrix([[a, w], [w, a]])", LEAKY),
]
EQUAL_IDS = [f"{n}-{answer[:30]}" for n, (answer, *_) in enumerate(EQUAL)]


@pytest.mark.parametrize(("answer", "truth", "of"), EQUAL, ids=EQUAL_IDS)
def test_equal_formulas_are_right(answer, truth, of):
    """Another form of the same formula, with other letters in its sums, is right."""
    verdict = same(answer, truth, of)
    assert verdict.kind == "right", verdict
    assert verdict.how == "proved" or verdict.how.startswith("tested at")


@pytest.mark.parametrize(("answer", "truth", "of"), EQUAL, ids=EQUAL_IDS)
def test_what_is_equal_is_equal_the_other_way(answer, truth, of):
    """It does not matter which of two equal formulas the instructor wrote."""
    assert same(truth, answer, of).kind == "right"


# An answer that is nearly right, what is right, and the letters.
WRONG = [
    ("(1-a+w)**T", "(1-a+a*w)**T", LEAKY),
    ("(1-a+a*w)**(T-1)", "(1-a+a*w)**T", LEAKY),
    ("(1-a+a*w)**(T+1)", "(1-a+a*w)**T", LEAKY),
    ("(1-a-a*w)**T", "(1-a+a*w)**T", LEAKY),
    ("(1-a+a*w)*T", "(1-a+a*w)**T", LEAKY),
    ("1.000000001*(1-a+a*w)**T", "(1-a+a*w)**T", LEAKY),
    ("(1-a+a*w)**T + 1e-12", "(1-a+a*w)**T", LEAKY),
    ("(1-a+a*w)**T + 1e-30*w", "(1-a+a*w)**T", LEAKY),
    ("(1-a+1.0000000000001*a*w)**T", "(1-a+a*w)**T", LEAKY),
    ("-(1-a+a*w)**T", "(1-a+a*w)**T", LEAKY),
    ("Sum(w**(T - k), (k, 0, T))", "(1-w**T)/(1-w)", LEAKY),
    ("Sum(w**(T - k), (k, 1, T-1))", "(1-w**T)/(1-w)", LEAKY),
    ("Sum(w**(T - k), (k, 2, T))", "(1-w**T)/(1-w)", LEAKY),
    ("Sum(w**k, (k, 1, T))", "(1-w**T)/(1-w)", LEAKY),
    ("(1-w**(T+1))/(1-w)", "Sum(w**(T-k), (k, 1, T))", LEAKY),
    ("sigma(z)", "tanh(z)", LEAKY),
    ("sigma(z)*(1+sigma(z))", "sigma(z)*(1-sigma(z))", LEAKY),
    ("sigma(-z)", "sigma(z)", LEAKY),
    ("1-tanh(z)", "1-tanh(z)**2", LEAKY),
    ("cosh(z)**2*(1-tanh(z)**2)*1.0001", "1", LEAKY),
    ("cosh(9*z)**2*(1-tanh(9*z)**2)+z-z", "2", LEAKY),
    ("Sum(w**(T**2-k**2), (k, 1, T))", "Sum(w**(T-k), (k, 1, T))", LEAKY),
    ("1-tanh(z**2)", "1-tanh(z)**2", LEAKY),
    ("(1-tanh(z)**2)/2", "1-tanh(z)**2", LEAKY),
    ("sech(z)", "sech(z)**2", LEAKY),
    ("Max(0, z)", "Max(0, -z)", LEAKY),
    ("Max(0, z)", "z", LEAKY),
    ("Max(z, -20)", "z", LEAKY),
    ("z + 0*T + Max(0, T-5)", "z", LEAKY),
    ("Abs(z)", "z", LEAKY),
    ("Piecewise((0, z < 0), (1, True))", "Piecewise((0, z < 0), (1, z < 5), (2, True))", LEAKY),
    ("sqrt(x**2)", "x", REALS),
    ("sqrt(x)**2", "Abs(x)", REALS),
    ("log(x**2)", "2*log(x)", REALS),
    ("x", "x**T", "x real; T positive integer"),
    ("(-1)**(T+1)", "(-1)**T", "T integer"),
    ("Abs(b-a)", "a-b", "a < b"),
    ("b-a", "a-b", "a < b"),
    ("x*y", "x+y", REALS),
    ("x/y", "y/x", "x, y nonzero"),
    ("x-y", "y-x", REALS),
    ("x**2", "x**3", REALS),
    ("sin(x)", "x", REALS),
    ("sin(x)", "x-x**3/6+x**5/120-x**7/5040", REALS),
    ("exp(x)", "Sum(x**k, (k, 0, 9))", REALS),
    ("pi", "22/7", ""),
    ("3.14159265358979", "pi", ""),
    ("1.4142135623730951", "sqrt(2)", ""),
    ("sqrt(2)+sqrt(3)", "sqrt(5)", ""),
    ("1/3", "0.33333", ""),
    ("x/0", "x", REALS),
    ("1/(x-x)", "x", REALS),
    ("0", "x", REALS),
    ("x[0]*w**T", "x[0]*w**(T-1)", "w real; T positive integer; x array"),
    (
        "Sum(w**(T-t)*x[t], (t, 1, T))",
        "Sum(w**(T-t)*x[t-1], (t, 1, T))",
        "w real; T positive integer; x array",
    ),
    (
        "Sum(w**t*x[t], (t, 1, T))",
        "Sum(w**(T-t)*x[t], (t, 1, T))",
        "w real; T positive integer; x array",
    ),
    ("x[1]*y[2]", "x[2]*y[1]", "x, y array"),
    ("A[1,2]", "A[2,1]", "A array"),
    ("h(t)", "h(t+1)", "t real; h function"),
    ("h(x)*f(y)", "f(x)*h(y)", "x, y real; f, h function"),
    ("dh(x)", "h(x)", "x real; h function"),
    ("w*dh(x)", "w*dh(w*x)", "w, x real; h function"),
    ("Matrix([[a, 0], [w, 1]])", "Matrix([[a, w], [0, 1]])", LEAKY),
    ("Matrix([[1, 1], [1, 0]])*Matrix([[a, w], [0, 1]])", "Matrix([[a+w, a], [1, 0]])", LEAKY),
    ("Matrix([[a, w, 0], [0, 1, 0]])", "Matrix([[a, w], [0, 1], [0, 0]])", LEAKY),
    ("[a, w]", "Matrix([w, a])", LEAKY),
    ("[[a, w], [0]]", "Matrix([[a, w], [0, 1]])", LEAKY),
    ("a", "Matrix([[a, w], [0, 1]])", LEAKY),
    ("[a]", "a", LEAKY),
]


@pytest.mark.parametrize(
    ("answer", "truth", "of"), WRONG, ids=[f"{n}-{a[:30]}" for n, (a, *_) in enumerate(WRONG)]
)
def test_what_is_nearly_right_is_wrong(answer, truth, of):
    """A wrong formula is wrong, however little is wrong with it; it is never left undecided."""
    verdict = same(answer, truth, of)
    assert verdict.kind == "wrong", verdict
    assert verdict.says.endswith(".")


# Mutants ---------------------------------------------------------------------------------------

TOKEN = re.compile(r"\*\*|\d+\.\d+|\d+|\w+|\S")
EXCHANGES = {
    "+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "exp": "sinh", "tanh": "sinh",
    "cosh": "sinh", "sinh": "cosh", "sigma": "tanh", "a": "w", "w": "a", "T": "1",
    "x": "z",
    "z": "x", "y": "x", "Sum": "Product", "sin": "cos", "cos": "sin", "sqrt": "exp", "Abs": "exp",
    "Max": "Min", "Min": "Max",
}  # fmt: skip


def mutants(text):
    """The text with one of its tokens exchanged for another."""
    tokens = TOKEN.findall(text)
    for place, token in enumerate(tokens):
        changed = str(int(token) + 1) if token.isdigit() else EXCHANGES.get(token)
        if changed:
            yield "".join([*tokens[:place], changed, *tokens[place + 1 :]])


MUTATED = [
    ("(1-a+a*w)**T", LEAKY),
    ("a*T*(1-a+a*w)**(T-1)", LEAKY),
    ("Sum(k*w**(T-k)*a, (k, 1, T))", LEAKY),
    ("(1-(T+1)*w**T+T*w**(T+1))/(1-w)**2", LEAKY),
    ("w*(1-tanh(w*x+z)**2)", LEAKY),
    ("2*sigma(z)*(1-sigma(z))*(sigma(z)-3)", LEAKY),
    ("exp(-x**2/2)/sqrt(2*pi)", LEAKY),
    ("x/(1+z**2)**2-sin(x)*cos(z)", LEAKY),
]


def value(text, numbers):
    """The value by Python's own arithmetic on mpmath's numbers: no step is shared with ours."""
    names = {
        name: getattr(mpmath, name)
        for name in ("exp", "tanh", "sinh", "cosh", "sin", "cos", "sqrt", "log", "pi")
    }
    names |= {
        "sigma": lambda z: 1 / (1 + mpmath.exp(-z)),
        "Abs": abs, "Max": max, "Min": min, "range": range, "__builtins__": {},
    }  # fmt: skip
    limits = r"(Sum|Product)\((.*), \(k, (\d+), ([T\d]+)\)\)"
    text = re.sub(
        limits,
        r"\1(lambda k: \2, range(\3, \4 + 1))",
        text.replace(",(", ", (").replace(",", ", ").replace("  ", " "),
    )
    names["Sum"] = lambda term, places: sum(map(term, places), mpmath.mpf(0))
    names["Product"] = lambda term, places: mpmath.fprod(map(term, places))
    text = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"mpf(\1)", text)
    text = re.sub(
        r"range\(mpf\((\d+)\), (?:mpf\()?(\w+)\)? \+ mpf\(1\)\)", r"range(\1, \2 + 1)", text
    )
    try:
        with mpmath.workdps(60):
            return mpmath.mpmathify(eval(text, names | {"mpf": mpmath.mpf} | numbers))
    except (ZeroDivisionError, TypeError, ValueError):
        return None


def truly_equal(one, other, seed=0):
    """Whether two formulas agree at random numbers where both have a value."""
    chance = random.Random(seed)
    for _ in range(12):
        numbers = {n: mpmath.mpf(chance.randint(1, 30)) / 32 for n in "aw"}
        numbers |= {n: mpmath.mpf(chance.randint(-60, 60)) / 32 for n in "xyz"} | {
            "T": chance.randint(1, 6)
        }
        left, right = value(one, numbers), value(other, numbers)
        if None not in (left, right) and abs(left - right) > 1e-40 * (1 + abs(right)):
            return False
    return True


ALL_MUTANTS = [(m, t, of) for t, of in MUTATED for m in mutants(t)]


@pytest.fixture(scope="module")
def judged():
    """Every mutant with its verdict."""
    return [(mutant, truth, same(mutant, truth, of)) for mutant, truth, of in ALL_MUTANTS]


def test_one_token_wrong_is_wrong(judged):
    """Every formula with one token exchanged is wrong, unless it happens to be equal."""
    assert len(judged) > 100
    kinds = {}
    for mutant, truth, verdict in judged:
        wanted = "right" if truly_equal(mutant, truth) else "wrong"
        assert verdict.kind == wanted, (mutant, truth, verdict)
        kinds[wanted] = kinds.get(wanted, 0) + 1
    assert kinds["wrong"] > 100


# Reading ---------------------------------------------------------------------------------------

HERE = "a, w, lam real; T positive integer; x array; h function"
# What somebody may write, and what the message must say.
REFUSED = [
    ("", "no formula"),
    ("   ", "no formula"),
    ("v", "unknown name 'v'; this answer may use a, w, lam, T, x, h"),
    ("2w", "write 2*w, not 2w"),
    ("2 w", "write 2*w, not 2 w"),
    ("2(a+w)", "write 2*(...)"),
    ("(a+w)(a-w)", "write (a+w)*(...)|write a+w*(...)"),
    ("2" + "(1)" * 700, "with a sign for the product"),
    ("2" + "(1)" * 300, "write 2(1)"),
    ("a" + ".b" * 600, "a dot after a name"),
    ("v" * 3000, "unknown name 'vvv"),
    ("Sum(a" + ", (k, 1, 2)" * 5 + ")", "runs over 5 letters"),
    ("Matrix([[a]])*" * 9 + "2", "multiplies 9 matrices"),
    ("(a+w) w", "write )*w"),
    ("a w", "write a*w, not a w"),
    ("a(w+1)", "a is a number; write a*(...)"),
    ("aw", "write a*w for a product"),
    ("y = a*w", "= is not part of a formula; write the right side only"),
    ("a == w", "write the right side only"),
    ("a < w", "write the right side only"),
    ("a := w", "write the right side only"),
    ("(a := w)", "write the right side only"),
    ("lambda*w", "write lam"),
    ("lambda: 1", "write lam"),
    ("(lambda: 1)()", "write lam"),
    ("a*", "something is missing"),
    ("(a+w", "a bracket is not closed"),
    ("a+w)", "closed that was not opened"),
    ("a[1]", "there is no array a"),
    ("x", "write an entry of it, such as x[1]"),
    ("x(1)", "square brackets"),
    ("x[1:2]", "a colon"),
    ("h", "write what it is taken of, such as h(x)"),
    ("exp", "write what it is taken of, such as exp(x)"),
    ("h()", "h has 0 arguments here; write 1 to 4"),
    ("exp(a, w)", "exp has 2 arguments here; write 1"),
    ("sin a", "write sin(a), not sin a"),
    ("2 + sqrt w", "write sqrt(w), not sqrt w"),
    ("|a|", "write Abs(x)"),
    ("x[1]x[2]", "write ]*x, not ]x"),
    ("np.exp(a)", "write exp, not np.exp"),
    ("a.real", "a dot after a name"),
    ("().__class__", "a dot after a name"),
    ("().__class__.__bases__[0].__subclasses__()", "a dot after a name"),
    ("a.__init__.__globals__", "a dot after a name"),
    ("__import__('os').system('true')", "without quotes"),
    ("__import__(a)", "unknown function '__import__'"),
    ("eval(a)", "unknown function 'eval'"),
    ("exec(a)", "unknown function 'exec'"),
    ("open(a)", "unknown function 'open'"),
    ("ｅｖａｌ(a)", "fullwidth latin small letter e"),
    ("а*w", "cyrillic small letter a"),
    ("a\u200b*w", "zero width space"),
    ("a²", "superscript two"),
    ("√a", "square root"),
    ("σ(a)", "greek small letter sigma"),
    ("__builtins__", "unknown name '__builtins__'"),
    ("__class__", "unknown name"),
    ("[a for a in x]", "Sum(term"),
    ("sum(a for t in x)", "write Sum"),
    ("{a: w}", "round brackets"),
    ("{a, w}", "round brackets"),
    ("f'{a}'", "without quotes"),
    ("'a'", "without quotes"),
    ("a # w", "without quotes and comments"),
    ("a if w else T", "'if' is not part of a formula"),
    ("a and w", "'and' and 'or'"),
    ("not a", "not part of a formula"),
    ("~a", "not part of a formula"),
    ("a | w", "only + - * / and **"),
    ("a % w", "only + - * / and **"),
    ("a // w", "only + - * / and **"),
    ("a << 9", "only + - * / and **"),
    ("True", "True and False"),
    ("None", "None is not part"),
    ("...", "... is not part"),
    ("1j", "1j"),
    ("0x10", "ordinary digits"),
    ("T!", "! is not part"),
    ("a; w", "cannot be read"),
    ("a, b", "unknown name 'b'"),
    ("$a^2$", "not in LaTeX"),
    ("\\frac{a}{w}", "not in LaTeX"),
    ("import os", "write import*os"),
    ("yield a", "cannot be read|write"),
    ("await a", "write|cannot|await"),
    ("*a", "star|cannot|missing"),
    ("a@w@T@", "cannot|missing"),
    ("sigmoid(a)", "write sigma"),
    ("arctan(a)", "write atan"),
    ("e**a", "write E"),
    ("tahn(a)", "perhaps tan?"),
    ("lamb", "perhaps lam?"),
    ("Sum(a)", "Sum(term, (k, 1, T))"),
    ("Sum(a**k, k, 1, T)", "Sum(term, (k, 1, T))"),
    ("Sum(a**k, (k, T))", "Sum(term, (k, 1, T))"),
    ("Sum(a**k, (k, 1, k))", "unknown name 'k'"),
    ("Sum(a**k, (k, 1, T)) + k", "unknown name 'k'"),
    ("Derivative(h(a), a)", "unknown function 'Derivative'"),
    ("Matrix([[a, w], [a]])", "the same number of entries"),
    ("Matrix(a)", "one list for each row"),
    ("Matrix([[a]])**2", "a power of a matrix"),
    ("a/Matrix([[a]])", "a matrix cannot be divided by"),
    ("Matrix([[a]]) + 1", "the same shape"),
    ("Matrix([[a, w]])*Matrix([[a, w]])", "1 by 2 matrix times a 1 by 2"),
    ("exp(Matrix([[a]]))", "a matrix stands here"),
    ("a + [w]", "a list or a comma"),
    ("exp((a, w))", "a list or a comma"),
    ("[[[[a]]]]", "inside lists"),
    ("[]", "0 entries"),
    ("Piecewise(a)", "Piecewise((value, condition)"),
    ("Piecewise((a, w))", "one relation for each value"),
    ("exp(a, evaluate=False)", "arguments without names|= is not"),
    ("9" * 50, "more than 40 digits"),
    ("1e999999", "ordinary digits"),
    ("1e99", "more than 40 digits"),
    ("a**999999999", "the exponent 999999999 is too large"),
    ("(" * 70 + "a" + ")" * 70, "brackets stand 70 deep"),
    ("-" * 100 + "a", "nested more than"),
    ("2**" * 90 + "2", "nested more than"),
    ("-" * 3900 + "a", "cannot|nested|parts|missing"),
    ("a**" * 1200 + "a", "cannot|nested|parts"),
    ("+".join(["a"] * 1000), "parts; write one with at most"),
    ("a+" * 2500 + "a", "characters; write at most"),
    ("[" + ",".join(["a"] * 13) + "]", "13 entries"),
    ("*".join(["Matrix([[a,w,T],[a,w,T],[a,w,T]])"] * 8), "multiply it out"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"), REFUSED, ids=[f"{n}-{ascii(t)[1:20]}" for n, (t, _) in enumerate(REFUSED)]
)
def test_refusals_say_what_to_write(text, says):
    """What is no formula here is refused, with a message that helps, and left to a person."""
    with pytest.raises(Refused) as refusal:
        read(text, HERE)
    message = str(refusal.value)
    assert any(part in message for part in says.split("|")) or says in message, message
    assert len(message) < 400
    verdict = same(text, "a", HERE)
    assert (verdict.kind, verdict.how) == ("undecided", "not read")
    assert verdict.says[0].isupper() or not verdict.says[0].isalpha()


def test_nothing_that_is_read_is_run(tmp_path, monkeypatch):
    """No text makes Python or SymPy run anything: no audit event of a process, file or code."""
    canary = tmp_path / "canary"
    attacks = [
        f"open({str(canary)!r}, 'w')",
        f"__import__('pathlib').Path({str(canary)!r}).touch()",
        "().__class__.__base__.__subclasses__()[0]()",
        "exec(a)", "eval(a)", "__import__(a)", "print(a)", "exit()", "sympify(a)", "lambdify(a, w)",
        "a.func(w)", "Symbol(a)", "Function(a)", "S(a)", "Integer(a)", "h.__class__(a)",
    ]  # fmt: skip
    seen = []
    watching = True

    def watch(event, arguments):
        if watching and event in ("exec", "open", "os.system", "subprocess.Popen", "import"):
            seen.append((event, arguments))

    for name in ("sympify", "parse_expr", "lambdify"):
        monkeypatch.setattr(sp, name, lambda *_, name=name, **__: seen.append(name))
    letters(HERE)
    sys.addaudithook(watch)
    try:
        for attack in attacks:
            with pytest.raises(Refused):
                read(attack, HERE)
    finally:
        watching = False
    assert not canary.exists()
    assert not seen


def test_only_the_functions_of_a_question_are_read():
    """A question that asks for a closed form refuses a sum, and says so."""
    assert same("(1-w**T)/(1-w)", "Sum(w**k, (k, 0, T-1))", LEAKY, functions=CLOSED).kind == "right"
    verdict = same("Sum(w**k, (k, 0, T-1))", "(1-w**T)/(1-w)", LEAKY, functions=CLOSED)
    assert verdict == ("undecided", "This answer may not use Sum.", "not read")


@pytest.mark.parametrize(
    "e",
    [
        "Sum(w**(T-k), (k, 1, T))", "x**(3/2)/7 - exp(-x)*tanh(w)", "Max(0, x)", "sqrt(2)*pi + E",
        "Abs(x - w)", "Piecewise((x, x > 0), (0, True))", "Matrix([[x, w], [0, 1]])",
        "1/(exp(-x) + 1)",
        "Product(x + k, (k, 1, 4))", "Rational(1, 3)*x**-2", "log(x**2 + 1)/2", "0.25*x",
    ],
)  # fmt: skip
def test_what_sympy_prints_is_read(e):
    """What SymPy prints of an expression is the same formula."""
    x, w, k = sp.symbols("x w k")
    T = sp.Symbol("T")
    names = {"x": x, "w": w, "k": k, "T": T, "E": sp.E, "pi": sp.pi}
    made = sp.sympify(e, locals=names)  # ours, no student's
    assert same(str(made), made, "x, w real; T positive integer").kind == "right"


def test_one_kind_of_symbol_for_one_name():
    """The instructor's symbols are taken by name, whatever SymPy was told of them."""
    truth = sp.Symbol("a", positive=True) * sp.Symbol("w")
    assert same("w*a", truth, LEAKY).kind == "right"
    with pytest.raises(ValueError, match="got the letters q"):
        same("a", sp.Symbol("q"), LEAKY)
    x = sp.IndexedBase("x")
    t, T = sp.symbols("t T")
    truth = sp.Sum(x[t], (t, 0, T))
    of = "T positive integer; x array"
    assert same("x[0]+Sum(x[j], (j, 1, T))", truth, of).kind == "right"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a real; a positive", "expects new names"),
        ("a < ", "expects a chain"),
        ("a = 1", "expects a chain"),
        ("a < 0; a > 0", "leaves no number for a"),
        ("a < b; b < a", "too few numbers fit"),
        ("1x real", "expects new names"),
        ("a < f(a)", "unknown function"),
        ("lambda real", "expects new names"),
    ],
)
def test_letters_that_make_no_sense_are_refused(text, says):
    """A mistake of the instructor in the line of letters is an error at once."""
    with pytest.raises(ValueError, match=re.escape(says)):
        points(text)


def test_points_lie_in_the_domain():
    """Every point fits what is assumed, among them plain ones, ends of intervals and far ones."""
    of = "a, b real; c positive; n positive integer; m integer"
    of += "; 0 <= a <= 1; a != b; 3 <= m < 7; m > n"
    found = points(of)
    for point in found:
        at = {s.name: v for s, v in point.items()}
        assert 0 <= at["a"] <= 1
        assert at["a"] != at["b"]
        assert at["c"] > 0
        assert at["n"] >= 1
        assert 3 <= at["m"] < 7
        assert at["m"] > at["n"]
    assert {0, 1} & {v for p in found for s, v in p.items() if s.name == "a"}
    assert max(v for p in found for s, v in p.items() if s.name == "c") > 10


# Bombs -----------------------------------------------------------------------------------------

BOMBS = [
    "9**9**9", "10**10**10", "9**9**9**9", "((9**9)**9)**9**9", "2**(2**(2**(2**(2**w))))",
    "exp(exp(exp(1e9)))", "exp(exp(exp(exp(exp(9*w)))))", "(w+1)**99999*(w+2)**99999",
    "(a+w+T+1)**9999", "sin(1e40)", "tanh(1e39)", "cosh(9**99)", "w*0*9**9**9", "1/9**9**9",
    "Sum(k, (k, 1, 10**9))", "Sum(Sum(Sum(i*j*k, (i,1,999)), (j,1,999)), (k,1,999))",
    "Product(k, (k, 1, 99999))", "Sum(9**k**k, (k, 1, 99))", "Sum(a, (k, 1, 1e30))",
    "Sum(9**9**9, (k, 2, 1)) + w", "Piecewise((w, w > -9), (9**9**9, True))",
    "Product(Sum(exp(k*j), (k, 1, 60)), (j, 1, 60))", "log(9**9**9)", "atan(10**40)**99999",
    "Max(9**9**9, w)", "Abs(-9**9**9)", "(1/3)**99999 + sqrt(2)**99999", "1e40**99999",
    "w" + "*(w+1)**9" * 200, "+".join(f"exp({n}*w)" for n in range(180)),
    "sqrt(1+" * 25 + "w" + ")" * 25, "Sum(w, (k, 1, T**T**T))", "(-1)**(9**9)", "(-8)**(1/3)**99",
]  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS, ids=[f"{n}-{b[:24]}" for n, b in enumerate(BOMBS)])
def test_bombs_end(bomb):
    """A formula made to explode ends without a limit on time, and is never taken for right.

    The two that equal w wherever they have a value are right: what would explode is not needed.
    """
    with time_limit(60):  # far above what any machine needs; nothing here is measured
        verdict = same(bomb, "w", "a, w real; T positive integer; 0 < w < 1", seconds=50)
    assert verdict.how != "time"
    harmless = bomb.startswith(("Sum(9**9**9", "Piecewise"))
    assert (verdict.kind == "right") == harmless, verdict
    assert verdict.how != "proved"


def test_a_limit_on_time_leaves_it_undecided(monkeypatch):
    """What takes too long is undecided, in the main thread and in any other."""
    import book_utils.coursework.formulas.comparing as comparing

    def forever(*_):
        while True:
            pass

    monkeypatch.setattr(comparing, "compare", forever)
    said = []

    def ask():
        said.append(same("a+w", "w+a", LEAKY, seconds=0.2))

    ask()
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(60)
    assert [verdict.kind for verdict in said] == ["undecided"] * 2
    assert "0.2 s" in said[0].says
    assert steps(["a", "a+0"], LEAKY, seconds=0.2)[1].kind == "undecided"


def test_an_outer_limit_is_kept():
    """A limit around several comparisons still rings."""

    def forever():
        while True:
            same("a+w", "w+a", LEAKY)

    with pytest.raises(OutOfTime), time_limit(0.05):
        forever()


def test_weights_bound_what_sympy_makes():
    """What is light enough to be evaluated makes no number longer than its weight."""
    for text in ("3**7*5**11", "(2/3)**12", "exp(2*log(3))", "(1/3+1/7)**9", "7**-3"):
        e = read(text, "")
        value = e.doit()
        assert value.p.bit_length() + value.q.bit_length() <= weight(e) <= HEAVIEST, text
    for text in ("9**9**9", "exp(9**9*log(9))", "(9**99)**99", "2**(2**(w+9**9))"):
        assert weight(read(text, "w real")) > HEAVIEST, text


def test_putting_in_evaluates_nothing():
    """Something is put in for letters, in sums and cases too, and a bomb stays as it was."""
    of = "a, w real; T positive integer; x array; h function"
    a, w, T = letters(of).numbers.values()
    e = read(
        "Sum(a**k*x[k+T], (k, 1, T)) + Piecewise((h(a), a > 1), (Max(a, 2), True)) + dh(a)", of
    )
    want = "Sum(w**k*x[k+T], (k, 1, T)) + Piecewise((h(w), w > 1), (Max(w, 2), True)) + dh(w)"
    assert same(want, put(e, {a: w}), of).kind == "right"
    assert same(want, e, of).kind == "wrong"
    assert (
        same("Matrix([[w*w, 1]])", put(read("Matrix([[a*w, 1]])", of), {a: w}), of).kind == "right"
    )
    bomb = put(read("9**9**a", of), {a: sp.Integer(9)})
    with time_limit(60):
        assert same("w", bomb, of).kind == "undecided"
        assert same("w", put(read("9**9**9*a", of), {a: T}), of).kind == "undecided"
        assert same("w", read("9**9**9", "v real"), of).kind == "undecided"
    long = read("+".join(["a"] * 60), of)
    with pytest.raises(Refused, match="too long"):
        put(long, {a: long})


def test_numbers_that_cannot_be_ordered_have_no_larger_one():
    """Where the arguments of Max or a condition are not real there is no value, and no error."""
    for text in (
        "Max(0, sqrt(-1-x**2))",
        "Min(1, log(-1-x**2))",
        "Piecewise((1, sqrt(-1-x**2) > 0), (2, True))",
    ):
        verdict = same(text, "x", REALS)
        assert verdict.kind == "wrong"
        assert "not real" in verdict.says


def test_exact_numbers():
    """Numbers without letters are evaluated exactly, and nothing else is."""
    assert exact("1/3+1/6") == sp.Rational(1, 2)
    assert exact("-0.25") == sp.Rational(-1, 4)
    assert exact("(1+sqrt(5))/2") == sp.GoldenRatio.rewrite(sp.sqrt)
    assert exact([["1/2", "0"], ["3", "sqrt(4)"]]) == sp.Matrix([[sp.S.Half, 0], [3, 2]])
    assert exact("Matrix([[1, 2], [3, 2**5]])") == sp.Matrix([[1, 2], [3, 32]])
    for text in ("a", "9**9**9", "(9**999)**999", "exp(9**9*log(9))", "1/0", "0**-1",
                 "Sum(k,(k,1,9))",                 "[1, 2]", "1/(1-1)", "log(0)"):  # fmt: skip
        with pytest.raises(Refused):
            exact(text)


# What is said ------------------------------------------------------------------------------------

SAYINGS = [
    ("2*w**T", "w**T", "At every point tried it is 2 times too large."),
    ("w**T/3", "w**T", "At every point tried it is 3 times too small."),
    ("-2*w**T", "w**T", "At every point tried it is 2 times too large and has the other sign."),
    ("-w**T", "w**T", "The size is right everywhere; the sign is not."),
    ("w", "w**T", "It is right where T = 1, and nowhere else that was tried."),
    ("w**T+5", "w**T", "It differs by the same number everywhere"),
    ("w**(T+1)", "w**T", "It should be larger there."),
    ("w**T+w", "w**T", "It should be smaller there."),
    ("w-1", "w**T", "It should be positive there."),
    ("log(w-1)", "log(w)", "It should be a real number there."),
    ("1/(T-T)", "w**T", "has no value: division by zero."),
]


@pytest.mark.parametrize(("answer", "truth", "says"), SAYINGS)
def test_messages_say_what_is_wrong_with_numbers(answer, truth, says):
    """A message gives a point, the answer's own value there, and what its mistakes share."""
    verdict = same(answer, truth, "w real; T positive integer; 0 < w < 1")
    assert verdict.kind == "wrong"
    assert says in verdict.says
    found = re.match(r"At w = ([\d/]+), T = (\d+) your formula (gives (\S+)|has)", verdict.says)
    assert found, verdict.says
    w, T = sp.Rational(found[1]), int(found[2])
    if found[4] and "i" not in verdict.says.split("gives")[1].split(".")[1]:
        own = value(answer, {"w": mpmath.mpf(w.p) / w.q, "T": T})
        if own is not None and not isinstance(own, mpmath.mpc):
            assert abs(own - mpmath.mpf(found[4].rstrip("."))) < 1e-3 * (1 + abs(own))


def test_messages_never_give_the_right_value(judged):
    """Neither the right formula nor its value at the point stands in a message."""
    for mutant, truth, verdict in judged:
        if verdict.kind != "wrong" or "gives" not in verdict.says:
            continue
        assert truth not in verdict.says
        numbers = dict(re.findall(r"(\w) = (-?[\d/]+)", verdict.says))
        point = {n: mpmath.mpf(sp.Rational(v).p) / sp.Rational(v).q for n, v in numbers.items()}
        point["T"] = int(numbers.get("T", 1))
        right = value(truth, point | {"y": 0})
        said = verdict.says.split("gives ", 1)[1]
        assert mpmath.nstr(right, 4) not in said.split(), (mutant, verdict.says)


def test_messages_about_matrices_name_the_entry():
    """A message about a matrix says which entry, and whether rows and columns are swapped."""
    truth = "Matrix([[a, w], [w**2, 1]])"
    assert same("Matrix([[a, w], [w, 1]])", truth, LEAKY).says.startswith("Entry (2, 1): At a = ")
    swapped = same("Matrix([[a, w**2], [w, 1]])", truth, LEAKY).says
    assert "2 of 4 entries are wrong." in swapped
    assert "Rows and columns are swapped." in swapped
    assert same("[a, a]", "[a, w]", LEAKY).says.startswith("Entry 2: At a = ")
    assert "Its shape, 1 by 2" in same("Matrix([[a, w]])", truth, LEAKY).says
    undecided = same("Matrix([[a, w], [w**2, 9**9**9]])", truth, LEAKY)
    assert undecided.kind == "undecided"
    assert undecided.says.startswith("Entry (2, 2)")


def test_small_differences_are_shown_with_enough_digits():
    """Where four digits would look alike, the message shows more."""
    says = same("1.000000001*w", "w", LEAKY).says
    assert re.search(r"gives 0\.\d{9,}\.", says), says


def test_a_formula_with_a_hole_goes_to_a_person():
    """Right where it has a value, but without one somewhere in the domain: undecided."""
    verdict = same("(1-w**T)/(1-w)", "Sum(w**k, (k, 0, T-1))", "w real; T positive integer")
    assert (verdict.kind, verdict.how) == ("undecided", "gap")
    assert re.search(r"At w = 1, T = \d your formula has no value", verdict.says)
    assert (
        same("(1-w**T)/(1-w)", "Sum(w**k, (k, 0, T-1))", "w real; w != 1; T positive integer").kind
        == "right"
    )


# Steps -------------------------------------------------------------------------------------------


def test_steps_point_at_the_first_that_does_not_follow():
    """Each line is judged by the line before it; a mistake counts once, with both numbers."""
    lines = ["Sum(a*w**(T-k), (k, 1, T))", "a*Sum(w**j, (j, 0, T-1))", "a*(1-w**(T+1))/(1-w)",
             "a/(1-w) - a*w*w**T/(1-w)"]  # fmt: skip
    verdicts = steps(lines, LEAKY)
    assert [v.kind for v in verdicts] == ["right", "right", "wrong", "right"]
    says = verdicts[2].says
    assert says.startswith("Line 3 does not follow from line 2. At a = ")
    found = re.search(
        r"w = ([\d/]+).* T = (\d+) line 2 gives (\S+) and line 3 gives (\S+)\.$", says
    )
    assert found, says
    assert float(found[3]) < float(found[4])
    assert verdicts[0].how == "the first line"


def test_steps_start_from_what_is_given():
    """The first line must follow from what is given, whose number is not told."""
    verdicts = steps(["w**T", "w*w**(T-1)"], LEAKY, start="w**(T+1)")
    assert [v.kind for v in verdicts] == ["wrong", "right"]
    assert "does not follow from what is given" in verdicts[0].says
    assert "what is given gives" not in verdicts[0].says
    assert steps(["w*w**T"], LEAKY, start=sp.Symbol("w") ** (sp.Symbol("T") + 1))[0].kind == "right"


def test_steps_survive_a_line_that_cannot_be_read():
    """A line that cannot be read is undecided, and the next follows from the last that could."""
    verdicts = steps(["2*w", "2w", "w+w", "w + w", "9**9**9"], LEAKY)
    assert [v.kind for v in verdicts] == ["right", "undecided", "right", "wrong", "undecided"]
    assert verdicts[1].says == "Line 2: write 2*w, not 2w."
    assert verdicts[3].says == "Line 4 repeats line 3."
    assert verdicts[4].says.startswith("Line 5: ")
    assert [v.kind for v in steps(["[a, w]", "[a+0, w*w]"], LEAKY)] == ["right", "wrong"]
    assert "Entry 2: " in steps(["[a, w]", "[a+0, w*w]"], LEAKY)[1].says
    assert steps([], LEAKY) == []


# The same for everyone ----------------------------------------------------------------------------

SAMPLE = """
from book_utils.coursework.formulas import same, steps
of = "a, w real; T positive integer; 0 < a < 1; a < w; x array; h function"
answers = ["a*w**T", "w**T*a+0", "h(a)+x[1]", "x[1]+h(a)", "2*h(a)+2*x[1]", "v", "9**9**9"]
for answer in [*answers, "Max(a, w)*a"]:
    for truth in ("a*w**T", "x[1]+h(a)", "a*w"):
        print(same(answer, truth, of))
print(steps(["a*w", "w*a", "w*w"], of))
"""


def test_verdicts_do_not_depend_on_the_hash_seed(root):
    """Two interpreters with other hash seeds say the same, word for word."""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SAMPLE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "4242")
    ]
    said = {run.communicate(timeout=120)[0] for run in runs}
    assert [run.returncode for run in runs] == [0, 0]
    assert len(said) == 1
    assert "right" in said.pop()


def test_verdicts_do_not_depend_on_order():
    """What was compared before does not change what is said."""
    asked = [*EQUAL[:12], *WRONG[:12]]
    once = [same(*each) for each in asked]
    shuffled = random.Random(1).sample(range(len(asked)), len(asked))
    again = {place: same(*asked[place]) for place in shuffled}
    assert [again[place] for place in range(len(asked))] == once


# Random formulas ----------------------------------------------------------------------------------

X, Y, Z = sp.symbols("x y z", real=True)
leaves = st.sampled_from([X, Y, Z, sp.Integer(1), sp.Integer(2), sp.Integer(3), sp.Rational(1, 2)])


def grow(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] - p[1]),
        pairs.map(lambda p: p[0] * p[1]),
        inner.map(lambda e: e**2),
        inner.map(lambda e: sp.tanh(e)),
        inner.map(lambda e: sp.exp(-(e**2))),
        inner.map(lambda e: 1 / (1 + e**2)),
        inner.map(sp.sin),
    )


formulas = st.recursive(leaves, grow, max_leaves=6)
quiet = settings(
    deadline=None, derandomize=True, max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
THREE = "x, y, z real"


@quiet
@given(formulas, st.sampled_from([sp.expand, sp.factor, sp.together, sp.trigsimp, sp.powsimp]))
def test_rewriting_keeps_it_right(e, rewrite):
    """A formula that SymPy rewrites is still right."""
    assume(e.count_ops() < 40)
    try:
        with time_limit(2):
            other = rewrite(e)
    except OutOfTime:
        assume(False)
    assume(len(str(other)) < 2000)
    verdict = same(str(other), e, THREE)
    assert verdict.kind == "right", (e, other, verdict)


@quiet
@given(formulas, st.integers(0, 10**6))
def test_changing_one_token_is_noticed(e, choice):
    """A formula with one token exchanged is right exactly if it is truly equal."""
    text = str(e)
    changed = [m for m in mutants(text) if "**-" not in m]
    assume(changed)
    mutant = changed[choice % len(changed)]
    verdict = same(mutant, text, THREE)
    if truly_equal(mutant, text, seed=choice):
        assert verdict.kind == "right" or verdict.how in ("gap", "large"), (text, mutant, verdict)
    else:
        assert verdict.kind == "wrong" or verdict.how == "large", (text, mutant, verdict)


@quiet
@given(st.text(alphabet="aw+-*/^()[],.=<>x1290eE _'\"\\{}:;@!#&|~%é√", max_size=40))
def test_any_text_is_read_or_refused(text):
    """Whatever is typed, it is read or refused: nothing else comes out."""
    verdict = same(text, "a", "a, w, x real")
    assert verdict.kind in ("right", "wrong", "undecided")
    if verdict.how == "not read":
        with pytest.raises(Refused):
            read(text, "a, w, x real")
    else:
        assert isinstance(read(text, "a, w, x real"), sp.Basic | list)
