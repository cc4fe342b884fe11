// The explorable "forgetting": one unit run over all its inputs, and over the last k only.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, logarithmic, picker } from "../shared/chart.js";
import { choiceButtons, decades, presets, slider, steady } from "../shared/controls.js";
import { html, letter, line, number, panel, quiet, svg, symbol, whole } from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { uniforms } from "../shared/random.js";

const LAST = 120;
const LAST_SEED = 9999;
const DECADES = [-6, 0];
const INPUTS = {
  constant: "constant",
  pulse: "one pulse",
  alternating: "alternating",
  random: "random",
};
const TIMES = Array.from({ length: LAST }, (_, i) => i + 1);

const example = (activation, inputs, λ, k, B, ε) => ({ activation, inputs, λ, k, B, ε, t: LAST, seed: 1 }); // prettier-ignore
const EXAMPLES = {
  "Tight": example("identity", "constant", 0.9, 20, 1, 0.01),
  "Slow, λ = 0.99": example("identity", "constant", 0.99, 20, 1, 0.01),
  "Large inputs": example("tanh", "random", 0.98, 15, 2, 0.01),
}; // prettier-ignore

/** The inputs x_1, x_2, … */
function sequence({ inputs, B, seed }) {
  const uniform = uniforms(kernel, seed);
  return TIMES.map((t) => kernel[`input_${inputs}`](B, t, uniform(0, t - 1, 0))[0]);
}

/**
 * The run from zero at the time `start`: its states from there to `end`, and how far the whole run
 * is ahead of it. The difference is carried along by itself, since two states that agree in all
 * their digits have none left to compute.
 */
function runFrom(start, { activation, λ }, x, whole, end = LAST) {
  const step = kernel[`step_${activation}`];
  const states = [0];
  const ahead = [whole ? whole[start] : 0];
  for (let t = start + 1; t <= end; t++) {
    const [h] = step(λ, states.at(-1), x[t - 1]);
    if (whole) ahead.push(kernel[`gap_${activation}`](λ, ahead.at(-1), whole[t], h)[0]);
    states.push(h);
  }
  return { states, ahead };
}

/** The least difference above 0 for all kinds of inputs: one axis serves to compare them. */
function least(state) {
  const gaps = Object.keys(INPUTS).flatMap((inputs) => {
    const x = sequence({ ...state, inputs });
    const { states: h } = runFrom(0, state, x);
    return TIMES.slice(state.k).map((t) => {
      const { ahead } = runFrom(t - state.k, state, x, h, t);
      return kernel.size(ahead.at(-1))[0];
    });
  });
  return Math.min(...gaps.filter((gap) => gap > 0));
}

/** Everything the views show for one state; entry t of a list of states belongs to the time t. */
export function record(state) {
  const { activation, λ, k, B, ε, t } = state;
  const x = sequence(state);
  const { states: h } = runFrom(0, state, x);
  const runs = h.map((_, start) => runFrom(start, state, x, h));
  // The window of j inputs at the time t is a run from t - j, if it does not hold the whole past.
  const of = (what, j) => [0, ...TIMES].map((t) => what(runs[Math.max(0, t - j)], Math.min(j, t)));
  const size = ({ ahead }, age) => kernel.size(ahead[age])[0];
  const gaps = h.map((_, j) => of(size, j));
  const over = gaps.findLastIndex((row) => row.some((gap) => kernel.exceeds(gap, ε)[0] > 0));
  const [B0] = kernel[`step_${activation}`](λ, 0, B);
  const [H] = kernel[`state_bound_${activation}`](λ, B0);
  const [horizon] = kernel.horizon(λ, H, ε);
  const [bound] = kernel.bound(λ, k, H);
  const bounds = [0, ...TIMES].map((t) => (t > k ? kernel[`bound_at_${activation}`](λ, k, t, B0)[0] : 0));
  const shares = gaps[k].map((gap) => kernel.share(gap, bound)[0]);
  const start = Math.max(0, t - k);
  return {
    x,
    h,
    windows: of(({ states }, age) => states[age], k),
    gap: gaps[k],
    start,
    run: runs[start].states.slice(0, t - start + 1),
    B0,
    H,
    bound,
    bounds,
    share: shares[t],
    largest: Math.max(...shares),
    largestAt: shares.indexOf(Math.max(...shares)),
    least: least(state),
    horizon,
    enough: kernel.enough(horizon)[0],
    needed: over + 1,
  };
}

