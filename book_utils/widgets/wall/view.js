// The explorable "wall": the cost of one unit over its two parameters, and four ways down.
// This file draws, listens and repeats. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, logarithmic } from "../shared/chart.js";
import { cut, segment } from "../shared/clip.js";
import { choiceButtons, presets, slider, steady } from "../shared/controls.js";
import { html, letter, line, number, panel, svg, symbol, whole } from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { oneUnit } from "../shared/one_unit.js";
import { handle } from "../shared/plane.js";

const unit = oneUnit(kernel);

// As in figures/wall.py: the windows, the cost that counts as reached, and the length of a jump.
// prettier-ignore
const WINDOWS = { whole: [[0, 8], [-7, 1]], near: [[2.5, 6.5], [-4, 0]] };
// prettier-ignore
const TICKS = {
  whole: [[0, 2, 4, 6, 8], [-6, -4, -2, 0]],
  near: [[3, 4, 5, 6], [-4, -3, -2, -1, 0]],
};
const GOAL = 1e-4;
const JUMP = 0.5;
// A run that comes out here is not followed any further.
const FAR = 1e6;
// Costs below run off the chart, and below this they are rounding.
const LOWEST = 1e-7;
const NOTHING = 1e-12;
// Cells of the map from side to side, and shades of it: where the shade changes, E has one value.
const CELLS = 120;
const SHADES = 20;

const METHODS = {
  vanilla: "vanilla",
  clipped: "clipped",
  fixed: "fixed w",
  projected: "projected",
};

// The paper gives the starts x0 of its examples and how many times faster each run is, but neither
// target nor step size nor threshold nor start. These were searched for: the ratios are about those
// of the paper, and a billionth more or less in the start changes none of the counts.
const common = { n: 50, held: 3, radius: 3.9, zoom: "near", iterations: 200 };
const EXAMPLES = {
  "Figure 2": {
    ...common,
    ...{ x0: 0.5, target: 0.7, start: [4.5, -2.4], step: 0.3, threshold: 1 },
    ...{ iterations: 60, zoom: "whole" },
  },
  "Example 8": {
    ...common,
    ...{ x0: -2, target: 0.66, start: [4.64, -2.41], step: 0.28, threshold: 2.5 },
  },
  "Example 9": {
    ...common,
    ...{ x0: 1.2, target: 0.31, start: [4.3, -2.56], step: 0.31, threshold: 3.2 },
  },
  "Thrown onto the plateau": {
    ...common,
    ...{ x0: -2, target: 0.6, start: [4.8, -2.39], step: 0.2, threshold: 1 },
    ...{ zoom: "whole" },
  },
};

const within = (point, window) => point.every((v, i) => window[i][0] <= v && v <= window[i][1]);
/** The window that is shown: the near one if the start lies in it. */
export const shownWindow = ({ zoom, start }) => (within(start, WINDOWS[zoom]) ? zoom : "whole");
const range = (low, high, count) =>
  Array.from({ length: count }, (_, i) => low + (i * (high - low)) / (count - 1));

/** E, ∂E/∂w and ∂E/∂b at a place. */
export function cost(w, b, y0, { target, n }) {
  let [y, yw, yb] = [y0, 0, 0];
  for (let k = 0; k < n; k++) [y, yw, yb] = kernel.carry(w, b, y, yw, yb);
  return kernel.cost(y, yw, yb, target);
}

