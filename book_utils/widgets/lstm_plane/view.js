// The explorable "LSTM plane": a point of a plane of norms, and what is sure of its LSTM.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear } from "../shared/chart.js";
import { cut } from "../shared/clip.js";
import { choice, presets, slider, steady } from "../shared/controls.js";
import {
  factor,
  html,
  letter,
  line,
  number,
  panel,
  quiet,
  svg,
  svgSymbol,
  symbol,
  whole,
} from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { handle } from "../shared/plane.js";

const NORMS = ["i", "o", "f", "z"];
const FORGET = [0, 0.99];
const LARGEST = 5;
const UNITS = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 1500, 2000, 5000, 10000];

// As in figures/lstm_plane.py: what stands across and up, and how far an axis goes.
const PLANES = {
  "N_z over N_o": ["o", "z"],
  "N_z over N_i": ["i", "z"],
  "N_z over N_f": ["f", "z"],
  "N_i over N_o": ["o", "i"],
  "N_f over N_o": ["o", "f"],
  "N_i over N_f": ["f", "i"],
  "p over q_o": ["q_o", "p"],
  "N_z over F": ["F", "z"],
};
const AXES = { i: [4.4, 1], o: [4.4, 0], f: [4.4, 2], z: [1.1, 1], p: [1.1, 1], q_o: [1.1, 0] };
const NAMES = {
  i: ["N", "i"],
  o: ["N", "o"],
  f: ["N", "f"],
  z: ["N", "z"],
  p: ["p"],
  q_o: ["q", "o"],
  F: ["F"],
};
const plain = (name) => NAMES[name].join("_");
const sign = (name) => (NAMES[name][1] ? symbol(...NAMES[name]) : letter(name));

const example = (F, i, o, f, z, d = 1, plane = "N_z over N_o") => ({ F, i, o, f, z, d, plane });
const EXAMPLES = {
  "All three hold": example(0.75, 0, 0.2, 0, 0.05),
  "Not as printed": example(0.75, 0, 0.5, 0, 0.1),
  "Only the weaker": example(0.9, 0.2, 1.6, 0, 0.005),
  "None holds": example(0.75, 0, 2.8, 0, 0.12),
  "N_f is dear": example(0.9, 0, 0.4, 0.02, 0.01, 1, "N_z over N_f"),
};

/** The least r with d (1 + ω⁻²) rate^(2r) < 1, or null. */
function iterations(d, rate, weight) {
  if (!(rate < 1 && weight > 0)) return null;
  let r = Math.max(1, Math.floor(kernel.needed(d, rate, weight)[0]));
  while (kernel.left(d, rate, weight, r)[0] >= 1) r += 1;
  return r;
}

/** Which of the printed hypotheses hold. */
function hypotheses({ F, i, o, f, z }) {
  const [left, quarter, square] = kernel.limits(F);
  return { i: i < left, o: o < left, f: f < square, z: z <= quarter };
}

/** Everything the views show for one state. */
export function record(state) {
  const { F, i, o, f, z, d } = state;
  const [p, q, printed] = kernel.shares(F, i, o, f, z);
  const [weighted, weight] = kernel.weighted(F, p, q);
  const [room] = kernel.room(F, q);
  const each = hypotheses(state);
  // A larger rate has a larger weight, and may need fewer steps.
  const known = [[weighted, weight], kernel.middle(weighted, q)];
  const counts = known.map(([rate, weight]) => ({ rate, weight, r: iterations(d, rate, weight) }));
  const found = weighted < 1 ? counts.filter(({ r }) => r !== null) : [];
  const best = found.sort((one, other) => one.r - other.r)[0] ?? null;
  return {
    p,
    q,
    room,
    printed,
    weighted,
    weight,
    // The weight of ρ(M) is 0, which makes no norm: every larger rate has one.
    above: p === 0 && q > 0 && F <= q,
    counted: best && [best.rate, best.weight],
    each,
    holds: {
      hypotheses: Object.values(each).every(Boolean),
      sum: printed < 1,
      weaker: q < 1 && p < room,
    },
    steps: {
      sum: iterations(d, printed, 1),
      weaker: best && best.r,
    },
  };
}