const timeAxis = (view, marked) =>
  linear(0, LAST, view.left, view.right, { marks: marked ? [0, 40, 80, LAST] : [] });
const DOT = 1.8;
const ROOM = { left: 46, right: 14 };
const band = ({ x }, top, bottom, from, to) =>
  `M${x.place(from)} ${top}H${x.place(to)}V${bottom}H${x.place(from)}Z`;

/** The inputs as bars, those of the window in colour. */
function inputsPanel(state) {
  const room = { ...ROOM, top: 10, bottom: 10 };
  const view = chart({ width: 780, height: 66, room, class: "inputs" });
  const [window, outside, inside] = ["window", "outside", "inside"].map((kind) =>
    svg("path", { class: kind }),
  );
  view.canvas.append(window, outside, inside);
  let last;
  const draw = () => {
    const { x, start } = last;
    const [B, t] = [state.get("B"), state.get("t")];
    view.axes(timeAxis(view), linear(-B, B, view.bottom, view.top, { marks: [-B, 0, B] }));
    const bars = (chosen) =>
      TIMES.filter((time) => (start < time && time <= t) === chosen)
        .map((time) => line([view.at([time, 0]), view.at([time, x[time - 1]])]))
        .join("");
    window.setAttribute("d", band(view, view.top, view.bottom, start + 0.5, Math.min(LAST, t + 0.5)));
    outside.setAttribute("d", bars(false));
    inside.setAttribute("d", bars(true));
    view.canvas.setAttribute(
      "aria-label",
      `The inputs, ${INPUTS[state.get("inputs")]}, from x1 = ${number(x[0])} to x${LAST} = ` +
        `${number(x.at(-1))}; the window holds x${start + 1} to x${t}.`,
    );
  };
  fitted(view, () => last && draw());
  return {
    node: panel(["Inputs ", symbol("x", "t")], view.canvas),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** The states; a pointer or the arrow keys pick the time at which the window ends. */
function statesPanel(state) {
  const view = chart({ width: 780, height: 160, room: ROOM, role: "group", class: "states" });
  const pick = picker(view.canvas, {
    name: "Time t at which the window ends",
    range: () => [1, LAST],
    step: 1,
    page: 10,
    read: () => state.get("t"),
    write: (t) => state.set({ t }),
    locate: (x) => view.x.value(x),
    text: (t) => `t = ${t}: ${sentence(state, last)}`,
  });
  const window = svg("path", { class: "window" });
  view.canvas.append(pick.node);
  const drawWhole = view.series("whole-run", 0);
  const drawWindows = view.series("windows", DOT);
  const drawRun = view.series("own", 0);
  const [now, spots] = [svg("path", { class: "now" }), svg("g", { class: "spots" })];
  pick.node.append(window, now);
  view.canvas.append(spots);
  let last;
  const draw = () => {
    const { h, windows, run, start } = last;
    const t = state.get("t");
    const all = [...h, ...windows, ...run];
    const [lowest, highest] = [Math.min(...all), Math.max(...all)];
    const space = 0.06 * (highest - lowest);
    view.axes(
      timeAxis(view, true),
      linear(lowest - space, highest + space, view.bottom, view.top, { count: 4 }),
    );
    window.setAttribute("d", band(view, view.top, view.bottom, start + 0.5, Math.min(LAST, t + 0.5)));
    drawWhole([...h.entries()]);
    drawWindows(TIMES.map((time) => [time, windows[time]]));
    drawRun(run.map((v, i) => [start + i, v]));
    const [across] = view.at([t, 0]);
    now.setAttribute("d", `M${across} ${view.top}V${view.bottom}`);
    const spot = (pair, r, kind) => {
      const [cx, cy] = view.at(pair);
      return svg("circle", { cx, cy, r, class: kind });
    };
    spots.replaceChildren(
      spot([start, 0], 3.5, "start"),
      spot([t, h[t]], 5.5, "whole-run"),
      spot([t, windows[t]], 4.5, "windows"),
    );
    view.canvas.setAttribute("aria-label", `States from t = 0 to ${LAST}. ${sentence(state, last)}`);
    pick.draw();
  };
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "whole-run" }, symbol("h", "t"), ", the whole run"),
    html("span", { class: "windows" }, windowed(), ", the window at each time"),
    html("span", { class: "own" }, "the run of the marked window, from 0"),
  );
  const hint = html(
    "p",
    { class: "hint" },
    "Drag in the chart of states, or focus it and use the arrow keys, to move the marked window.",
  );
  return {
    node: panel(["States"], view.canvas, key, hint),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** How far apart the states are, under the bound, on a logarithmic axis. */
function gapsPanel(state) {
  const view = chart({ width: 780, height: 170, room: ROOM, class: "gaps" });
  const [bound, bounds, tolerance] = ["bound", "bound-at", "tolerance"].map((kind) =>
    svg("path", { class: kind }),
  );
  const now = svg("path", { class: "now" });
  view.canvas.append(now, tolerance);
  const drawGaps = view.series("gap", DOT);
  const zeros = svg("g", { class: "gap" });
  const spot = svg("circle", { class: "spot", r: 4.5 });
  // Over the points: where the bound is attained both lines are seen.
  view.canvas.append(zeros, spot, bound, bounds);
  let last;
  const draw = () => {
    const { gap, bound: level, bounds: curve, least } = last;
    const [t, ε] = [state.get("t"), state.get("ε")];
    const sizes = [0, ...curve.filter((v) => v > 0), level, ε, Math.min(least, level)];
    view.axes(timeAxis(view, true), logarithmic(sizes, view.bottom, view.top));
    const across = (v) => `M${view.left} ${view.y.place(v)}H${view.right}`;
    bound.setAttribute("d", across(level));
    tolerance.setAttribute("d", across(ε));
    const positive = (list) => [...list.entries()].filter(([time, v]) => time && v > 0);
    bounds.setAttribute("d", line(positive(curve).map(view.at)));
    drawGaps(positive(gap));
    zeros.replaceChildren(
      ...TIMES.filter((time) => gap[time] === 0).map((time) => {
        const [cx, cy] = view.at([time, 0]);
        return svg("circle", { cx, cy, r: DOT });
      }),
    );
    const [cx, cy] = view.at([t, gap[t]]);
    spot.setAttribute("cx", cx);
    spot.setAttribute("cy", cy);
    now.setAttribute("d", `M${cx} ${view.top}V${view.bottom}`);
    view.canvas.setAttribute(
      "aria-label",
      `The difference between the states at each time, logarithmic: at most ` +
        `${number(Math.max(...gap.slice(1)))}, under the bound ${number(level)}.`,
    );
  };
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "gap" }, apart()),
    html("span", { class: "bound" }, bounded(), ", the bound"),
    html("span", { class: "bound-at" }, "the bound that knows ", letter("t")),
    html("span", { class: "tolerance" }, letter("ε")),
  );
  return {
    node: panel(["Difference ", apart()], view.canvas, key),
    draw(now) {
      last = now;
      draw();
    },
  };
}

