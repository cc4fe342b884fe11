"""What students wrote, in the browsers of others: feedback pages and formgrader."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pages
import pytest
import sample_course as sample
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Browser, Page
from sample_course import NAME
from traitlets.config.loader import PyFileConfigLoader

from book_utils.coursework import feedback, gradebook, release, rendering, rosters
from book_utils.coursework.course import Course
from book_utils.coursework.standing import standing

BOOK = "https://book.example.org/book/"
HOST = "https://elsewhere.example"
ATTACKS = {
    "script": f"<script>document.title='ran'</script><script src={HOST}/x.js></script>",
    "handler": '<img src=x onerror="document.title=\'ran\'"> <body onload="alert(1)">',
    "svg": f"<svg onload=\"document.title='ran'\"><use href='{HOST}/x.svg#a'/></svg>",
    "iframe": f"<iframe src={HOST}/f></iframe><object data={HOST}/o></object><embed src={HOST}/e>",
    "refresh": f"<meta http-equiv=refresh content='0;url={HOST}/m'><base href={HOST}/>",
    "style": f"<style>@import url({HOST}/s.css); body{{background:url({HOST}/b)}}</style>",
    "form": f"<form action={HOST}/p><input name=a autofocus onfocus=\"document.title='ran'\">",
    "link": "[click](javascript:document.title='ran') [data](data:text/html,<script>1</script>)",
    "reference": "[click]\n\n[click]: javascript:document.title='ran'",
    "entity": "[click](&#106;avascript:document.title='ran') <a href=jav&#x09;ascript:1>x</a>",
    "autolink": "<javascript:document.title='ran'>",
    "picture": f"![seen]({HOST}/pixel.png) ![x](x\"onerror=\"document.title='ran')",
    "quote": "[x](https://a.example/\"onmouseover=\"document.title='ran' '\"onclick=\"1')",
    "math link": r"$\href{javascript:document.title='ran'}{x}$ \(\href{javascript:1}{y}\)",
    "math html": r"$\text{<img src=x onerror=document.title='ran'>}$ $\unicode{x3c}script>$",
    "math style": rf"$\style{{background:url({HOST}/q)}}{{x}}$ $\class{{a\"onclick=1}}{{x}}$",
    "math colour": r"$\color{red\" onclick=\"1}{x}$ $\require{action}\toggle{a}{b}\endtoggle$",
    "math command": r"$\newcommand{\a}{\a\a}\a$ \begin{align}\href{javascript:1}{z}\end{align}",
    "block": "$$\n</math><script>document.title='ran'</script>\n$$",
    "end": "</div></pre></textarea></style></script><script>document.title='ran'</script>",
    "comment": "<!--><script>document.title='ran'</script>-->",
    "fence": "```\"><script>document.title='ran'</script>\n</pre><script>1</script>\n```",
    "mathml": f"<math><mtext><table><mglyph><style><img src={HOST}/y onerror=alert(1)></style>",
}
ALIVE = re.compile(r"<\s*(script|img|svg|iframe|object|embed|meta|base|style|form|input|link)\b")


@pytest.fixture(scope="module")
def empty_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook of the sample course without students."""
    return sample.new_gradebook(tmp_path_factory.mktemp("book"))


@pytest.fixture
def course(tmp_path: Path, empty_book: Path) -> Course:
    """A course with a book, a due date, and nobody in it."""
    made = sample.make(tmp_path / "course", due="2027-01-31T23:59:00+01:00", book=BOOK)
    shutil.copy(empty_book, made.gradebook)
    return made


def page_of(course: Course, student: str) -> str:
    """The page that a student gets."""
    return course.feedback(NAME, student).read_text(encoding="utf-8")


def words(course: Course, student: str) -> str:
    """What it says, on one line."""
    return " ".join(BeautifulSoup(page_of(course, student), "html.parser").get_text(" ").split())