/** The value of the point on an axis, and how far the axis goes. */
const valueOf = (name, state, { p, q }) => (name === "p" ? p : name === "q_o" ? q : state[name]);
function reachOf(name, F, value) {
  if (name === "F") return 1;
  const [unit, power] = AXES[name];
  return unit * 2 ** Math.ceil(Math.log2(Math.max((1 - F) ** power, value / unit)));
}

/** How far both axes go for that state. */
export function windowOf(state) {
  const now = record(state);
  const names = PLANES[state.plane];
  const least = names.includes("F") ? 0 : state.F;
  return names.map((name) => reachOf(name, least, valueOf(name, state, now)));
}

/** The values up at which F + p + q_o, or ρ(M), is that rate, for a value across. */
function tops(state, x, rate) {
  const [across, up] = PLANES[state.plane];
  if (across !== "q_o") {
    const at = { ...state, [across]: x };
    const others = NORMS.filter((name) => name !== up).map((name) => at[name]);
    return kernel[`top_${up}`](at.F, ...others, rate);
  }
  const { F, i, f } = state;
  const o = kernel.norms(F, i, f, 0, x)[0];
  return kernel.top_z(F, i, o, f, rate).map((z) => kernel.shares(F, i, o, f, z)[0]);
}

/** What the least p is in the plane of p and q_o; in other planes 0. */
const floorOf = ({ F, i, f, plane }) =>
  PLANES[plane][1] === "p" ? kernel.shares(F, i, 0, f, 0)[0] : 0;

/** The three regions of a plane and the line of the point's ρ(M), as lists of [across, up]. */
export function regions(state, [wide, high]) {
  const [across, up] = PLANES[state.plane];
  const bottom = floorOf(state);
  // Finer near F = 1, where 1/(1 − F) bends the curves.
  const places = Array.from({ length: 201 }, (_, i) => i / 200);
  const xs = places.map((t) => (across === "F" ? 0.9999 * t * (2 - t) : wide * t));
  const end = xs.at(-1);
  const area = (which) => {
    const curve = xs.map((x) => [x, tops(state, x, 1)[which]]);
    if (!(curve[0][1] > bottom)) return [];
    const [piece = []] = cut(curve, bottom, high);
    // All tops fall from left to right: the curve comes in from above or from the left.
    const edge = piece.length ? piece : [[end, high]];
    const corner = edge[0][0] > 0 ? [[0, high]] : [];
    return [[0, bottom], ...corner, ...edge, [edge.at(-1)[0], bottom]];
  };
  const printed = () => {
    const { F, i, o, f, z } = state;
    const [left, quarter, square] = kernel.limits(F);
    const limits = { i: left, o: left, f: square, z: quarter };
    const box = (x, top) => [[0, bottom], [0, top], [x, top], [x, bottom]]; // prettier-ignore
    if (across === "F") {
      const [x] = kernel.latest(i, o, f, 0);
      if (!(x > 0)) return [];
      const inside = xs.filter((F) => F < x).concat(x);
      return [...inside.map((F) => [F, kernel.limits(F)[1]]), [x, 0], [0, 0]];
    }
    const moved = across === "q_o" ? ["o", "z"] : [across, up];
    if (!NORMS.every((name) => moved.includes(name) || hypotheses(state)[name])) return [];
    if (across !== "q_o") return box(Math.min(wide, limits[across]), limits[up]);
    const [p, q] = kernel.shares(F, i, limits.o, f, limits.z);
    return box(q, Math.min(high, p));
  };
  const { weighted } = record(state);
  // No LSTM has a rate below F, and just those with p = 0 have the rate F.
  const usable = xs.filter((x) => weighted > (across === "F" ? x : state.F) + 1e-9);
  const same = usable.map((x) => [x, tops(state, x, weighted)[1]]);
  return { weaker: area(1), sum: area(0), printed: printed(), same: cut(same, bottom, high) };
}