/** One descent: where it was before each step, and what it met there. */
function descend(method, y0, state) {
  const { start, step, threshold, radius, held, iterations } = state;
  const settle = (w) => (method === "projected" ? kernel.project(w, radius)[0] : w);
  let [w, b] = [method === "fixed" ? held : settle(start[0]), start[1]];
  const points = [];
  const losses = [];
  const norms = [];
  const known = () => Math.abs(w) <= FAR && Math.abs(b) <= FAR; // and a number
  while (points.length <= iterations && known()) {
    const [E, gw, gb] = cost(w, b, y0, state);
    points.push([w, b]);
    losses.push(E);
    norms.push(kernel.length(gw, gb)[0]);
    const followed = method === "clipped" ? kernel.clip(gw, gb, threshold) : [gw, gb];
    if (method === "fixed") followed[0] = 0;
    [w, b] = kernel.descend(w, b, ...followed, step);
    w = settle(w);
  }
  const moves = points
    .slice(1)
    .map(([w, b], k) => kernel.length(w - points[k][0], b - points[k][1])[0]);
  const first = (list, test) => (list.some(test) ? list.findIndex(test) : null);
  return {
    points,
    losses,
    norms,
    moves,
    hit: first(losses, (E) => E < GOAL),
    largest: Math.max(...norms),
    jumps: moves.flatMap((length, k) => (length > JUMP ? [k + 1] : [])),
    left: first([...points, ...(known() ? [] : [[w, b]])], (at) => !within(at, WINDOWS.whole)),
  };
}

/** y_n at the middle of each cell of a window, row by row from the top left. */
export function surface(y0, n, window, cells = CELLS) {
  const [[left, right], [bottom, top]] = window;
  const [wide, high] = [(right - left) / cells, (top - bottom) / cells];
  const found = new Float64Array(cells * cells);
  for (let row = 0, at = 0; row < cells; row++)
    for (let column = 0; column < cells; column++, at++) {
      const [w, b] = [left + (column + 0.5) * wide, top - (row + 0.5) * high];
      let y = y0;
      for (let k = 0; k < n; k++) {
        const [next] = kernel.next(w, b, y);
        if (next === y) break; // and so it would stay
        y = next;
      }
      found[at] = y;
    }
  return found;
}

/** Everything the views show for one state. */
export function record(state) {
  const [y0] = kernel.sigma(state.x0);
  const runs = Object.keys(METHODS).map((method) => [method, descend(method, y0, state)]);
  const here = cost(...state.start, y0, state);
  return { y0, here, window: shownWindow(state), runs: Object.fromEntries(runs) };
}

// More points where the curves bend, at the cusp.
const weights = range(0, 2, 61).map((root) => 4 + root ** 2);

/** The curves on the map, as lists of [w, b]. */
export function curves({ target, x0 }) {
  const [y0] = kernel.sigma(x0);
  const [valley] = kernel.logit(target);
  const cusp = [4, unit.folds(4)[0]];
  return {
    valley: [0, 4].map((w) => [w, kernel.shift(w, valley)[0]]),
    upper: weights.map((w) => [w, unit.folds(w)[1]]),
    lower: weights.map((w) => [w, unit.folds(w)[0]]),
    wall: [cusp, ...weights.slice(1).map((w) => [w, unit.shock(w, y0)])],
  };
}

/** A line of points, as the parts that lie in a window. */
const chain = (points, window) =>
  points.slice(1).flatMap((point, i) => {
    const part = segment(points[i], point, window);
    return part ? [part] : [];
  });

/** What became of a run, in words. */
function fate({ hit, left, losses }) {
  if (left !== null && (hit === null || left < hit)) return `leaves the map at ${left}`;
  if (hit !== null) return `arrives at ${hit}`;
  return `is at ${number(losses.at(-1))} after ${losses.length - 1}`;
}