const windowed = (index = "t") =>
  html("var", {}, "h", html("sup", {}, "k"), html("sub", { class: "under" }, index));
const apart = () => whole("|", symbol("h", "t"), " − ", windowed(), "|");
const bounded = () => whole(letter("λ"), html("sup", {}, letter("k")), letter("H"));

/** What is so at the time t, in a sentence. */
function sentence(state, { gap, bound }) {
  const [t, k] = [state.get("t"), state.get("k")];
  if (t <= k) return `At t = ${t} a window of ${k} holds the whole past and is off by 0.`;
  return `At t = ${t} a window of ${k} is off by ${number(gap[t])}; the bound is ${number(bound)}.`;
}

const value = (what, v) => html("b", { "data-read": what }, number(v));
const row = (label, ...parts) =>
  html("tr", {}, html("th", { scope: "row" }, ...label), html("td", {}, ...parts));

/** What changes with every move, close to the controls. */
function measured(state) {
  const body = html("tbody");
  return {
    node: html("div", { class: "readout measured" }, html("table", { class: "sentences" }, body)),
    draw({ gap, bound, share, largest, largestAt }) {
      body.replaceChildren(
        row(
          ["at ", whole(letter("t"), ` = ${state.get("t")}`)],
          "apart by ",
          value("gap", gap[state.get("t")]),
          ", which is ",
          value("share", share),
          " of the bound ",
          whole(bounded(), " = ", value("bound", bound)),
        ),
        row(
          ["largest share"],
          value("largest", largest),
          " of the bound, at ",
          whole(letter("t"), ` = ${largestAt}`),
        ),
      );
    },
  };
}

