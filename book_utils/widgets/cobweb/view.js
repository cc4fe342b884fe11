// The explorable "cobweb": a point of the (w, b) plane, and the cobweb of its unit.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, picker } from "../shared/chart.js";
import { presets, slider, steady } from "../shared/controls.js";
import { factor, html, letter, line, number, panel, quiet, svg, symbol, whole } from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { oneUnit } from "../shared/one_unit.js";
import { handle } from "../shared/plane.js";

const WEIGHTS = [-12, 12];
const BIASES = [-10, 16];
const STATES = [0.001, 0.999];
const MARKS = [0, 0.25, 0.5, 0.75, 1];

const EXAMPLES = {
  "One fixed point": { w: 2, b: -1.5, y0: 0.8, steps: 50 },
  "Three fixed points": { w: 7, b: -3.5, y0: 0.7, steps: 50 },
  "Just below the shock": { w: 6, b: -2.81, y0: 0.4, steps: 50 },
  "Just above it": { w: 6, b: -2.8, y0: 0.4, steps: 50 },
  "Two-cycle": { w: -8, b: 4, y0: 0.4, steps: 50 },
  "Near the cusp": { w: 3.99, b: -1.99, y0: 0.1, steps: 50 },
};

export const unit = oneUnit(kernel);

/** Everything the views show for one state. */
export function record({ w, b, y0, steps }) {
  const points = unit.fixedPoints(w, b);
  const end = unit.end(w, b, y0, points);
  const shock = unit.shock(w, y0);
  return {
    points,
    part: unit.parting(w, b, points),
    attracts: unit.attracting(w, b, points),
    end,
    shock,
    cycle: end.cycle ?? unit.twoCycle(w, b, points),
    beyond: shock === null ? null : kernel.beyond(shock, b)[0],
    folds: w >= 4 ? unit.folds(w) : null,
    flips: w <= -4 ? unit.flips(w) : null,
    orbit: unit.orbit(w, b, y0, steps),
  };
}

/** The curves over w, as [w, b], fine near the tips where they start together. */
const weights = Array.from({ length: 81 }, (_, i) => 4 + 8 * (i / 80) ** 2);
const curves = (of, sign) =>
  [0, 1].map((which) => weights.map((w) => [sign * w, of(sign * w)[which]]));
const FOLDS = curves(unit.folds, 1);
const FLIPS = curves(unit.flips, -1);

const REGIONS = { 1: "one fixed point", 2: "on a fold", 3: "three fixed points" };
const regionOf = ({ cycle, points }) => (cycle ? "two-cycle" : REGIONS[points.length]);

