// The explorable "drift": two trainings from one start, their distance, and how far it could be.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, logarithmic, picker } from "../shared/chart.js";
import { cut } from "../shared/clip.js";
import { choiceButtons, presets, slider, steady } from "../shared/controls.js";
import { html, letter, line, number, panel, svg, symbol, whole } from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";

// As in figures/trainings.py: the number of inputs.
const LENGTH = 40;

const SCHEDULES = { over: "α/i", root: "α/√i", equal: "α" };
const UNITS = { identity: "linear", tanh: "tanh" };
const LOSSES = { unit: "one unit", pair: "the worst pair" };

const basis = { losses: "unit", activation: "tanh", schedule: "over", k: 4, N: 60, α: 0.1, λ: 0.5 };
const start = { w0: 0.5, y: 0.3, at: 60 };
const linearUnit = { ...basis, ...start, activation: "identity" };
const long = { ...linearUnit, schedule: "equal", α: 0.3, N: 200, at: 200 };
const EXAMPLES = {
  "Both arrive": { ...long, λ: 0.7, w0: 0, y: 0.6 },
  Stopped: { ...long, w0: 0, y: 0.8, N: 60, at: 8 },
  "Far apart": { ...linearUnit, schedule: "equal", k: 1, y: -0.7 },
  "Close to worst": { ...linearUnit, k: 1, α: 0.02, λ: 0.3, w0: 0.3, y: -0.8 },
  "Worst pair, α/i": { ...basis, ...start, losses: "pair" },
  "Worst pair, α": { ...basis, ...start, losses: "pair", schedule: "equal" },
};

/** p′(w), or the derivative of the loss that a window of so many inputs gives. */
function derivative(w, inputs, { activation, y }) {
  let h = 0;
  const steps = [];
  for (let t = 0; t < inputs; t++) {
    const [next, ...slopes] = kernel[`carry_${activation}`](w, h);
    steps.push(slopes);
    h = next;
  }
  let [row] = kernel.loss_gradient(h, y);
  let total = 0;
  for (const slopes of steps.reverse()) [row, total] = kernel.back(row, total, ...slopes);
  return total;
}

/** w_0, …, w_N of gradient descent. */
function descend(from, gradient, settle, { schedule, α, N }) {
  const weights = [settle(from)];
  for (let i = 1; i <= N; i++) {
    const w = weights.at(-1);
    const [size] = kernel[`size_${schedule}`](α, i);
    weights.push(settle(kernel.descend(w, gradient(w), size)[0]));
  }
  return weights;
}

/** Everything the views show for one state; entry i of a list belongs to step i, entry 0 to none. */
export function record(state) {
  const { losses, activation, schedule, k, N, α, λ, w0, y } = state;
  const [H, L_p, β, γ] = kernel[`constants_${activation}`](λ, y);
  const [g] = kernel.gap(γ, k, λ);
  const held = (w) => kernel.project(w, λ)[0];
  const unit = (inputs) => (w) => derivative(w, inputs, state);
  const [whole, windowed] = [unit(LENGTH), unit(k)];
  const train = (gradient) => descend(w0, gradient, held, state);
  // The pair starts at 0, and nothing stops it.
  const free = (gradient) => descend(0, gradient, (w) => w, state);
  const [full, short] =
    losses === "unit"
      ? [train(whole), train(windowed)]
      : [free((w) => kernel.pair_full(w, β, g)[0]), free((w) => kernel.pair_short(w, β, g)[0])];
  const distances = full.map((w, i) => kernel.apart(w, short[i])[0]);
  const size = kernel[`size_${schedule}`];
  const simple = kernel[`simple_${schedule}`]; // there is none for equal steps
  const worst = [0];
  const bounds = [0];
  for (let i = 1; i <= N; i++) {
    worst.push(kernel.worst(worst.at(-1), size(α, i)[0], β, g)[0]);
    if (simple) bounds.push(simple(i, α, β, g)[0]);
  }
  const [width] = kernel.width(λ);
  const possible = losses === "unit" ? worst.map((δ) => kernel.held(δ, λ)[0]) : worst;
  const wide = possible.indexOf(width);
  return {
    ...{ full, short, distances, H, L_p, β, γ, g, width },
    worst: possible,
    simple: simple ? bounds : null,
    exponent: kernel.exponent(α, β)[0],
    firstGap: kernel.apart(whole(held(w0)), windowed(held(w0)))[0],
    shares: distances.map((δ, i) => kernel.share(δ, possible[i])[0]),
    wide: losses === "unit" && wide > 0 ? wide : null,
  };
}