/** The other numbers, each with what it says. */
function readout(state) {
  const body = html("tbody");
  return {
    node: html("div", { class: "readout" }, html("table", { class: "sentences" }, body)),
    draw({ h, windows, B0, H, bounds, horizon, enough, needed }) {
      const { t, k, ε, B, activation } = state.all();
      const bent = activation === "tanh";
      const ratio = [symbol("B", "0"), "/(1 − ", letter("λ"), ")"];
      const within = () => [" is within ", whole(letter("ε"), ` = ${number(ε)}`)];
      body.replaceChildren(
        row(
          ["at ", whole(letter("t"), ` = ${t}`)],
          whole(symbol("h", "t"), " = ", value("whole", h[t])),
          ", ",
          whole(windowed(), " = ", value("window", windows[t])),
        ),
        row(
          ["states up to ", letter("H")],
          whole(letter("H"), " = ", ...(bent ? ["min(1, ", ...ratio, ")"] : ratio), " = ", value("H", H)),
          ", with ",
          whole(symbol("B", "0"), bent ? " = tanh " : " = ", letter("B"), " = ", value("B0", B0)),
        ),
        row(
          ["knowing ", letter("t")],
          t > k ? "the bound is " : "the window holds the whole past, and the bound is ",
          value("bound-at", bounds[t]),
        ),
        row(
          ["horizon ", letter("k*")],
          value("horizon", horizon),
          ": ",
          ...(enough ? ["a window of ", value("enough", enough)] : ["every window"]),
          ...within(),
          ", whatever the inputs up to ",
          whole(letter("B"), ` = ${number(B)}`),
        ),
        row(
          ["these inputs"],
          ...(needed ? ["from ", whole(letter("k"), " = ", value("needed", needed)), " on "] : []),
          "every window",
          ...within(),
          ", up to ",
          whole(letter("t"), ` = ${LAST}`),
          needed < enough ? " (other inputs, or a longer run, may need more)" : "",
        ),
      );
    },
  };
}

function controls(state) {
  const part = (name, label, scale) =>
    slider({ label, scale, read: () => state.get(name), write: (v) => state.set({ [name]: v }) });
  const buttons = (name, label, names) =>
    choiceButtons({
      label,
      names,
      read: () => state.get(name),
      write: (v) => state.set({ [name]: v }),
    });
  const parts = [
    buttons("activation", ["unit"], { identity: "linear", tanh: "tanh" }),
    buttons("inputs", ["inputs"], INPUTS),
    part("λ", ["contraction ", letter("λ")], steady(0.1, 0.99, 0.01)),
    part("k", ["window ", letter("k")], steady(1, LAST)),
    part("B", ["largest input ", letter("B")], steady(0.1, 3, 0.1)),
    part("ε", ["tolerance ", letter("ε")], decades(...DECADES)),
  ];
  const again = html("button", { type: "button" }, "New inputs");
  again.addEventListener("click", () =>
    state.set({ inputs: "random", seed: (state.get("seed") % LAST_SEED) + 1 }),
  );
  parts[1].node.lastChild.append(again);
  return {
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      html("div", { class: "choices" }, parts[0].node, parts[1].node),
      ...parts.slice(2).map(({ node }) => node),
    ),
    draw: () => parts.forEach((part) => part.draw()),
  };
}

export function render({ model, el }) {
  const state = stateOf(model, ["activation", "inputs", "λ", "k", "B", "ε", "t", "seed"]);
  const [tools, now, inputs, states, gaps, numbers] = [
    controls,
    measured,
    inputsPanel,
    statesPanel,
    gapsPanel,
    readout,
  ].map((make) => make(state));
  return live({
    el,
    state,
    name: "forgetting",
    nodes: [
      tools.node,
      now.node,
      html("div", { class: "pictures" }, inputs.node, states.node, gaps.node),
      numbers.node,
    ],
    draw() {
      const what = record(state.all());
      for (const part of [tools, now, inputs, states, gaps, numbers]) part.draw(what);
      return (
        `${sentence(state, what)} The largest share of the bound is ${number(what.largest)}. For ` +
        `ε = ${number(state.get("ε"))} a window of ${what.enough} is enough for all inputs, and ` +
        `${what.needed} for these, up to t = ${LAST}.`
      );
    },
  });
}

export default { render };