/** The map: the surface, its curves, and the four runs; the start moves by pointer and by keys. */
function mapPanel(state) {
  const view = chart({ width: 400, height: 400, role: "group", class: "map" });
  const canvas = html("canvas", { width: CELLS, height: CELLS, role: "img" });
  const curve = (kind) =>
    (kind === "edge" ? [kind] : ["halo", kind]).map((each) => svg("path", { class: each }));
  const lines = Object.fromEntries(
    [
      ["edge", "edge"],
      ["upper", "fold"],
      ["lower", "fold"],
      ["wall", "shock"],
      ["valley", "valley"],
    ].map(([name, kind]) => [name, curve(kind)]),
  );
  const paths = Object.fromEntries(
    Object.keys(METHODS).map((method) => [
      method,
      ["halo", `run ${method}`, `leap ${method}`, `dots ${method}`].map((kind) =>
        svg("path", { class: kind }),
      ),
    ]),
  );
  const names = ["w", "b"].map((name) => svg("text", { class: "tick name" }, name));
  const limits = structuredClone(WINDOWS.whole);
  const move = handle(view, {
    name: "Start (w, b)",
    kind: "start",
    limits, // those of the window that is shown
    read: () => state.get("start"),
    write: (start) => state.set({ start }),
    home: () => state.loaded().start,
    text: ([w, b]) => `w = ${number(w)}, b = ${number(b)}: E = ${number(last.here[0])}`,
  });
  view.canvas.append(
    ...Object.values(lines).flat(),
    ...Object.values(paths).flat(),
    ...names,
    view.grips,
    view.marks,
  );
  press(view, state, limits);
  let last;
  let painted = "";

  /** The surface, painted only when it is another one. */
  function paint() {
    const { n, target } = state.all();
    const key = JSON.stringify([last.y0, n, target, last.window]);
    if (key === painted) return;
    painted = key;
    const context = canvas.getContext("2d");
    const image = context.createImageData(CELLS, CELLS);
    surface(last.y0, n, limits).forEach((y, i) => {
      const [height] = kernel.height(y, target);
      image.data.set([82, 108, 164, (215 * Math.round(SHADES * height)) / SHADES], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  function draw() {
    const [[left, right], [bottom, top]] = WINDOWS[last.window];
    const [across, up] = TICKS[last.window];
    limits.splice(0, 2, [left, right], [bottom, top]);
    view.axes(
      linear(left, right, view.left, view.right, { marks: across }),
      linear(bottom, top, view.bottom, view.top, { marks: up }),
    );
    const share = (v, whole) => `${(100 * v) / whole}%`;
    const [width, height] = [view.right + 12, 400];
    Object.assign(canvas.style, {
      left: share(view.left, width),
      top: share(view.top, height),
      width: share(view.right - view.left, width),
      height: share(view.bottom - view.top, height),
    });
    paint();
    const found = { ...curves(state.all()), edge: [4, 4].map((w, i) => [w, limits[1][i]]) };
    for (const [name, parts] of Object.entries(lines)) {
      const d = chain(found[name], limits).map((part) => line(part.map(view.at)));
      for (const part of parts) part.setAttribute("d", d.join(""));
    }
    for (const [method, [halo, run, leap, dots]] of Object.entries(paths)) {
      const { points, moves } = last.runs[method];
      const pieces = moves.map((length, k) => {
        const part = segment(points[k], points[k + 1], limits);
        return part && [length > JUMP, line(part.map(view.at))];
      });
      const join = (jumps) =>
        pieces.flatMap((piece) => (piece && piece[0] === jumps ? [piece[1]] : [])).join("");
      run.setAttribute("d", join(false));
      halo.setAttribute("d", join(false) + join(true));
      leap.setAttribute("d", join(true));
      const spots = points
        .filter((point) => within(point, limits))
        .map((point) => `${line([view.at(point)])}h0`);
      dots.setAttribute("d", spots.join(""));
    }
    // Each between two ticks of its axis.
    names[0].setAttribute("x", (view.x.place(across.at(-2)) + view.x.place(across.at(-1))) / 2);
    names[0].setAttribute("y", height - 6);
    names[1].setAttribute("x", view.left - 14);
    names[1].setAttribute("y", (view.y.place(up[0]) + view.y.place(up[1])) / 2 + 4);
    move();
    const { target, n } = state.all();
    const [valley] = kernel.logit(target);
    canvas.setAttribute(
      "aria-label",
      `The surface E(w, b) for w from ${left} to ${right} and b from ${bottom} to ${top}: 0 in a ` +
        `valley that falls straight from b = ${number(valley)} at w = 0, and for ` +
        `w > 4 a wall, where y of step ${n} jumps; at w = 6 the limit jumps at b = ` +
        `${number(unit.shock(6, last.y0))}.`,
    );
    const [w, b] = state.get("start");
    view.canvas.setAttribute(
      "aria-label",
      `Four descents from w = ${number(w)}, b = ${number(b)}. ${tale(last)}`,
    );
  }
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "surface" }, whole(letter("E"), " from 0 up")),
    html("span", { class: "valley" }, whole(letter("E"), " = 0")),
    html("span", { class: "shock" }, "wall of ", symbol("y", "0")),
    html("span", { class: "fold" }, "folds"),
    html("span", { class: "edge" }, whole(letter("w"), " = 4")),
  );
  const hint = html(
    "p",
    { class: "hint" },
    "Click or drag to set the start, or focus it and use the arrow keys.",
  );
  const zoom = choiceButtons({
    label: ["window"],
    names: { whole: "whole", near: "near the wall" },
    read: () => last.window,
    write: (zoom) => state.set({ zoom }),
  });
  const [w, b] = ["w", "b"].map(letter);
  const title = html("p", { class: "title" }, "The surface ", letter("E"), "(", w, ", ", b, ")");
  const layers = html("div", { class: "layers" }, canvas, view.canvas);
  return {
    node: html(
      "div",
      { class: "panel" },
      html("div", { class: "head" }, title, zoom.node),
      layers,
      key,
      hint,
    ),
    draw(now) {
      last = now;
      draw();
      zoom.draw();
    },
  };
}

/** A press anywhere on the map sets the start there: a mouse may drag on, a finger taps. */
function press({ canvas, locate }, state, limits) {
  const tidy = (v, [low, high]) => Math.round(100 * Math.min(high, Math.max(low, v))) / 100;
  const set = (event) => state.set({ start: locate(event).map((v, i) => tidy(v, limits[i])) });
  const onHandle = ({ target }) => target.closest(".reach, .handle");
  let down = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || onHandle(event)) return;
    if (event.pointerType !== "mouse") {
      down = [event.clientX, event.clientY];
      return;
    }
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    set(event);
    canvas.querySelector(".handle").focus({ preventScroll: true });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId) && event.pointerType === "mouse") set(event);
  });
  canvas.addEventListener("pointercancel", () => (down = null)); // the finger scrolls
  canvas.addEventListener("pointerup", (event) => {
    const way = down && [event.clientX - down[0], event.clientY - down[1]];
    down = null;
    if (way && Math.hypot(...way) < 10) set(event);
  });
}