const ROOM = { left: 72, right: 14 };
const stepAxis = (view, N) =>
  linear(0, N, view.left, view.right, { marks: [0, N / 2, N].map(Math.round) });

/** A line that shows the picked step in a chart. */
const across = (view, i) => `M${view.x.place(i)} ${view.top}V${view.bottom}`;

/** Where a reader picks a step: by a press or a drag anywhere in a chart, or by keys. */
function stepPicker(view, state, text) {
  const pick = picker(view.canvas, {
    name: "Step i",
    range: () => [1, state.get("N")],
    step: 1,
    page: 10,
    read: () => state.get("at"),
    write: (at) => state.set({ at }),
    locate: (x) => view.x.value(x),
    text,
  });
  view.canvas.append(pick.node);
  return pick;
}

/** The two weights. */
function weightsPanel(state) {
  const view = chart({ width: 780, height: 190, room: ROOM, class: "weights" });
  const [now, border] = ["now", "border"].map((kind) => svg("path", { class: kind }));
  const [full, short] = ["full", "short"].map((kind) => svg("path", { class: kind }));
  const spots = ["full", "short"].map((kind) => svg("circle", { class: kind, r: 4.5 }));
  view.canvas.append(now, border, full, short, ...spots);
  let last;
  function draw() {
    const { N, λ, at, losses } = state.all();
    const runs = [last.full, last.short];
    const all = runs.flat();
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const space = 0.08 * (high - low) || 0.1;
    view.axes(
      stepAxis(view, N),
      linear(low - space, high + space, view.bottom, view.top, { count: 4 }),
    );
    now.setAttribute("d", across(view, at));
    const ends = losses === "unit" ? [-λ, λ] : [];
    const seen = ends.filter((w) => low - space <= w && w <= high + space);
    const level = (w) => line([view.at([0, w]), view.at([N, w])]);
    border.setAttribute("d", seen.map(level).join(""));
    [full, short].forEach((path, j) =>
      path.setAttribute("d", line([...runs[j].entries()].map(view.at))),
    );
    spots.forEach((spot, j) => {
      const [cx, cy] = view.at([at, runs[j][at]]);
      spot.setAttribute("cx", cx);
      spot.setAttribute("cy", cy);
    });
    view.canvas.setAttribute(
      "aria-label",
      `The two weights over ${N} steps, from ${number(last.full[0])}: through the whole run to ` +
        `${number(last.full[N])}, through the window to ${number(last.short[N])}.`,
    );
  }
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "full" }, symbol("w", "i"), ", whole run"),
    html("span", { class: "short" }, symbol("v", "i"), ", window"),
    html("span", { class: "border" }, "−", letter("λ"), " and ", letter("λ")),
  );
  return {
    node: panel(["Weights"], view.canvas, key),
    draw(record) {
      last = record;
      key.lastChild.hidden = state.get("losses") === "pair";
      draw();
    },
  };
}

