// The explorable "random gains": products of random Jacobians, their rate and six runs.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, picker } from "../shared/chart.js";
import { cut } from "../shared/clip.js";
import { choice, presets, slider, steady } from "../shared/controls.js";
import { html, letter, line, number, panel, quiet, svg, symbol, whole } from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { uniforms } from "../shared/random.js";

const SIZES = Object.keys(kernel).flatMap((name) => name.match(/^size_(.+)/)?.[1] ?? []);
const RUNS = 6;
const [LOW, HIGH] = [0.5, 2];
// Below this gain the mean norm is below 1 at every size.
const NORM = 0.5;
const LAST_SEED = 9999;

const EXAMPLES = {
  "Two units, near critical": { gain: 1.33, n: 2, steps: 200, seed: 1 },
  "64 units, g = 1": { gain: 1, n: 64, steps: 400, seed: 1 },
  "Above critical": { gain: 1.2, n: 16, steps: 200, seed: 1 },
  "Norm criterion": { gain: 0.5, n: 16, steps: 200, seed: 1 },
};

/** The logarithms of one run's lengths, step by step. */
function follow(run, { gain, n, steps, seed }) {
  const drawn = uniforms(kernel, seed);
  const uniform = (k, draw) => drawn(run, k, draw);
  const logs = [];
  let log = 0;
  for (let k = 0; k < steps; k++) {
    let chi2 = 0;
    if (n === 1) [chi2] = kernel.one(uniform(k, 0), uniform(k, 1));
    for (let pair = 0; pair < n / 2 && n > 1; pair++) chi2 += kernel.two(uniform(k, pair))[0];
    [log] = kernel.step(log, gain, chi2, n);
    logs.push(log);
  }
  return logs;
}

/** Everything the views show for one state; entry k - 1 of a list belongs to k steps. */
export function record(state) {
  const { gain, n, steps } = state;
  const [drift, critical, spread] = kernel[`size_${n}`]();
  const [rate] = kernel.rate(gain, drift);
  const logs = Array.from({ length: RUNS }, (_, run) => follow(run, state));
  return {
    rate,
    critical,
    spread,
    logs,
    rates: logs.map((run) => run.map((log, i) => log / (i + 1))),
    band: Array.from({ length: steps }, (_, i) => kernel.band(spread, i + 1)[0]),
    factor: kernel.factor(rate)[0],
  };
}

/** Where the rates of the runs lie at the end, as a sentence. */
function ends({ rates }) {
  const all = rates.map((run) => run.at(-1));
  const [low, high] = [Math.min(...all), Math.max(...all)].map((rate) => number(rate));
  return `After ${rates[0].length} steps the rates of ${RUNS} runs lie from ${low} to ${high}.`;
}

const gains = Array.from({ length: 76 }, (_, i) => LOW + (i * (HIGH - LOW)) / 75);