/** The plane of w and b; its point moves by pointer and keys, and a click puts it there. */
function planePanel(state) {
  const view = chart({ width: 400, height: 400, room: { left: 36 }, role: "group", class: "map" });
  const path = (kind) => svg("path", { class: kind });
  const [low, high, both] = ["low", "high", "both"].map((kind) => path(`area ${kind}`));
  const edges = ["strip", "strip", "half", "fold", "flip", "swap", "shock"].map(path);
  const names = [
    ["three fixed points", [6.8, -9.2], "tick"],
    ["two-cycle", [-9.2, 7.2], "tick"],
    ["one fixed point", [3, 9.7], "tick"],
    ["w", [11.6, 0.4], "letter"],
    ["b", [-11.4, 15.1], "letter"],
  ].map(([text, at, kind]) => [svg("text", { class: kind, ...quiet }, text), at]);
  const write = ([w, b]) => state.set({ w, b });
  const grip = handle(view, {
    name: "Point (w, b)",
    text: ([w, b]) => `w = ${number(w)}, b = ${number(b)}: ${regionOf(last)}`,
    limits: [WEIGHTS, BIASES],
    kind: "here",
    read: () => [state.get("w"), state.get("b")],
    write,
    home: () => [state.loaded().w, state.loaded().b],
  });
  view.canvas.append(low, high, both, ...edges, ...names.map(([node]) => node));
  view.canvas.append(view.grips, view.marks);
  view.canvas.addEventListener("click", (event) => {
    if (event.target.closest(".handle, .reach")) return;
    const within = (v, [least, most]) => Math.min(most, Math.max(least, Math.round(100 * v) / 100));
    const [w, b] = view.locate(event);
    write([within(w, WEIGHTS), within(b, BIASES)]);
  });
  let last;
  const draw = () => {
    const y0 = state.get("y0");
    view.axes(
      linear(...WEIGHTS, view.left, view.right, { marks: [-12, -8, -4, 0, 4, 8, 12] }),
      linear(...BIASES, view.bottom, view.top, { marks: [-8, -4, 0, 4, 8, 12, 16] }),
    );
    const through = (pairs) => line(pairs.map(view.at));
    const between = (a, b) => `${through([...a, ...b.toReversed()])}Z`;
    const jumps = weights.map((w) => [w, unit.shock(w, y0) ?? unit.folds(4)[0]]);
    const swaps = weights.map((w) => [-w, unit.shock(-w, y0)]).filter(([, b]) => b !== null);
    low.setAttribute("d", between(FOLDS[0], jumps));
    high.setAttribute("d", between(jumps, FOLDS[1]));
    both.setAttribute("d", between(...FLIPS));
    const [strip, other, half, fold, flip, swap, shock] = edges;
    strip.setAttribute("d", `M${view.x.place(-4)} ${view.top}V${view.bottom}`);
    other.setAttribute("d", `M${view.x.place(4)} ${view.top}V${view.bottom}`);
    // All is symmetric about b = −w/2, where ½ is a fixed point.
    half.setAttribute("d", through(WEIGHTS.map((w) => [w, unit.shift(w, 0)])));
    fold.setAttribute("d", through([...FOLDS[0].toReversed(), ...FOLDS[1]]));
    flip.setAttribute("d", through([...FLIPS[0].toReversed(), ...FLIPS[1]]));
    swap.setAttribute("d", through(swaps));
    shock.setAttribute("d", through(jumps));
    for (const [node, at] of names) {
      const [x, y] = view.at(at);
      node.setAttribute("x", x);
      node.setAttribute("y", y);
    }
    grip();
    view.canvas.setAttribute(
      "aria-label",
      `The plane of w and b. The point w = ${number(state.get("w"))}, b = ` +
        `${number(state.get("b"))} has: ${regionOf(last)}.`,
    );
  };
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "fold" }, "fold"),
    html("span", { class: "flip" }, "flip"),
    html("span", { class: "half" }, whole(letter("b"), " = −", letter("w"), "/2")),
    html("span", { class: "shock" }, "shock of ", symbol("y", "0")),
    html("span", { class: "swap" }, "where even steps jump"),
    html("span", { class: "low" }, symbol("y", "0"), " goes low"),
    html("span", { class: "high" }, symbol("y", "0"), " goes high"),
  );
  return {
    node: panel(["The plane of ", letter("w"), " and ", letter("b")], view.canvas, key),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** The map and the orbit of y₀; a pointer or the arrow keys move y₀ along its axis. */
function cobwebPanel(state) {
  const room = { left: 36, bottom: 40 };
  const view = chart({ width: 400, height: 400, room, role: "group", class: "web" });
  const pick = picker(view.canvas, {
    name: "Start of the orbit",
    range: () => STATES,
    step: 0.001,
    page: 0.05,
    read: () => state.get("y0"),
    write: (y0) => state.set({ y0: Math.round(1000 * y0) / 1000 }),
    locate: (x) => view.x.value(x),
    text: (y0) => `start ${number(y0)}`,
  });
  const kinds = ["diagonal", "square", "curve", "orbit"];
  const [diagonal, square, curve, orbit] = kinds.map((kind) => svg("path", { class: kind }));
  const areas = [0, 1].map(() => svg("path", { class: "basin" }));
  const points = svg("g");
  const spot = svg("circle", { class: "spot", r: 7 });
  const ring = svg("circle", { class: "halo", r: 12 });
  const name = svg("text", { class: "start-name", ...quiet }, "y", svg("tspan", { dy: 3 }, "0"));
  pick.node.append(ring, spot);
  view.canvas.append(...areas, diagonal, square, orbit, curve, points, pick.node, name);
  let last;
  const draw = () => {
    const [w, b, y0] = ["w", "b", "y0"].map(state.get);
    view.axes(
      linear(0, 1, view.left, view.right, { marks: MARKS }),
      linear(0, 1, view.bottom, view.top, { marks: MARKS }),
    );
    const through = (pairs) => line(pairs.map(view.at));
    diagonal.setAttribute("d", through([[0, 0], [1, 1]])); // prettier-ignore
    const steps = Array.from({ length: 201 }, (_, i) => i / 200);
    curve.setAttribute("d", through(steps.map((y) => [y, unit.orbit(w, b, y, 1)[1]])));
    // Up to the curve, across to the diagonal, and so on.
    const web = last.orbit.flatMap((y, i) => (i ? [[last.orbit[i - 1], y], [y, y]] : [[y, 0]])); // prettier-ignore
    orbit.setAttribute("d", through(web));
    const ends = last.cycle ? [last.cycle.low.y, last.cycle.high.y] : null;
    const corners = [[0, 0], [0, 1], [1, 1], [1, 0]].map(([i, j]) => ends && [ends[i], ends[j]]); // prettier-ignore
    square.setAttribute("d", ends ? `${through(corners)}Z` : "");
    const bar = view.bottom + 9;
    const parts = basins(last);
    areas.forEach((area, i) => {
      const { from, to, kind } = parts[i] ?? { from: 0, to: 0, kind: "" };
      area.setAttribute("class", `basin ${kind}`);
      area.setAttribute("d", to > from ? `M${view.x.place(from)} ${bar}H${view.x.place(to)}` : "");
    });
    const dot = (y, at, kind) => {
      const [cx, cy] = view.at([y, at]);
      return svg("circle", { cx, cy, r: 5.5, class: `point ${kind}` });
    };
    const dots = last.points.map(({ y }, i) =>
      dot(y, y, last.attracts[i] ? (last.part === null ? "only" : i ? "high" : "low") : "open"),
    );
    if (ends) dots.push(dot(...ends, "cycle"), dot(...ends.toReversed(), "cycle"));
    points.replaceChildren(...dots);
    for (const node of [spot, ring]) {
      node.setAttribute("cx", view.x.place(y0));
      node.setAttribute("cy", bar);
    }
    name.setAttribute("x", view.x.place(y0) + (y0 < 0.9 ? 16 : -16));
    name.setAttribute("y", bar - 7);
    view.canvas.setAttribute("aria-label", `The cobweb of the unit. ${words(state, last)}`);
    pick.draw();
  };
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "curve" }, letter("σ"), whole("(", letter("w"), letter("y"), " + "), letter("b"), ")"),
    html("span", { class: "orbit" }, "orbit of ", symbol("y", "0")),
    html("span", { class: "dot attracts" }, "attracts"),
    html("span", { class: "dot open" }, "does not attract"),
    html("span", { class: "low" }, "start goes low"),
    html("span", { class: "high" }, "high"),
    html("span", { class: "only" }, "to the only fixed point"),
    html("span", { class: "cycle" }, "to the two-cycle"),
  );
  const hint = html(
    "p",
    { class: "hint" },
    "Drag the point in the plane, and drag sideways here to move ",
    symbol("y", "0"),
    "; or focus either and use the arrow keys.",
  );
  return {
    node: panel(["Cobweb of ", symbol("y", "n+1"), " = ", letter("σ"), "(", letter("w"), symbol("y", "n"), " + ", letter("b"), ")"], view.canvas, key, hint),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** From where to where starts end at the same place. */
function basins({ cycle, points, part }) {
  // Where all starts end at the same place, it is neither low nor high.
  if (part === null) return [{ from: 0, to: 1, kind: cycle ? "cycle" : "only" }];
  const { y } = points[part];
  return [
    { from: 0, to: y, kind: "low" },
    { from: y, to: 1, kind: "high" },
  ];
}

/** What is so, in a few sentences. */
function words(state, { points, end, cycle, shock, beyond, orbit }) {
  const fixed = points.map(({ y }) => number(y)).join(", ");
  const first = cycle
    ? `Two-cycle between ${number(cycle.low.y)} and ${number(cycle.high.y)} around ${fixed}.`
    : `Fixed point${points.length > 1 ? "s" : ""} ${fixed}.`;
  const last = end.cycle
    ? "settles on the two-cycle"
    : `tends to ${number(end.y)}${end.unstable ? ", which is unstable" : ""}`;
  const start = `From ${number(state.get("y0"))} the orbit ${last}.`;
  const jump = shock === null || cycle ? "" : ` The shock is ${aside(beyond)}.`;
  return `${first} ${start}${jump}`;
}

const aside = (beyond) =>
  beyond === 0 ? "here" : `${number(Math.abs(beyond))} ${beyond > 0 ? "below" : "above"}`;

/** The numbers, each with what it says. */
function readout(state) {
  const body = html("tbody");
  const value = (what, v, text = number) => html("b", { "data-read": what }, text(v));
  const row = (label, ...parts) =>
    html("tr", {}, html("th", { scope: "row" }, ...label), html("td", {}, ...parts));
  const fixedPoint = ({ y, multiplier }, i, attracts) =>
    whole(
      value(`fixed.${i}`, y),
      " (multiplier ",
      value(`multiplier.${i}`, multiplier, factor),
      attracts ? ")" : ", unstable)",
    );
  const listed = (parts) => parts.flatMap((part, i) => (i ? [", ", part] : [part]));
  return {
    node: html("div", { class: "readout" }, html("table", { class: "sentences" }, body)),
    draw(now) {
      const { points, attracts, end, cycle, shock, beyond, orbit } = now;
      const rows = [
        row(
          ["fixed point", points.length > 1 ? "s" : ""],
          ...listed(points.map((point, i) => fixedPoint(point, i, attracts[i]))),
        ),
      ];
      if (cycle)
        rows.push(
          row(
            ["two-cycle"],
            "between ",
            value("cycle.low", cycle.low.y),
            " and ",
            value("cycle.high", cycle.high.y),
            "; multiplier over two steps ",
            value("cycle.multiplier", cycle.multiplier, factor),
          ),
        );
      const goes = end.cycle
        ? "; it settles on the two-cycle"
        : end.unstable
          ? "; it starts on the unstable fixed point and stays"
          : ["; it tends to ", value("limit", end.y)];
      rows.push(
        row(
          ["orbit of ", symbol("y", "0")],
          `after ${state.get("steps")} steps at `,
          value("reached", orbit.at(-1)),
          ...[goes].flat(),
        ),
      );
      const level = () => whole(letter("b"), " = ", value("shock", shock));
      const away = () => value("beyond", Math.abs(beyond));
      const where = beyond === 0 ? ["here"] : [away(), beyond > 0 ? " below" : " above"];
      if (end.cycle)
        rows.push(
          row(
            ["even steps"],
            "settle at ",
            value("even", end.y),
            ...(shock === null ? [] : [", and jump to the other state at ", level(), ", ", ...where]),
          ),
        );
      else if (cycle)
        // The start is the unstable fixed point: beside this b the cycle takes its even steps.
        rows.push(row(["even steps"], "jump at ", level(), ", ", ...where));
      else
        rows.push(
          row(
            ["shock of ", symbol("y", "0")],
            ...(shock === null || state.get("w") < 0
              ? ["none at this ", letter("w")]
              : ["at ", level(), ", ", ...where, beyond === 0 ? "" : " the point"]),
          ),
        );
      body.replaceChildren(...rows);
    },
  };
}

function controls(state) {
  const part = (name, label, scale) =>
    slider({
      label,
      scale,
      read: () => state.get(name),
      write: (value) => state.set({ [name]: value }),
    });
  const parts = [
    part("w", ["weight ", letter("w")], steady(...WEIGHTS, 0.01)),
    part("b", ["bias ", letter("b")], steady(...BIASES, 0.01)),
    part("y0", ["start ", symbol("y", "0")], steady(...STATES, 0.001)),
    part("steps", ["steps"], steady(1, 200)),
  ];
  return {
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      ...parts.map(({ node }) => node),
    ),
    draw: () => parts.forEach((each) => each.draw()),
  };
}

export function render({ model, el }) {
  const state = stateOf(model, ["w", "b", "y0", "steps"]);
  const [tools, map, web, numbers] = [controls, planePanel, cobwebPanel, readout].map((make) =>
    make(state),
  );
  return live({
    el,
    state,
    name: "cobweb",
    nodes: [tools.node, html("div", { class: "pictures" }, map.node, web.node), numbers.node],
    draw() {
      const now = record(state.all());
      for (const part of [tools, map, web, numbers]) part.draw(now);
      return words(state, now);
    },
  });
}

export default { render };