/** Their distance under the worst case, on a logarithmic axis. */
function distancePanel(state) {
  const view = chart({ width: 780, height: 260, room: ROOM, role: "group", class: "distances" });
  const pick = stepPicker(view, state, () => sentence(state, last));
  const now = svg("path", { class: "now" });
  pick.node.append(now);
  const paths = ["width", "simple", "apart", "worst"].map((kind) => svg("path", { class: kind }));
  const [width, simple, apart, worst] = paths;
  const zeros = svg("path", { class: "zeros" });
  const spot = svg("circle", { class: "apart", r: 5 });
  view.canvas.append(...paths, zeros, spot);
  let last;
  function draw() {
    const { N, at, losses } = state.all();
    const [δ, above] = [last.distances.slice(1), last.worst.slice(1)];
    const sizes = [...δ, ...above].filter((v) => v > 0);
    // With some room above the end of the highest line; no unit leaves its interval.
    const highest = losses === "unit" ? last.width : Math.max(last.worst[N], last.simple?.[N] ?? 0);
    const ends = [
      Math.floor(Math.log10(Math.min(...sizes))),
      Math.ceil(Math.log10(highest) + 0.2),
    ];
    view.axes(
      stepAxis(view, N),
      logarithmic(δ.includes(0) ? [0] : [], view.bottom, view.top, { ends }),
    );
    const curve = (values) =>
      cut([...values.entries()].slice(1), ...ends.map((e) => 10 ** e), Math.log, Math.exp)
        .map((piece) => line(piece.map(view.at)))
        .join("");
    now.setAttribute("d", across(view, at));
    apart.setAttribute("d", curve(last.distances));
    worst.setAttribute("d", curve(last.worst));
    simple.setAttribute("d", last.simple ? curve(last.simple) : "");
    const level = line([0, N].map((i) => view.at([i, last.width])));
    width.setAttribute("d", losses === "unit" ? level : "");
    const none = δ.flatMap((v, j) => (v === 0 ? [view.at([j + 1, 0])] : []));
    zeros.setAttribute("d", none.map((point) => `${line([point])}h0`).join(""));
    const [cx, cy] = view.at([at, last.distances[at]]);
    spot.setAttribute("cx", cx);
    spot.setAttribute("cy", cy);
    view.canvas.setAttribute(
      "aria-label",
      `The distance of the weights and its worst case over ${N} steps, on a logarithmic scale. ` +
        sentence(state, last),
    );
    pick.draw();
  }
  fitted(view, () => last && draw());
  const [bound, interval] = [
    html("span", { class: "simple" }, "simple bound"),
    html("span", { class: "width" }, "2", letter("λ"), ", the width of the interval"),
  ];
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "apart" }, distance()),
    html("span", { class: "worst" }, "worst case"),
    bound,
    interval,
  );
  const hint = html("p", { class: "hint" });
  return {
    node: panel(["Distance ", distance()], view.canvas, key, hint),
    draw(record) {
      last = record;
      bound.hidden = record.simple === null;
      interval.hidden = state.get("losses") === "pair";
      hint.textContent =
        "Drag in the chart, or focus it and use the arrow keys, to pick a step." +
        (record.wide ? ` The worst case is the whole interval from step ${record.wide} on.` : "");
      draw();
    },
  };
}

const distance = () => whole("|", symbol("w", "i"), " − ", symbol("v", "i"), "|");

/** What is so after the picked step. */
function sentence(state, { distances, worst }) {
  const at = state.get("at");
  const δ = distances[at];
  return (
    `After step ${at} the weights are ${δ === 0 ? "not apart" : `${number(δ)} apart`}; the worst ` +
    `case is ${number(worst[at])}.`
  );
}

/** The numbers, each with what it says. */
function readout(state) {
  const body = html("tbody");
  const value = (what, v) => html("b", { "data-read": what }, number(v));
  const row = (label, ...parts) =>
    html("tr", {}, html("th", { scope: "row" }, ...label), html("td", {}, ...parts));
  const powers = () => whole(letter("g"), " = ", letter("γkλ"), html("sup", {}, letter("k")));
  return {
    node: html("div", { class: "readout" }, html("table", { class: "sentences" }, body)),
    draw(now) {
      const { at, losses } = state.all();
      body.replaceChildren(
        row(
          ["after step ", whole(letter("i"), ` = ${at}`)],
          whole(symbol("w", "i"), " = ", value("full", now.full[at])),
          ", ",
          whole(symbol("v", "i"), " = ", value("short", now.short[at])),
          ": apart by ",
          value("apart", now.distances[at]),
        ),
        row(
          ["worst case"],
          value("worst", now.worst[at]),
          "; the distance is ",
          value("share", now.shares[at]),
          " of it",
        ),
        row(
          ["simple bound"],
          ...(now.simple
            ? [
                value("simple", now.simple[at]),
                ...(losses === "unit" && now.simple[at] > now.width
                  ? [", more than the interval is wide"]
                  : []),
              ]
            : ["none for constant steps: the recurrence grows by the same factor at every step"]),
        ),
        row(
          ["constants"],
          whole(letter("β"), " = ", value("β", now.β)),
          ", ",
          whole(letter("γ"), " = ", value("γ", now.γ)),
          ", ",
          whole(powers(), " = ", value("g", now.g)),
          ", ",
          whole(letter("αβ"), " = ", value("exponent", now.exponent)),
        ),
        losses === "unit"
          ? row(
              ["at the start"],
              "the two gradients differ by ",
              value("first-gap", now.firstGap),
              ", and ",
              letter("g"),
              " allows ",
              number(now.g),
            )
          : row(
              ["the pair"],
              whole(letter("p"), " = −½ ", letter("βw"), "²"),
              " and ",
              whole(letter("p"), " − ", letter("gw")),
              ", from the top of the parabola at 0; nothing stops it",
            ),
      );
    },
  };
}