/** The exact rate against the gain, for all sizes; a pointer or the arrow keys pick the gain. */
function ratePanel(state) {
  const view = chart({ width: 400, height: 250, role: "group", class: "rate" });
  const pick = picker(view.canvas, {
    name: "Point on the curve",
    range: () => [LOW, HIGH],
    step: 0.01,
    page: 0.1,
    read: () => state.get("gain"),
    write: (gain) => state.set({ gain: Math.round(100 * gain) / 100 }),
    locate: (x) => view.x.value(x),
    text: (gain) => `g = ${number(gain)}: rate ${number(last.rate)}`,
  });
  const marks = ["half", "one", "critical"].map((kind) => svg("path", { class: kind }));
  const curves = SIZES.map(() => svg("path", { class: "curve" }));
  const spot = svg("circle", { class: "spot", r: 7 });
  const name = svg("text", quiet);
  pick.node.append(spot);
  view.canvas.append(...marks, ...curves, pick.node, name);
  let last;
  const draw = () => {
    view.axes(
      linear(LOW, HIGH, view.left, view.right, { marks: [0.5, 1, 1.5, 2] }),
      linear(-1.4, 0.8, view.bottom, view.top, { marks: [-1, -0.5, 0, 0.5] }),
    );
    const at = ([x, y]) => [view.x.place(x), view.y.place(y)];
    [NORM, 1, last.critical].forEach((gain, i) => {
      const across = view.x.place(gain);
      marks[i].setAttribute("d", `M${across} ${view.top}V${view.bottom}`);
    });
    SIZES.forEach((size, i) => {
      const [drift] = kernel[`size_${size}`]();
      const points = gains.map((gain) => [gain, kernel.rate(gain, drift)[0]]);
      curves[i].setAttribute("d", line(points.map(at)));
      curves[i].classList.toggle("chosen", Number(size) === state.get("n"));
    });
    const [x, y] = at([state.get("gain"), last.rate]);
    spot.setAttribute("cx", x);
    spot.setAttribute("cy", y);
    name.textContent = `g = ${number(state.get("gain"))}`;
    const right = x < (view.left + view.right) / 2;
    name.setAttribute("class", right ? "start" : "end");
    name.setAttribute("x", x + (right ? 12 : -12));
    name.setAttribute("y", y + (right ? 16 : -10));
    view.canvas.setAttribute(
      "aria-label",
      `The rate against the gain from ${LOW} to ${HIGH} for n = ${state.get("n")}. It is 0 at ` +
        `${number(last.critical)}; at the gain ${number(state.get("gain"))} it is ` +
        `${number(last.rate)}.`,
    );
    pick.draw();
  };
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "chosen" }, "the chosen ", letter("n")),
    html(
      "span",
      { class: "curve" },
      `the other sizes, from ${SIZES[0]} (lowest) to ${SIZES.at(-1)}`,
    ),
    html("span", { class: "half" }, whole("2", letter("g"), " = 1")),
    html("span", { class: "one" }, whole(letter("g"), " = 1")),
    html("span", { class: "critical" }, symbol("g", "c")),
  );
  const hint = html(
    "p",
    { class: "hint" },
    "Drag in the chart, or focus it and use the arrow keys, to change ",
    letter("g"),
    ".",
  );
  return {
    node: panel(["Rate ", letter("λ"), " against the gain ", letter("g")], view.canvas, key, hint),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** The rates of six runs against the number of steps. */
function runsPanel(state) {
  const view = chart({ width: 400, height: 250, class: "runs" });
  const band = svg("path", { class: "band" });
  const level = svg("path", { class: "level" });
  const runs = Array.from({ length: RUNS }, () => svg("path", { class: "run" }));
  view.canvas.append(band, ...runs, level);
  let last;
  const draw = () => {
    const { rate, rates, logs } = last;
    const steps = state.get("steps");
    // The first few steps say little and would set the scale.
    const start = Math.min(3, steps - 1);
    const seen = rates.flatMap((run) => run.slice(start));
    const lowest = Math.min(rate - last.band[start], ...seen, 0);
    const highest = Math.max(rate + last.band[start], ...seen, 0);
    const room = 0.05 * (highest - lowest);
    const [low, high] = [lowest - room, highest + room];
    view.axes(
      linear(1, steps, view.left, view.right, { marks: [1, steps / 2, steps] }),
      linear(low, high, view.bottom, view.top),
    );
    const at = ([x, y]) => [view.x.place(x), view.y.place(y)];
    const within = (v) => Math.min(high, Math.max(low, v));
    const edge = (sign) => last.band.map((width, i) => at([i + 1, within(rate + sign * width)]));
    band.setAttribute("d", `${line([...edge(1), ...edge(-1).reverse()])}Z`);
    level.setAttribute("d", line([at([1, rate]), at([steps, rate])]));
    rates.forEach((run, i) => {
      const pieces = cut(run.map((v, k) => [k + 1, v]), low, high);
      runs[i].setAttribute("d", pieces.map((piece) => line(piece.map(at))).join(""));
    });
    view.canvas.setAttribute(
      "aria-label",
      `The rates of ${logs.length} random runs around ${number(rate)}. ${ends(last)}`,
    );
  };
  fitted(view, () => last && draw());
  const v = () => letter("v");
  const key = html(
    "p",
    { class: "key" },
    html(
      "span",
      { class: "run" },
      "a run, drawn from the exact law of ",
      whole("‖", letter("J"), v(), "‖"),
      " for a fixed ",
      v(),
    ),
    html("span", { class: "level" }, letter("λ")),
    html(
      "span",
      { class: "band" },
      letter("λ"),
      " ± 2 standard deviations: about 19 runs of 20 lie in it",
    ),
  );
  const title = [
    "ln ",
    whole("‖", symbol("J", "k"), "⋯", symbol("J", "1"), v(), "‖ / ", letter("k")),
    " after ",
    letter("k"),
    " steps",
  ];
  return {
    node: panel(title, view.canvas, key),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** The numbers, each with what it says. */
function readout(state) {
  const body = html("tbody");
  const value = (what, v) => html("b", { "data-read": what }, number(v));
  const row = (label, ...parts) =>
    html("tr", {}, html("th", { scope: "row" }, ...label), html("td", {}, ...parts));
  const g = () => letter("g");
  return {
    node: html("div", { class: "readout" }, html("table", { class: "sentences" }, body)),
    draw(now) {
      const ends = now.rates.map((run) => run.at(-1));
      const verdict = now.rate > 0 ? "grows" : "shrinks";
      body.replaceChildren(
        row(
          ["rate ", letter("λ"), "(", g(), ")"],
          value("rate", now.rate),
          `: a typical product ${verdict} by the factor `,
          whole("e", html("sup", {}, letter("λ")), " = ", value("factor", now.factor)),
          " a step",
        ),
        row(
          ["critical gain ", symbol("g", "c")],
          value("critical", now.critical),
          ", where ",
          whole(letter("λ"), " = 0"),
        ),
        row(
          [g(), " = 1"],
          "keeps the mean of ",
          whole("‖", letter("v"), "‖²"),
          ", and typical products still shrink",
        ),
        row(
          [g(), " < ½"],
          "is what the norm asks for large ",
          letter("n"),
          "; the mean of ",
          whole("‖", letter("J"), "‖"),
          " is at most ",
          whole("2", g()),
          " for every ",
          letter("n"),
        ),
        row(
          ["six runs"],
          `after ${state.get("steps")} steps from `,
          value("lowest", Math.min(...ends)),
          " to ",
          value("highest", Math.max(...ends)),
        ),
      );
    },
  };
}

function controls(state) {
  const parts = [
    slider({
      label: ["gain ", letter("g")],
      scale: steady(LOW, HIGH, 0.01),
      read: () => state.get("gain"),
      write: (gain) => state.set({ gain }),
    }),
    slider({
      label: ["steps"],
      scale: steady(10, 400, 10),
      read: () => state.get("steps"),
      write: (steps) => state.set({ steps }),
    }),
    choice({
      label: ["size ", letter("n")],
      names: SIZES,
      read: () => String(state.get("n")),
      write: (n) => state.set({ n: Number(n) }),
    }),
  ];
  const again = html("button", { type: "button" }, "New runs");
  again.addEventListener("click", () => state.set({ seed: (state.get("seed") % LAST_SEED) + 1 }));
  return {
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      ...parts.map(({ node }) => node),
      again,
    ),
    draw: () => parts.forEach((part) => part.draw()),
  };
}

export function render({ model, el }) {
  const state = stateOf(model, ["gain", "n", "steps", "seed"]);
  const [tools, rate, runs, numbers] = [controls, ratePanel, runsPanel, readout].map((make) =>
    make(state),
  );
  return live({
    el,
    state,
    name: "random_gains",
    nodes: [tools.node, html("div", { class: "pictures" }, rate.node, runs.node), numbers.node],
    draw() {
      const now = record(state.all());
      for (const part of [tools, rate, runs, numbers]) part.draw(now);
      return (
        `Gain ${number(state.get("gain"))} at size ${state.get("n")}: rate ` +
        `${number(now.rate)}, critical gain ${number(now.critical)}. ${ends(now)}`
      );
    },
  });
}

export default { render };