def hostile() -> dict[str, Any]:
    """A report with every attack in every place that a student fills."""
    everything = "\n\n".join(ATTACKS.values())
    fake = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()
    outputs = (
        *({"text": attack} for attack in ATTACKS.values()),
        {"png": fake},
        {"png": 'x" onerror="alert(1)'},
        {"html": "<script>alert(1)</script>"},
    )
    added = (
        sample.code(None, everything, *outputs, error=ATTACKS["end"]),
        *(sample.written(None, attack) for attack in ATTACKS.values()),
    )
    report = sample.graded(4.0, answer=everything, solution=everything, cells=added)
    report["notes"] = list(ATTACKS.values())
    for question in report["questions"]:
        question["remarks"] = [
            {"points": 0.0, "of": 1.0, "text": attack} for attack in ATTACKS.values()
        ]
    return report


@contextmanager
def opened(browser: Browser, html: str, **context: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page as a browser shows it, and the addresses that it asked for."""
    asked: list[str] = []
    window = browser.new_context(**context)
    page = window.new_page()
    page.on("dialog", lambda dialog: (asked.append("a dialog"), dialog.dismiss()))

    def answer(route: Any) -> None:
        if route.request.url == "https://page.example/":
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            asked.append(route.request.url)
            route.abort()

    window.route("**/*", answer)
    page.goto("https://page.example/", wait_until="load")
    yield page, asked
    window.close()


def press_everything(page: Page) -> None:
    """Click every link of the page's text, and go over everything, as a curious reader does."""
    page.evaluate(
        """() => {
          const text = document.querySelector('#notebook-container, main');
          for (const link of text.querySelectorAll('a, mrow, math, span')) {
            const there = link.getAttribute('href') || '';
            if (/^(https?:|mailto:|#)/.test(there)) continue;
            for (const kind of ['mouseover', 'mousedown', 'click', 'focus'])
              link.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
          }
        }"""
    )
    page.wait_for_timeout(200)


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_a_student_wrote_stays_text(attack: str) -> None:
    """No attack becomes an element, a handler or a link that a browser would run or load."""
    for html in (rendering.markdown(attack), rendering.one_block(attack)):
        assert not ALIVE.search(html)
        tree = BeautifulSoup(html, "html.parser")
        for tag in tree.find_all(True):
            assert tag.name in rendering.TAGS
            assert not any(name.startswith("on") or name == "style" for name in tag.attrs)
            for name in ("href", "src", "action"):
                assert re.match(r"https?://|mailto:", str(tag.get(name, "https://")))


def test_one_block_has_no_empty_line() -> None:
    """A text becomes one block, so that no later Markdown parser reads a part of it again."""
    text = "a\n\n```\nx < 1\n\n\ny\n```\n\n- b\n\n  c\n\n$$\na\n\nb\n$$\n"
    block = rendering.one_block(text)
    assert "\n\n" not in block
    code = BeautifulSoup(block, "html.parser").find("code")
    assert code is not None
    assert code.get_text() == "x < 1\n\n\ny\n"


def test_formulas_become_mathml_or_stay_as_they_were_written() -> None:
    """A formula is drawn without a script; one that cannot be is shown as it was typed."""
    html = rendering.markdown(r"$\frac{\partial E}{\partial W}$, $a < b$, and $\frac{$")
    tree = BeautifulSoup(html, "html.parser")
    assert [math.get_text() for math in tree.find_all("math")] == ["∂E∂W", "a<b"]
    assert [code.get_text() for code in tree.find_all("code", class_="tex")] == [r"\frac{"]


def test_letters_that_reorder_code_are_shown() -> None:
    """Code that reads in another order than it runs shows the marks that do it."""
    assert rendering.plain("a = 1 # \u202e} x") == "a = 1 # ⟨U+202E⟩} x"


@pytest.mark.parametrize(
    "text",
    ["[" * 9_000, "*a_ " * 9_000, "$" + "{" * 1_990 + "$", ">" * 9_000, "a" * 90_000, "\0\x1b[31m"],
)
def test_a_strange_text_ends_no_run(text: str) -> None:
    """Deep, long and broken texts give some HTML."""
    assert len(rendering.markdown(text)) < 500_000


@pytest.mark.parametrize(
    "data", ["", "no base64", 'x" onerror="alert(1)', None, 7, base64.b64encode(b"<svg/>").decode()]
)
def test_a_picture_is_a_png_or_none(data: Any) -> None:
    """Only the bytes of a PNG are shown as a picture, in the one spelling of base64."""
    assert rendering.picture(data) is None
    assert rendering.picture(f"{sample.png()[:40]}\n{sample.png()[40:]}") == sample.png()


# --- the page ------------------------------------------------------------------------------------


def test_the_page_says_marks_reasons_and_own_work(course: Course) -> None:
    """Points by question with remarks, code with outputs, text, comments, and chapters."""
    sample.hand_in(course, "ada", sample.graded(1.5))
    feedback.pages(course)
    sample.by_hand(course, "ada", "q3", 2.5, "Say **how fast**: $|w|^T$.")
    sample.by_hand(course, "ada", "q1", None, "Mind the sign.", cell="q1-answer")
    roster = rosters.Roster(
        "plain", Path("r"), ("id",), (rosters.Student("ada", "Ada", "Lovelace"),)
    )
    feedback.pages(course, roster=roster)
    said = words(course, "ada")
    for part in (
        "For Ada Lovelace ( ada )",
        "4 of 9 points",
        "Handed in 2027-01-31 20:00 UTC.",
        "1.5 of 4 points , partly right",
        "the gradient: the sign is wrong (1.5 of 4 points)",
        "2.5 of 3 points , marked by hand",
        "Say how fast :",
        "Mind the sign.",
        "gradient = 2 + 2 print(gradient)",
    ):
        assert part in said
    tree = BeautifulSoup(page_of(course, "ada"), "html.parser")
    assert [link["href"] for link in tree.select("nav a")] == [
        f"{BOOK}bptt.html",
        f"{BOOK}truncated_gradients.html",
    ]
    assert tree.select("img[alt]")[0]["src"].startswith("data:image/png;base64,")


def test_nothing_secret_and_nobody_else_is_on_a_page(course: Course) -> None:
    """No solution, hidden test, rubric or other student's words; the rubric only on request."""
    # Were a check cell ever in a report, it would not be on the page.
    check = sample.code("q1", "look.right('CANARY-HIDDEN')", {"text": "CANARY-HIDDEN"})
    setup = sample.code("setup", "CANARY-SETUP")
    sample.hand_in(course, "ada", sample.graded(answer="Ada's words", cells=(check, setup)))
    sample.hand_in(course, "bob", sample.graded(answer="Bob's words"))
    feedback.pages(course)
    page = page_of(course, "ada")
    for secret in ("CANARY", "look.right", "bob", "Bob", course.seed.hex()):
        assert secret not in page
    feedback.pages(course, rubric=True)
    assert "CANARY-RUBRIC" in page_of(course, "ada")
    for secret in ("CANARY-SOLUTION", "CANARY-HIDDEN", "CANARY-MODEL-ANSWER"):
        assert secret not in page_of(course, "ada")


def test_late_failed_and_open_are_said_in_words(course: Course) -> None:
    """A late hand-in, a file that could not be graded and a mark to come are no numbers."""
    sample.hand_in(course, "late", sample.graded(4.0), when="2027-02-01 01:04:00 UTC")
    sample.hand_in(course, "broken", sample.failed("the file is no notebook"))
    sample.hand_in(course, "waiting", None)
    summary = feedback.pages(course)
    late = words(course, "late")
    assert "2 h 5 min after the deadline" in late
    assert "4 of 9 points so far A person still has to mark: Why it vanishes." in late
    assert "Still open : a person decides about 3 points" in late
    assert "The reason: the file is no notebook. This is not a zero." in words(course, "broken")
    assert "0 of" not in words(course, "broken")
    assert not course.feedback(NAME, "waiting").exists()
    assert "bptt, waiting: not graded yet; no page was written" in summary.lines()


def test_unchanged_pages_are_left_alone(course: Course) -> None:
    """A second run writes nothing, and a new mark rewrites one page."""
    for student in ("ada", "bob"):
        sample.hand_in(course, student, sample.graded(4.0))
    first = feedback.pages(course)
    again = feedback.pages(course)
    sample.by_hand(course, "bob", "q3", 1.0)
    third = feedback.pages(course)
    counts = [(each.written, each.unchanged) for each in (first, again, third)]
    assert counts == [(2, 0), (0, 2), (1, 1)]


def test_only_the_named_students_get_a_page(course: Course) -> None:
    """The command for one student writes one page, says so, and names who handed in nothing."""
    for student in ("ada", "bob"):
        sample.hand_in(course, student, sample.graded(4.0))
    said: list[str] = []
    assert feedback.write(course, [NAME], ["bob", "nobody"], say=said.append) == 0
    assert said == ["feedback: 1 written, 0 unchanged\nnobody: nothing handed in"]
    assert not course.feedback(NAME, "ada").exists()


def test_a_gradebook_that_cannot_be_read_takes_no_mark_back(course: Course) -> None:
    """While it is locked, pages that may hold marks by hand stay, and the others are written."""
    sample.hand_in(course, "ada", sample.graded(4.0))
    feedback.pages(course)
    sample.by_hand(course, "ada", "q3", 2.0)
    feedback.pages(course)
    before = page_of(course, "ada")
    sample.hand_in(course, "bob", sample.graded(4.0, answer=""))
    sample.hand_in(course, "eve", sample.graded(4.0))
    other = sqlite3.connect(course.gradebook, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    summary = feedback.pages(course, wait=0.1)
    other.close()
    assert summary.status == 1
    assert summary.problems == [gradebook.LOCKED]
    assert summary.waiting == ["bptt ada", "bptt eve"]
    assert page_of(course, "ada") == before
    assert "4 of 9 points" in words(course, "bob")
    assert not course.feedback(NAME, "eve").exists()
    assert feedback.pages(course).status == 0
    assert course.feedback(NAME, "eve").exists()


# --- in a browser --------------------------------------------------------------------------------


def test_the_page_lets_a_browser_do_nothing(course: Course) -> None:
    """The policy in the head forbids all but the one style sheet and pictures in the page."""
    sample.hand_in(course, "ada", sample.graded())
    feedback.pages(course)
    tree = BeautifulSoup(page_of(course, "ada"), "html.parser")
    policy = tree.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    style = tree.find("style").get_text()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not tree.find_all(["script", "link", "iframe"])


def test_nothing_runs_or_leaves_in_a_feedback_page(course: Course, browser: Browser) -> None:
    """With every attack on it, the page stays as it is, asks for nothing, and still shows all."""
    sample.hand_in(course, "eve", hostile())
    feedback.pages(course)
    html = page_of(course, "eve")
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    # The policy is the second wall: without it too, nothing happens.
    for document in (html, bare):
        with opened(browser, document) as (page, asked):
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            press_everything(page)
            assert asked == []
            assert page.title() == f"Feedback: {sample.TITLE}"
            assert page.locator("script, iframe, object, embed, form, base, svg").count() == 0
            assert "<script>document.title='ran'</script>" in page.inner_text("main")


def formgrader_page(course: Course, student: str) -> str:
    """What nbgrader's formgrader shows for a submission, with the settings of the course."""
    (course.folder / "nbgrader_config.py").write_text(release.nbgrader_config())
    loader = PyFileConfigLoader("nbgrader_config.py", path=str(course.folder))
    config = loader.load_config()
    # As nbgrader's own extension sets it.
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    about = {
        "assignment_id": NAME,
        "notebook_id": NAME,
        "submission_id": "1",
        "index": 0,
        "total": 1,
        "base_url": "",
        "student": student,
        "last_name": "",
        "first_name": "",
        "notebook_path": "x",
    }
    path = course.autograded(NAME, student)
    html, _ = HTMLExporter(config=config).from_filename(str(path), resources=about)
    return html


def test_formgrader_shows_what_a_grader_needs(course: Course) -> None:
    """Every question has its field for a mark, the rubric stands above the answer."""
    sample.hand_in(course, "ada", sample.graded(1.5, answer=r"Since $\frac{a}{b} < 1$."))
    gradebook.sync(course, [NAME])
    tree = BeautifulSoup(formgrader_page(course, "ada"), "html.parser")
    assert [field["id"] for field in tree.select("input.score")] == ["q1", "q2", "q3"]
    assert [field["id"] for field in tree.select("textarea.comment")] == (
        ["q1-answer-comment", "q2-answer-comment", "q3-comment"]
    )
    said = " ".join(tree.get_text(" ").split())
    assert said.index("CANARY-RUBRIC") < said.index("Since")
    assert "the gradient: the sign is wrong" in said
    assert tree.select("mfrac")
    assert "CANARY-HIDDEN" not in said


def test_nothing_runs_or_leaves_in_formgrader(course: Course, browser: Browser) -> None:
    """The page that can enter marks runs nothing of a student's and loads nbgrader's files only."""
    sample.hand_in(course, "eve", hostile())
    gradebook.sync(course, [NAME])
    html = formgrader_page(course, "eve")
    with opened(browser, html) as (page, asked):
        press_everything(page)
        own = re.compile(
            r"https://page\.example/formgrader/static/|https://[^/]+/ajax/libs/mathjax/"
        )
        assert [url for url in asked if not own.match(url)] == []
        assert page.title() == NAME
        assert page.locator("iframe, object, embed, form, base, svg, meta[http-equiv]").count() == 0
        assert "<script>document.title='ran'</script>" in page.inner_text("#notebook-container")
        # MathJax, which would read formulas out of the text, passes by all of it.
        outside = page.evaluate(
            """() => [...document.querySelectorAll('#notebook-container .rendered_html')]
                .filter(box => !box.querySelector(':scope > .tex2jax_ignore')).length"""
        )
        assert outside == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits_a_phone(
    course: Course, browser: Browser, node_modules: Path, scheme: str
) -> None:
    """axe finds nothing, and nothing is wider than a phone, in light and dark."""
    wide = "$$" + " + ".join(f"w_{{{index}}}" for index in range(60)) + "$$"
    answer = f"# Title\n\nWords [to a page](https://a.example).\n\n{wide}\n\n|a|b|\n|-|-|\n|1|2|"
    long = sample.code(None, f"x = '{'a' * 300}'", {"text": "b" * 300}, error="E: " + "c" * 300)
    notes = ("the check of q1 was edited; ours was used",)
    report = sample.graded(1.5, answer=answer, cells=(long,), notes=notes)
    sample.hand_in(course, "ada", report, when="2027-02-01 01:04:00 UTC")
    feedback.pages(course, rubric=True)
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    # axe is a script, which the page itself forbids.
    size = {"width": 390, "height": 844}
    with opened(
        browser, page_of(course, "ada"), viewport=size, color_scheme=scheme, bypass_csp=True
    ) as (page, _):
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate(wider) == 0
        page.evaluate(axe)
        found = page.evaluate(
            "rules => axe.run(document, rules)", {**pages.EVERY_RULE, "resultTypes": ["violations"]}
        )
        assert [
            f"{violation['id']}: {node['html'][:120]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ] == []
        ink = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ink == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 23, 28)"}[scheme]


def test_a_page_without_a_book_has_no_links_to_one(course: Course) -> None:
    """Where the course names no book, or something that is no address, no link is made up."""
    sample.hand_in(course, "ada", sample.graded())
    for book in ("", "javascript:alert(1)//"):
        other = Course(**{**vars(course), "book": book})
        html = feedback.page(other, standing(other, NAME, "ada", {}))
        assert "<nav" not in html
        assert "javascript" not in html