/** The plane; its point moves by pointer and keys, and a click puts it there. */
function planePanel(state) {
  const room = { left: 64, right: 16, top: 12, bottom: 30 };
  const view = chart({ width: 400, height: 400, room, role: "group", class: "map" });
  const path = (kind) => svg("path", { class: kind });
  const areas = ["weaker", "sum", "printed"].map((kind) => path(`area ${kind}`));
  const [lowest, same] = ["lowest", "same"].map(path);
  const names = [svg("text", { class: "letter end", ...quiet }), svg("text", { class: "letter start", ...quiet })]; // prettier-ignore
  // While the point is dragged the axes stay; released, they fit it again.
  let held = null;
  const limits = [[0, 1], [0, 1]]; // prettier-ignore
  const grain = [100, 100];
  const point = (of = state.all()) => PLANES[of.plane].map((name) => valueOf(name, of, record(of)));
  const within = (v, most) => Math.min(most, Math.max(0, v));
  const write = (pair) => {
    const { F, i, f, plane } = state.all();
    const names = PLANES[plane];
    const change = Object.fromEntries(names.map((name, i) => [name, pair[i]]));
    if (names[1] !== "p") return state.set(change);
    const [o, z] = kernel.norms(F, i, f, change.p, change.q_o);
    // Six decimals, since p is a sum of more.
    state.set({ o: within(o, LARGEST), z: within(Math.round(1e6 * z) / 1e6, LARGEST) });
  };
  const grip = handle(view, {
    name: "Point of the plane",
    text: (pair) => {
      const at = PLANES[state.get("plane")].map((name, i) => `${plain(name)} = ${number(pair[i])}`);
      return `${at.join(", ")}: ${words(state, last)}`;
    },
    limits,
    grain,
    kind: "here",
    read: () => point(),
    write,
    home: () => point({ ...state.all(), ...pick(state.loaded(), ["F", ...NORMS]) }),
  });
  view.canvas.append(...areas, lowest, same, ...names, view.grips, view.marks);
  const onHandle = ({ target }) => target.closest(".handle, .reach");
  const bounds = (most) => {
    const { plane } = state.all();
    PLANES[plane].forEach((name, i) => {
      const hard = { F: FORGET[1], q_o: LARGEST / 4 }[name] ?? LARGEST;
      const low = name === "p" ? floorOf(state.all()) : 0;
      const end = most ? Math.floor(most[i] * grain[i]) / grain[i] : hard;
      limits[i] = limits[i].fill(low, 0, 1).fill(Math.max(low, Math.min(hard, end)), 1);
    });
  };
  view.canvas.addEventListener("pointerdown", (event) => {
    if (!onHandle(event)) return;
    held = windowOf(state.all());
    bounds(held);
  });
  view.canvas.addEventListener("lostpointercapture", () => {
    held = null;
    draw();
  });
  view.canvas.addEventListener("click", (event) => {
    if (onHandle(event)) return;
    const most = windowOf(state.all());
    bounds(most);
    const tidy = (v, i) => Math.round(grain[i] * Math.min(limits[i][1], Math.max(limits[i][0], v))) / grain[i]; // prettier-ignore
    write(view.locate(event).map(tidy));
  });
  let last;
  const draw = () => {
    const all = state.all();
    const [wide, high] = held ?? windowOf(all);
    [wide, high].forEach((most, i) => (grain[i] = 10 ** Math.ceil(Math.log10(100 / most))));
    bounds(held);
    view.axes(
      linear(0, wide, view.left, view.right, { count: view.right - view.left < 300 ? 4 : 6 }),
      linear(0, high, view.bottom, view.top, { count: 6 }),
    );
    const through = (pairs) => line(pairs.map(view.at));
    const drawn = regions(all, [wide, high]);
    ["weaker", "sum", "printed"].forEach((kind, i) =>
      areas[i].setAttribute("d", drawn[kind].length ? `${through(drawn[kind])}Z` : ""),
    );
    same.setAttribute("d", drawn.same.map(through).join(""));
    const bottom = floorOf(all);
    lowest.setAttribute("d", bottom > 0 ? through([[0, bottom], [wide, bottom]]) : ""); // prettier-ignore
    PLANES[all.plane].forEach((name, i) => {
      const [base, index] = NAMES[name];
      names[i].replaceChildren(...(index ? svgSymbol(base, index) : [base]));
      names[i].setAttribute("x", i ? view.left + 6 : view.right);
      names[i].setAttribute("y", i ? view.top + 12 : view.bottom - 7);
    });
    view.canvas.setAttribute(
      "aria-label",
      `The plane of ${plain(PLANES[all.plane][0])}, up to ${number(wide)}, and ` +
        `${plain(PLANES[all.plane][1])}, up to ${number(high)}. ${words(state, last)}`,
    );
    grip();
  };
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "printed" }, "hypotheses as printed"),
    html("span", { class: "sum" }, whole(letter("F"), " + ", letter("p"), " + ", symbol("q", "o"), " < 1")),
    html("span", { class: "weaker" }, whole(letter("p"), " < (1 − ", letter("F"), ")(1 − ", symbol("q", "o"), ")")),
    html("span", { class: "same" }, whole("the same ", letter("ρ"), "(", letter("M"), ")")),
  ); // prettier-ignore
  const below = html("span", { class: "lowest" }, "least ", letter("p"));
  const hint = html(
    "p",
    { class: "hint" },
    "Drag the point or click; or focus it and use the arrow keys. The axes fit themselves.",
  );
  const title = html("span");
  // On a narrow page the read-out stands below the picture; this much is seen beside the finger.
  const verdicts = html("p", { class: "verdicts", ...quiet });
  return {
    node: panel([title], verdicts, view.canvas, key, hint),
    draw(now) {
      last = now;
      const mark = (holds) =>
        html("span", { class: holds ? "yes" : "no" }, holds ? " ✓" : " ✗");
      verdicts.replaceChildren(
        whole("as printed", mark(now.holds.hypotheses)),
        whole(`by the sum ${factor(now.printed)}`, mark(now.holds.sum)),
        whole(letter("ρ"), `(M) ${factor(now.weighted)}`, mark(now.holds.weaker)),
      );
      const [across, up] = PLANES[state.get("plane")];
      title.replaceChildren("The plane of ", sign(up), " and ", sign(across));
      if (up === "p") key.append(below);
      else below.remove();
      draw();
    },
  };
}