function controls(state) {
  const part = (key, label, scale) =>
    slider({
      label,
      scale,
      read: () => state.get(key),
      write: (value) => state.set({ [key]: value }),
    });
  const buttons = (key, label, names) =>
    choiceButtons({
      label,
      names,
      read: () => state.get(key),
      write: (value) => state.set({ [key]: value }),
    });
  const choices = [
    buttons("losses", ["losses"], LOSSES),
    buttons("schedule", ["size of step ", letter("i")], SCHEDULES),
    buttons("activation", ["unit"], UNITS),
  ];
  const begin = part("w0", ["start ", symbol("w", "0")], steady(-0.7, 0.7, 0.05));
  const startInput = begin.node.querySelector("input");
  const note = html("p", { class: "hint start" });
  /** Where the training starts, if not where the slider says. */
  function startNote() {
    const { losses, w0, λ } = state.all();
    const [held] = kernel.project(w0, λ);
    startInput.disabled = losses === "pair";
    if (losses === "pair") return "The worst pair starts at 0, whatever the slider of the start says.";
    return held === w0 ? "" : `The start lies outside and is taken back to ${number(held)}.`;
  }
  const parts = [
    part("k", ["window ", letter("k")], steady(1, 20)),
    part("λ", ["largest weight ", letter("λ")], steady(0.3, 0.7, 0.01)),
    part("α", ["step size ", letter("α")], steady(0.02, 0.3, 0.01)),
    slider({
      label: ["steps ", letter("N")],
      scale: steady(10, 200, 10),
      read: () => state.get("N"),
      // The last step stays the last one, and no step is picked that is not taken.
      write: (N) => {
        const { at, N: before } = state.all();
        state.set({ N, at: at === before ? N : Math.min(N, at) });
      },
    }),
    begin,
    part("y", ["target ", letter("y")], steady(-0.8, 0.8, 0.05)),
  ];
  const hint = html(
    "p",
    { class: "hint" },
    whole(symbol("h", "t"), " = ", letter("φ"), "(", letter("w"), " ", symbol("h", "t−1"), " + ¼)"),
    " for ",
    whole(letter("t"), ` ≤ ${LENGTH}`),
    ", loss ",
    whole("½ (", symbol("h", LENGTH), " − ", letter("y"), ")²"),
    ", ",
    whole(letter("w"), " held in [−", letter("λ"), ", ", letter("λ"), "]"),
  );
  return {
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      html("div", { class: "choices" }, ...choices.map(({ node }) => node)),
      ...parts.map(({ node }) => node),
      hint,
      note,
    ),
    draw() {
      for (const each of [...choices, ...parts]) each.draw();
      note.textContent = startNote();
    },
  };
}

const KEYS = Object.keys(EXAMPLES["Both arrive"]);

export function render({ model, el }) {
  const state = stateOf(model, KEYS);
  const [tools, weights, distances, numbers] = [
    controls,
    weightsPanel,
    distancePanel,
    readout,
  ].map((make) => make(state));
  return live({
    el,
    state,
    name: "drift",
    nodes: [
      tools.node,
      html("div", { class: "pictures" }, weights.node, distances.node),
      numbers.node,
    ],
    draw() {
      const now = record(state.all());
      for (const part of [tools, weights, distances, numbers]) part.draw(now);
      return sentence(state, now);
    },
  });
}

export default { render };