/** The four runs, as sentences. */
const tale = ({ runs }) =>
  Object.entries(METHODS)
    .map(([method, name]) => `${name} ${fate(runs[method])}`)
    .join("; ")
    .replace(/^./, (c) => c.toUpperCase()) + ".";

/** The costs of the four runs, on a logarithmic axis. */
function lossPanel(state) {
  const view = chart({ width: 400, height: 300, role: "img", class: "losses" });
  const goal = svg("path", { class: "goal" });
  const parts = Object.fromEntries(
    Object.keys(METHODS).map((method) => [
      method,
      [svg("path", { class: `run ${method}` }), svg("g", { class: method })],
    ]),
  );
  view.canvas.append(goal, ...Object.values(parts).flat());
  let last;
  function draw() {
    const iterations = state.get("iterations");
    view.axes(
      linear(0, iterations, view.left, view.right, { marks: [0, iterations / 2, iterations] }),
      logarithmic([], view.bottom, view.top, { ends: [-7, 0] }),
    );
    goal.setAttribute("d", line([view.at([0, GOAL]), view.at([iterations, GOAL])]));
    for (const [method, [path, marks]] of Object.entries(parts)) {
      const { losses, hit, jumps } = last.runs[method];
      const pieces = cut(losses.map((E, k) => [k, E]), LOWEST, 1, Math.log, Math.exp);
      path.setAttribute("d", pieces.map((piece) => line(piece.map(view.at))).join(""));
      const circle = (k, kind, r) => {
        if (losses[k] < LOWEST) return [];
        const [cx, cy] = view.at([k, losses[k]]);
        return [svg("circle", { cx, cy, r, class: kind })];
      };
      marks.replaceChildren(
        ...jumps.flatMap((k) => circle(k, "jump", 5)),
        ...(hit === null ? [] : circle(hit, "hit", 4)),
      );
    }
    view.canvas.setAttribute(
      "aria-label",
      `The cost E against iterations up to ${iterations}, on a logarithmic scale. ${tale(last)}`,
    );
  }
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "goal" }, whole(letter("E"), " = 10⁻⁴")),
    html("span", { class: "jump" }, `after a step longer than ½`),
  );
  return {
    node: panel(["Cost ", letter("E"), " against iterations"], view.canvas, key),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** A row of numbers for each run. */
function readout(state) {
  const body = html("tbody");
  const value = (what, text) => html("b", { "data-read": what }, text);
  const head = [
    ["method"],
    [whole(letter("E"), " < 10⁻⁴"), " after"],
    ["largest ", whole("|∇", letter("E"), "|")],
    ["jumps"],
    ["last ", letter("E")],
  ].map((label) => html("th", { scope: "col" }, ...label));
  const note = html("p", { class: "hint" });
  return {
    node: html(
      "div",
      { class: "readout" },
      html("table", {}, html("thead", {}, html("tr", {}, ...head)), body),
      note,
    ),
    draw({ y0, here, runs }) {
      const [E, gw, gb] = here;
      const rows = Object.entries(METHODS).map(([method, name]) => {
        const { hit, largest, jumps, losses, left } = runs[method];
        const cell = (...parts) => html("td", {}, ...parts);
        const end = losses.at(-1);
        return html(
          "tr",
          {},
          html("th", { scope: "row", class: method }, name),
          cell(value(`${method}.hit`, hit ?? "—")),
          cell(value(`${method}.largest`, number(largest))),
          cell(value(`${method}.jumps`, String(jumps.length))),
          cell(
            value(`${method}.last`, end < NOTHING ? whole("< 10⁻¹²") : number(end)),
            ...(left === null ? [] : [html("span", { class: "left" }, `left the map at ${left}`)]),
          ),
        );
      });
      body.replaceChildren(...rows);
      note.replaceChildren(
        "At the start ",
        whole(letter("E"), " = ", value("E", number(E))),
        " with ",
        whole("∂", letter("E"), "/∂", letter("w"), " = ", value("gw", number(gw))),
        " and ",
        whole("∂", letter("E"), "/∂", letter("b"), " = ", value("gb", number(gb))),
        "; ",
        whole(symbol("y", "0"), " = σ(", symbol("x", "0"), ") = ", value("y0", number(y0))),
        ".",
      );
    },
  };
}

function controls(state) {
  const parts = [
    ["x0", [symbol("x", "0")], steady(-3, 3, 0.1)],
    ["target", ["target ", symbol("y", "T")], steady(0.05, 0.95, 0.01)],
    ["n", ["steps ", letter("n")], steady(5, 100)],
    ["iterations", ["iterations"], steady(10, 300, 10)],
    ["step", ["step size ", letter("α")], steady(0.01, 1, 0.01)],
    ["threshold", ["clipped at ", letter("τ")], steady(0.1, 5, 0.1)],
    ["held", ["fixed ", letter("w")], steady(0, 3.9, 0.1)],
    ["radius", ["largest |", letter("w"), "|, ", letter("ω")], steady(0.5, 3.9, 0.1)],
  ].map(([key, label, scale]) =>
    slider({
      label,
      scale,
      read: () => state.get(key),
      write: (value) => state.set({ [key]: value }),
    }),
  );
  return {
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      ...parts.map(({ node }) => node),
    ),
    draw: () => parts.forEach((part) => part.draw()),
  };
}

const KEYS = Object.keys(EXAMPLES["Figure 2"]);

export function render({ model, el }) {
  const state = stateOf(model, KEYS);
  const [tools, map, losses, numbers] = [controls, mapPanel, lossPanel, readout].map((make) =>
    make(state),
  );
  const side = html("div", { class: "side" }, losses.node, numbers.node);
  return live({
    el,
    state,
    name: "wall",
    nodes: [tools.node, html("div", { class: "pictures" }, map.node, side)],
    draw() {
      const now = record(state.all());
      for (const part of [tools, map, losses, numbers]) part.draw(now);
      const [w, b] = state.get("start");
      return `Start at w = ${number(w)}, b = ${number(b)}. ${tale(now)}`;
    },
  });
}

export default { render };