const pick = (of, names) => Object.fromEntries(names.map((name) => [name, of[name]]));

/** What is so, in a few sentences. */
function words(state, { holds, printed, weighted, steps, above }) {
  const lengths = (r) => (r === null ? "" : `, ${r} step${r > 1 ? "s" : ""} for length`);
  return (
    `The hypotheses as printed ${holds.hypotheses ? "hold" : "fail"}. ` +
    `F + p + q_o = ${factor(printed)}${lengths(steps.sum)}. ` +
    `The weaker condition ${holds.weaker ? "holds" : "fails"}: ${above ? "any rate above " : ""}ρ(M) = ${factor(weighted)}${lengths(steps.weaker)}.`
  );
}

/** The numbers: for each condition whether it holds, its rate, and how many steps. */
function readout(state) {
  const body = html("div");
  const value = (what, v, text = number) => html("b", { "data-read": what }, text(v));
  const verdict = (what, holds, one = "s") =>
    html(
      "b",
      { "data-read": what, class: holds ? "whole yes" : "whole no" },
      `${holds ? "✓ hold" : "✗ fail"}${one}`,
    );
  const steps = (what, r, d, ...how) =>
    r === null
      ? html("span", { "data-read": what }, "It promises nothing for any number of steps.")
      : html("span", {}, html("b", { "data-read": what }, String(r)), r > 1 ? " steps together contract the length, for " : " step contracts the length, for ", whole(letter("d"), ` = ${d}`), ...how, "."); // prettier-ignore
  const counted = (pair) =>
    pair
      ? [" (counted with the rate ", value("counted.rate", pair[0], factor), " and ", whole(letter("ω"), " = ", value("counted.weight", pair[1])), ")"]
      : []; // prettier-ignore
  const block = (kind, title, ...parts) =>
    html("div", { class: `condition ${kind}` }, html("p", { class: "title" }, ...title), ...parts.map((each) => html("p", {}, ...each))); // prettier-ignore
  const F = () => letter("F");
  const q = () => symbol("q", "o");
  return {
    node: html("div", { class: "readout" }, body),
    draw({ p, q: share, room, printed, weighted, weight, above, counted: pair, each, holds, steps: r }) {
      const { F: forget, d } = state.all();
      const [left, quarter, square] = kernel.limits(forget);
      const limits = { i: ["<", left], o: ["<", left], f: ["<", square], z: ["≤", quarter] };
      const list = NORMS.flatMap((name, i) => [
        i ? ", " : "",
        whole(
          html("span", { class: each[name] ? "yes" : "no" }, each[name] ? "✓ " : "✗ "),
          sign(name),
          ` ${limits[name][0]} ${number(limits[name][1])}`,
        ),
      ]);
      body.replaceChildren(
        block(
          "shares",
          [whole(letter("p"), " = ", value("p", p)), ", ", whole(q(), " = ", value("q_o", share))],
        ),
        block("printed", ["Hypotheses as printed ", verdict("hypotheses", holds.hypotheses, "")], list),
        block(
          "sum",
          [whole(F(), " + ", letter("p"), " + ", q(), " < 1"), " ", verdict("sum", holds.sum)],
          ["rate ", whole(letter("λ"), " = ", value("printed", printed, factor)), " in the largest entry"],
          [steps("printed.steps", r.sum, d)],
        ),
        block(
          "weaker",
          [whole(letter("p"), " < (1 − ", F(), ")(1 − ", q(), ")"), " ", verdict("weaker", holds.weaker)],
          [whole("right side ", value("room", room)), above ? "; any rate above " : "; rate ", whole(letter("ρ"), "(", letter("M"), ") = ", value("weighted", weighted, factor)), ...(above ? [", with a weight of its own"] : [" with ", whole(letter("ω"), " = ", value("weight", weight))])],
          [steps("weighted.steps", r.weaker, d, ...counted(pair))],
        ),
      ); // prettier-ignore
    },
  };
}

/** A slider's scale from 0 to `most` that is finer near 0, where the conditions are decided. */
const squared = (most, positions = 400) => ({
  min: 0,
  max: positions,
  step: 1,
  value: (position) => Math.round(1e4 * most * (position / positions) ** 2) / 1e4,
  position: (value) => Math.round(positions * Math.sqrt(value / most)),
});

/** A slider's scale of some ascending numbers. */
const listed = (values) => ({
  min: 0,
  max: values.length - 1,
  step: 1,
  value: (position) => values[position],
  position: (value) => values.filter((each) => each <= value).length - 1,
});

function controls(state) {
  const part = (name, label, scale) =>
    slider({
      label,
      scale,
      read: () => state.get(name),
      write: (value) => state.set({ [name]: value }),
    });
  const planes = choice({
    label: ["plane"],
    names: Object.keys(PLANES),
    read: () => state.get("plane"),
    write: (plane) => state.set({ plane }),
  });
  const parts = [
    planes,
    part("F", ["forget bound ", letter("F")], steady(...FORGET, 0.01)),
    ...NORMS.map((name) => part(name, [sign(name)], squared(LARGEST))),
    part("d", ["units ", letter("d")], listed(UNITS)),
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
  const state = stateOf(model, ["F", ...NORMS, "d", "plane"]);
  const [tools, map, numbers] = [controls, planePanel, readout].map((make) => make(state));
  return live({
    el,
    state,
    name: "lstm_plane",
    nodes: [tools.node, html("div", { class: "pictures" }, map.node, numbers.node)],
    draw() {
      const now = record(state.all());
      for (const part of [tools, map, numbers]) part.draw(now);
      return words(state, now);
    },
  });
}

export default { render };
