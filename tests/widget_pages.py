"""Explorables as a reader meets them: on a page of their own, and their numbers as read there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from conftest import PATIENCE
from playwright.sync_api import Browser, Page

from book_utils import widgets

# A read-out shows four significant digits, or three beside a power of ten.
SHOWN = 5e-3

PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Explorable</title>
<link rel="icon" href="data:,">
<style>body {{ max-width: 760px; margin: 0 auto; padding: 0 16px; background: #fff; color: #222 }}
[data-theme="dark"] body {{ background: #14181e; color: #ced6dd }}</style>
<script type="module" src="_static/explorables/runtime.js"></script></head>
<body><main><h1>Explorable</h1>{figure}<p style="height: 1500px">Below.</p></main></body></html>"""


def write_pages(folder: Path) -> Path:
    """Pages as the site has them, light and dark: the stored figure, and the runtime beside it."""
    (folder / "index.html").write_text("<title>Explorables</title>", encoding="utf-8")
    widgets.export(folder / "_static" / "explorables")
    for name in widgets.names():
        figure = widgets.explorable(name)()._repr_mimebundle_()[0]["text/html"]
        for theme in ("light", "dark"):
            text = PAGE.format(theme=theme, figure=figure)
            (folder / f"{name}-{theme}.html").write_text(text, encoding="utf-8")
    return folder


def new_page(browser: Browser, url: str, **context) -> tuple[Page, list[str]]:
    """A page for what lies below ``url``, still empty, and the list that its complaints go to: a
    request to another host is one."""
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(1000 * PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda m: m.type in ("error", "warning") and complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    here = (url, "data:")
    page.on("request", lambda r: r.url.startswith(here) or complaints.append(f"asked {r.url}"))
    return page, complaints


def open_page(browser: Browser, url: str, **context) -> tuple[Page, list[str]]:
    """A new page, opened at an address."""
    page, complaints = new_page(browser, url.rpartition("/")[0], **context)
    page.goto(url)
    return page, complaints


def come_alive(page: Page) -> None:
    """Wait until the explorable of a page is alive."""
    page.wait_for_selector("figure.explorable[data-live]")


def open_live(browser: Browser, url: str, **context) -> tuple[Page, list[str]]:
    """A new page, opened, once its explorable is alive."""
    page, complaints = open_page(browser, url, **context)
    come_alive(page)
    return page, complaints


PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
"""A page's context on a phone."""

FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def finger(page: Page, *points: tuple[float, float]) -> None:
    """A finger comes down at the first point, moves through the others, and is lifted."""
    cdp = page.context.new_cdp_session(page)
    for place, (x, y) in enumerate(points):
        touch = {"type": "touchMove" if place else "touchStart", "touchPoints": [{"x": x, "y": y}]}
        cdp.send("Input.dispatchTouchEvent", touch)
        page.evaluate(FRAME)  # a browser hands moves of a finger on once a frame
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def finger_drags(page: Page, *points: tuple[float, float]) -> None:
    """A finger moves something through the points, and the page does not scroll under it."""
    scrolled = page.evaluate("scrollY")
    finger(page, *points)
    assert page.evaluate("scrollY") == scrolled


def finger_scrolls(page: Page, *points: tuple[float, float]) -> None:
    """A finger that moves up through the points scrolls the page."""
    scrolled = page.evaluate("scrollY")
    finger(page, *points)
    page.wait_for_function(f"scrollY > {scrolled}")


RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def shown(page: Page, what: str) -> float:
    """A number read from the page as a reader would."""
    return value_of(page.locator(f'[data-read="{what}"]').inner_text())


def value_of(text: str) -> float:
    """The number that a text of a page says."""
    mantissa, _, exponent = text.replace("−", "-").partition("·10")
    return float(mantissa) * 10.0 ** int(exponent.translate(RAISED) or 0)


DRAW = """async ([name, states, parts, own]) => {
    const view = (await import(`/_static/explorables/${name}.js`)).default;
    const main = document.querySelector("main");
    const others = new Function("all", "box", `return {${own}};`);
    const drawn = [];
    for (const state of states) {
        const model = { get: (key) => state[key], set() {}, save_changes() {}, on() {}, off() {} };
        main.replaceChildren();
        await view.render({ model, el: main });
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const box = (node) => node.getBoundingClientRect();
        const within = (node) => {
            const [inner, outer] = [box(node), box(node.closest("svg"))];
            return inner.left >= outer.left - 3 && inner.right <= outer.right + 3
                && inner.top >= outer.top - 3 && inner.bottom <= outer.bottom + 3;
        };
        const all = (selector) => [...main.querySelectorAll(selector)];
        drawn.push({
            cut: all(parts)
                .filter((node) => box(node).width + box(node).height && !within(node))
                .map((node) => node.outerHTML.slice(0, 300)),
            odd: main.innerHTML.match(/NaN|undefined|Infinity|object Object/g),
            ...others(all, box),
        });
    }
    return drawn;
}"""


def drawn(
    page: Page, name: str, states: list, own: str = "", parts: str = "svg :is(text, path, circle)"
) -> list[dict]:
    """Each state drawn by the published module as a page draws it, and what stands there then.

    ``cut`` lists the parts that leave their chart, ``odd`` the numbers that are none; ``own`` are
    further entries in JavaScript, from ``all(selector)`` and ``box(node)``.
    """
    return page.evaluate(DRAW, [name, states, parts, own])


# Reads cases from the standard input and writes what `answer` makes of each.
DRIVER = """
import {{ readFileSync }} from "node:fs";
import * as view from "./module.mjs";
// JSON has no NaN and no infinity: they arrive as text, not as null.
const odd = (value) => typeof value === "number" && !Number.isFinite(value);
const plain = (key, value) => (odd(value) ? `${{value}}` : value);
const answer = {answer};
for (const line of readFileSync(0, "utf8").trim().split("\\n"))
  console.log(JSON.stringify(answer(JSON.parse(line), view), plain));
"""


def in_node(node: str, folder: Path, module: str, answer: str, cases: list) -> list:
    """What the JavaScript function ``answer(case, module)`` gives for each case."""
    (folder / "module.mjs").write_text(module, encoding="utf-8")
    (folder / "driver.mjs").write_text(DRIVER.format(answer=answer), encoding="utf-8")
    text = "\n".join(map(json.dumps, cases))
    command = [node, str(folder / "driver.mjs")]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers
