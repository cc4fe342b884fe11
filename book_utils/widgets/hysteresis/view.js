// The explorable "hysteresis": settled states against b or w, and one that is carried along.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, picker } from "../shared/chart.js";
import { choiceButtons, presets, slider, steady } from "../shared/controls.js";
import { html, letter, line, number, panel, quiet, svg, symbol, whole } from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { oneUnit, root } from "../shared/one_unit.js";

const WEIGHTS = [-12, 12];
const BIASES = [-10, 16];
const STATES = [0.001, 0.999];
const LONGEST = 500; // points of the trace
const PACE = 120; // steps of a journey from one end of the axis to the other

const example = (across, w, b, y0, memory) => ({ across, w, b, y0, memory, trace: [] });
const EXAMPLES = {
  "Left of the loop": example("b", 6, -4, 0.5, 0.05),
  "A wide loop": example("b", 9, -6.3, 0.4, 0.05),
  "No loop": example("b", 3, -3, 0.5, 0.05),
  "Two-cycle": example("b", -8, 2, 0.4, 0.9),
  "Against w": example("w", 3, -3, 0.5, 0.05),
};

const unit = oneUnit(kernel);
const range = (low, high, count) =>
  Array.from({ length: count }, (_, i) => low + (i * (high - low)) / (count - 1));
const tidy = (v) => Math.round(100 * v) / 100;

/** The point (w, b) with that value on the axis, and where a start ends there. */
const placed = ({ across, w, b }, at) => (across === "b" ? [w, at] : [at, b]);
const settled = (state, at, y) => unit.end(...placed(state, at), y);

/** What the axis shows: all that happens at this w, around b = −w/2; or all w. */
function windowOf({ across, w }) {
  if (across === "w") return WEIGHTS;
  const [low, high] = w >= 4 ? unit.folds(w) : w <= -4 ? unit.flips(w) : [0, 0];
  const reach = Math.max(3, 0.65 * (high - low) + 1);
  return [-w / 2 - reach, -w / 2 + reach].map(tidy);
}

/** The fixed point to which a state falls or rises where its branch ends in that fold. */
function beyond(state, { at, x }) {
  const points = unit.fixedPoints(...placed(state, at));
  return x < 0 ? points.at(-1) : points[0];
}

/** Where the curve x ↦ (value on the axis, σ(x)) turns or loses its stability. */
function turnsOf({ across, w, b }) {
  if (across === "b") {
    const x = Math.abs(w) > 4 ? unit.turn(w) : null;
    return x === null ? [] : [-x, x].map((x) => ({ x, at: unit.shift(w, x), fold: w > 0 }));
  }
  // Each of the four curves falls or rises with w all along, so that b meets it once or never.
  const found = [];
  for (const [low, high] of [
    [-12, -4],
    [4, 12],
  ])
    for (const sign of [-1, 1]) {
      const past = (w) => b - unit.shift(w, sign * unit.turn(w));
      const way = Math.sign(past(high) - past(low));
      if (!(past(low) * past(high) < 0)) continue;
      const at = root((w) => way * past(w), low, high);
      found.push({ x: sign * unit.turn(at), at, fold: low > 0 });
    }
  return found;
}

/** The value on the axis at which the limit from y0 jumps, or null. */
function shockOf({ across, w, b, y0 }) {
  if (across === "b") return w > 4 ? unit.shock(w, y0) : null;
  const past = (w) => b - (w === 4 ? unit.folds(4)[0] : unit.shock(w, y0));
  return past(4) < 0 && past(12) > 0 ? root(past, 4, 12) : null;
}

/** The value at which the even steps from y0 go over to the other state of the two-cycle. */
function swapOf({ across, w, b, y0 }) {
  if (across === "b") return w < -4 ? unit.shock(w, y0) : null;
  const [at] = kernel.weight(b, unit.logit(y0));
  return at >= WEIGHTS[0] && at < -4 && unit.shock(at, y0) !== null ? at : null;
}

/** The branches of fixed points as pieces [value, y], each stable or not. */
function branchesOf(state, [low, high], turns) {
  const { across, w, b } = state;
  const at = (x) => (across === "b" ? unit.shift(w, x) : kernel.weight(b, x)[0]);
  const edges = [low, high].flatMap((v) => unit.fixedPoints(...placed(state, v)));
  const stops = [...edges, ...turns].map(({ x }) => x).sort((a, b) => a - b);
  return stops.slice(1).flatMap((to, i) => {
    const from = stops[i];
    const middle = (from + to) / 2;
    // Along w a branch may leave the axis at its end and come back.
    if (at(middle) < low || at(middle) > high) return [];
    const { multiplier } = unit.point(across === "b" ? w : at(middle), middle);
    // Fine at both ends, where a branch turns.
    const xs = range(0, Math.PI, 81).map((t) => from + ((to - from) * (1 - Math.cos(t))) / 2);
    return [{ stable: Math.abs(multiplier) < 1, points: xs.map((x) => [at(x), unit.point(w, x).y]) }];
  });
}

/** The two-cycle as a closed or open line [value, y]: its low states, and its high ones back. */
function cyclesOf(state, [low], turns) {
  const ends = turns.filter(({ fold }) => !fold).map(({ at, x }) => [at, unit.point(0, x)]);
  const cycle = (at) => unit.twoCycle(...placed(state, at));
  if (cycle(low)) ends.push([low, null]);
  if (ends.length < 2) return [];
  const [[from, first], [to, last]] = ends.sort(([a], [b]) => a - b);
  const found = range(0, Math.PI, 61)
    .slice(first ? 1 : 0, -1)
    .map((t) => from + ((to - from) * (1 - Math.cos(t))) / 2)
    .map((at) => [at, cycle(at)])
    .filter(([, found]) => found);
  const side = (name) => found.map(([at, found]) => [at, found[name].y]);
  // At a flip the cycle has shrunk to the fixed point.
  const tip = (at, point) => (point ? [[at, point.y]] : []);
  const [start, end] = [tip(from, first), tip(to, last)];
  return [...start, ...side("low"), ...end, ...side("high").toReversed(), ...start];
}

/** Everything the views show for one state. */
export function record(state) {
  const { across, y0, memory } = state;
  const at = state[across];
  const span = windowOf(state);
  const [low, high] = [Math.min(span[0], at), Math.max(span[1], at)];
  const turns = turnsOf(state);
  // Going right the low branch ends at one fold; going left the high one at the other.
  const folds = turns.filter(({ fold }) => fold);
  const jump = (one) => (one ? { ...one, y: unit.point(0, one.x).y } : null);
  return {
    at,
    window: [low, high],
    up: jump(folds.find(({ x }) => x < 0)),
    down: jump(folds.find(({ x }) => x > 0)),
    shock: shockOf(state),
    swap: swapOf(state),
    branches: branchesOf(state, [low, high], turns),
    cycles: cyclesOf(state, [low, high], turns),
    carried: settled(state, at, memory),
    fresh: settled(state, at, y0),
  };
}

/**
 * Go to another value on the axis in small steps, each started from where the last one settled:
 * so a fast hand and a slow one see the same.
 */
export function travel(state, to) {
  const from = state[state.across];
  const [low, high] = windowOf(state);
  const count = Math.max(1, Math.ceil((PACE * Math.abs(to - from)) / (high - low)));
  const folds = turnsOf(state).filter(({ fold }) => fold);
  let { memory } = state;
  let { y } = settled(state, from, memory);
  let before = from;
  const trace = state.trace.length ? [...state.trace] : [[from, y]];
  for (let i = 1; i <= count; i++) {
    const at = i === count ? to : from + ((to - from) * i) / count;
    memory = y;
    ({ y } = settled(state, at, memory));
    // The end of the branch lies between two steps: the trace goes up or down just there.
    for (const fold of folds) {
      const edge = unit.point(0, fold.x).y;
      const passed = (fold.at - before) * (fold.at - at) <= 0;
      if (passed && (fold.x < 0 ? memory <= edge && edge < y : y < edge && edge <= memory))
        trace.push([fold.at, edge], [fold.at, beyond(state, fold).y]);
    }
    trace.push([at, y]);
    before = at;
  }
  return { [state.across]: to, memory, trace: trace.slice(-LONGEST) };
}

/** Another unit: the state is carried over, and the trace of the old one is gone. */
function changed(state, change) {
  const { y: memory } = settled(state, state[state.across], state.memory);
  const next = { ...state, ...change };
  const [low, high] = windowOf(next);
  const inside = Math.min(high, Math.max(low, next[next.across]));
  return { ...change, [next.across]: inside, memory, trace: [] };
}

const NAMES = { b: "bias b", w: "weight w" };
const both = ({ y, cycle }) =>
  cycle ? `the two-cycle ${number(cycle.low.y)}, ${number(cycle.high.y)}` : number(y);

/** The diagram; a pointer or the arrow keys carry the state along the axis. */
function diagram(state) {
  const room = { top: 14, right: 16, bottom: 30 };
  const view = chart({ width: 780, height: 380, room, role: "group", class: "diagram" });
  const go = (to) => state.set(travel(state.all(), to));
  const pick = picker(view.canvas, {
    name: "Place on the axis",
    range: () => windowOf(state.all()),
    step: 0.01,
    page: 0.25,
    read: () => last.at,
    write: (to) => go(tidy(to)),
    locate: (x) => view.x.value(x),
    text: (at) => `${state.get("across")} = ${number(at)}: carried state ${both(last.carried)}`,
  });
  const path = (kind) => svg("path", { class: kind });
  const [level, limit, trace, stable, unstable, cycle, jumps, shock, now] = [
    "level", "limit", "trace", "stable", "unstable", "cycle", "jump", "shock", "now",
  ].map(path); // prettier-ignore
  const heads = svg("g", { class: "heads" });
  const dots = svg("g");
  const start = svg("text", { class: "start", ...quiet }, "y", svg("tspan", { dy: 3 }, "0"));
  pick.node.append(now);
  view.canvas.append(pick.node, level, limit, shock, trace, unstable, stable, cycle, jumps, heads, start, dots); // prettier-ignore
  let last;
  const draw = () => {
    const all = state.all();
    const { window, at, branches, cycles, up, down, carried, fresh } = last;
    view.axes(
      linear(...window, view.left, view.right, { count: 8 }),
      linear(0, 1, view.bottom, view.top, { marks: [0, 0.25, 0.5, 0.75, 1] }),
    );
    const through = (pairs) => line(pairs.map(view.at));
    const drawn = (pieces) => pieces.map(({ points }) => through(points)).join("");
    stable.setAttribute("d", drawn(branches.filter((each) => each.stable)));
    unstable.setAttribute("d", drawn(branches.filter((each) => !each.stable)));
    cycle.setAttribute("d", through(cycles));
    trace.setAttribute("d", through(all.trace));
    level.setAttribute("d", `M${view.left} ${view.y.place(all.y0)}H${view.right}`);
    start.setAttribute("x", view.right - 4);
    start.setAttribute("y", view.y.place(all.y0) + (all.y0 > 0.1 ? 14 : -6));
    // Where the orbits of y0 end, along the branches on either side of the jump.
    const reached = range(...window, 161).map((v) => [v, settled(all, v, all.y0)]);
    const jump = last.shock;
    const sides = jump === null ? [reached] : [
      [...reached.filter(([v]) => v < jump), [jump, settled(all, jump - 1e-9, all.y0)]],
      [[jump, settled(all, jump + 1e-9, all.y0)], ...reached.filter(([v]) => v > jump)],
    ]; // prettier-ignore
    const runs = sides.map((side) =>
      side.flatMap(([v, { y, cycle }]) => (cycle ? [] : [[v, y]])),
    );
    limit.setAttribute("d", jump === null ? pieces(runs[0], window).map(through).join("") : runs.map(through).join(""));
    shock.setAttribute("d", jump === null ? "" : through([runs[0].at(-1), runs[1][0]]));
    const arrows = [up, down].filter(Boolean).flatMap((fold) => {
      const to = beyond(all, fold).y;
      return [[[fold.at, fold.y], [fold.at, to]]]; // prettier-ignore
    });
    jumps.setAttribute("d", arrows.map(through).join(""));
    heads.replaceChildren(
      ...arrows.map(([[v, from], [, to]]) => {
        const [x, y] = view.at([v, (2 * to + from) / 3]);
        const way = to > from ? -1 : 1;
        return svg("path", { d: `M${x - 5} ${y - 8 * way}L${x} ${y}L${x + 5} ${y - 8 * way}` });
      }),
    );
    const across = view.x.place(at);
    now.setAttribute("d", `M${across} ${view.top}V${view.bottom}`);
    const ring = ({ y }, r, kind) => {
      const [cx, cy] = view.at([at, y]);
      return svg("circle", { cx, cy, r, class: kind });
    };
    const twin = ({ y, cycle }) => (cycle ? [cycle.low, cycle.high].find((each) => each.y !== y) : null);
    const marks = [ring(fresh, 10, "fresh"), ring(carried, 6.5, "carried")];
    if (carried.cycle) marks.push(ring(twin(carried), 5, "twin"));
    dots.replaceChildren(...marks);
    view.canvas.setAttribute(
      "aria-label",
      `Settled states against ${NAMES[all.across]} from ${number(window[0])} to ` +
        `${number(window[1])}. ${words(state, last)}`,
    );
    pick.draw();
  };
  fitted(view, () => last && draw());
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "stable" }, "stable fixed point"),
    html("span", { class: "unstable" }, "unstable"),
    html("span", { class: "cycle" }, "two-cycle"),
    html("span", { class: "level" }, "start ", symbol("y", "0")),
    html("span", { class: "limit" }, "limit from ", symbol("y", "0"), ", now at the ring"),
    html("span", { class: "trace" }, "carried state, now at the dot"),
    html("span", { class: "jump" }, "where it has to jump, around the loop"),
  );
  const hint = html(
    "p",
    { class: "hint" },
    "Drag sideways in the diagram, or focus it and use the arrow keys: the unit settles again, ",
    "from where it stood.",
  );
  const title = html("span");
  return {
    node: panel([title], view.canvas, key, hint),
    draw(now) {
      last = now;
      const across = state.get("across");
      const kept = across === "b" ? "w" : "b";
      title.replaceChildren(
        "Settled state against ",
        letter(across),
        " at ",
        whole(letter(kept), ` = ${number(state.get(kept))}`),
      );
      draw();
    },
  };
}

/** A line in pieces where its points lie apart. */
function pieces(points, [low, high]) {
  const apart = (1.5 * (high - low)) / 160;
  const found = [[]];
  points.forEach((point, i) => {
    if (i && point[0] - points[i - 1][0] > apart) found.push([]);
    found.at(-1).push(point);
  });
  return found;
}

/** What is so, in a few sentences. */
function words(state, { at, carried, fresh, shock }) {
  const across = state.get("across");
  const jump = shock === null ? "" : ` The limit from y0 jumps at ${number(shock)}.`;
  return (
    `At ${across} = ${number(at)} the carried state settles at ${both(carried)}, the orbit of ` +
    `${number(state.get("y0"))} at ${both(fresh)}.${jump}`
  );
}

/** The numbers, each with what it says. */
function readout(state) {
  const body = html("tbody");
  const value = (what, v) => html("b", { "data-read": what }, number(v));
  const row = (label, ...parts) =>
    html("tr", {}, html("th", { scope: "row" }, ...label), html("td", {}, ...parts));
  const place = (what, { y, cycle, unstable }) =>
    cycle
      ? ["on the two-cycle, ", value(what, y), " at even steps"]
      : ["at ", value(what, y), ...(unstable ? [", which is unstable"] : [])];
  return {
    node: html("div", { class: "readout" }, html("table", { class: "sentences" }, body)),
    draw({ at, up, down, shock, swap, carried, fresh }) {
      const across = letter(state.get("across"));
      const where = (what, v) => whole(across.cloneNode(true), " = ", value(what, v));
      const ends = [
        ...(up ? ["going right at ", where("up", up.at)] : []),
        ...(up && down ? [", "] : []),
        ...(down ? ["going left at ", where("down", down.at)] : []),
      ];
      const same = Math.abs(carried.y - fresh.y) < 1e-6;
      body.replaceChildren(
        row(
          ["carried state"],
          where("at", at),
          ": started at ",
          value("memory", state.get("memory")),
          ", it settles ",
          ...place("carried", carried),
        ),
        row(
          ["from ", symbol("y", "0")],
          "started at ",
          value("start", state.get("y0")),
          ", it settles ",
          ...place("fresh", fresh),
          html("span", { "data-read": "same" }, same ? ": the same" : ": not the same"),
        ),
        row(["carried jumps"], ...(ends.length ? ends : ["nowhere on this axis"])),
        row(
          ["from ", symbol("y", "0"), " jumps"],
          ...(shock === null
            ? ["nowhere on this axis"]
            : ["at ", where("shock", shock), ", in both directions"]),
          ...(swap === null
            ? []
            : ["; even steps of the two-cycle change over at ", where("swap", swap)]),
        ),
      );
    },
  };
}

function controls(state) {
  const part = (name, label, scale, write) =>
    slider({ label, scale, read: () => state.get(name), write });
  const along = choiceButtons({
    label: ["along"],
    names: { b: "b", w: "w" },
    read: () => state.get("across"),
    write: (across) => across !== state.get("across") && state.set(changed(state.all(), { across })),
  });
  const alter = (name) => (value) => state.set(changed(state.all(), { [name]: value }));
  // What the axis shows is moved in the diagram, the other one by a slider.
  const fixed = {
    w: part("w", ["weight ", letter("w")], steady(...WEIGHTS, 0.01), alter("w")),
    b: part("b", ["bias ", letter("b")], steady(...BIASES, 0.01), alter("b")),
  };
  const start = part("y0", ["start ", symbol("y", "0")], steady(...STATES, 0.001), (y0) =>
    state.set({ y0 }),
  );
  const slot = html("div", { class: "slot" });
  const button = (name, click) => {
    const node = html("button", { type: "button" }, name);
    node.addEventListener("click", click);
    return node;
  };
  const sweep = (end) => () => state.set(travel(state.all(), windowOf(state.all())[end]));
  const buttons = html(
    "div",
    { class: "buttons", role: "group", "aria-label": "Journeys" },
    button("← To the left end", sweep(0)),
    button("To the right end →", sweep(1)),
    button("Forget: start from y₀", () => state.set({ memory: state.get("y0"), trace: [] })),
  );
  return {
    journeys: buttons,
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      along.node,
      slot,
      start.node,
    ),
    draw() {
      const kept = state.get("across") === "b" ? fixed.w : fixed.b;
      if (slot.firstChild !== kept.node) slot.replaceChildren(kept.node);
      for (const each of [along, kept, start]) each.draw();
    },
  };
}

export function render({ model, el }) {
  const state = stateOf(model, ["across", "w", "b", "y0", "memory", "trace"]);
  const [tools, picture, numbers] = [controls, diagram, readout].map((make) => make(state));
  return live({
    el,
    state,
    name: "hysteresis",
    nodes: [tools.node, picture.node, tools.journeys, numbers.node],
    draw() {
      const now = record(state.all());
      for (const part of [tools, picture, numbers]) part.draw(now);
      return words(state, now);
    },
  });
}

export default { render };
