// The explorable "norm radius": powers of a matrix that a reader drags from normal to shear.
// This file draws, listens and searches. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, logarithmic, picker } from "../shared/chart.js";
import { cut } from "../shared/clip.js";
import { choiceButtons, numberField, presets, refusal, slider, steady } from "../shared/controls.js";
import { html, letter, line, number, panel, svg, thin, whole } from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { plane } from "../shared/plane.js";

const LONGEST = 60;
// Sizes below run off the chart: else a fast decay would leave no room for the peak.
const LOWEST = 1e-6;
const LIMIT = 12;
const RADIUS_LIMIT = 1.2;
const SHEAR_LIMIT = 10;
// A longer image is drawn smaller: beyond this the unit circle would be too small to compare with.
const LARGEST_SHOWN = 6;
// As in figures/norm_radius.py and dynamics/powers.py, which say why.
const EDGE = 1e-9;
const PATIENCE = 20000;
const NORMAL = 1e-14;

const example = (k, ...W) => ({ W, k });

const EXAMPLES = {
  Normal: example(9, [0.9, 0], [0, 0.5]),
  Rotation: example(9, [0.57, -0.76], [0.76, 0.57]),
  Shear: example(9, [0.9, 10], [0, 0.9]),
  "Jordan, ρ = 1": example(20, [1, 1], [0, 1]),
  Nilpotent: example(1, [0, 5], [0, 0]),
};

const range = (low, high, count) =>
  Array.from({ length: count }, (_, i) => low + (i * (high - low)) / (count - 1));

const circle = range(0, 2 * Math.PI, 97);
const LOGS = range(-16, 8, 97);
const ANGLES = range(0, Math.PI, 65);
// prettier-ignore
const WAYS = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1], [1, -1], [-1, 1]];

/** The largest value on a grid, and then in ever smaller steps around its best point. */
function highest(value, grid, step) {
  let [point, top] = [null, -Infinity];
  const better = (candidates) => {
    let found = false;
    for (const each of candidates) {
      const v = value(...each);
      if (v > top) [point, top, found] = [each, v, true];
    }
    return found;
  };
  better(grid);
  while (Math.max(...step) > 1e-9) {
    const [x, y] = point;
    if (!better(WAYS.map(([i, j]) => [x + i * step[0], y + j * step[1]])))
      step = step.map((each) => each / 2);
  }
  return top;
}

/** 2 by 2 matrices as the kernel takes them. */
function two(W) {
  const w = W.flat();
  const eigen = kernel.eigen(...w);
  const [re1, im1, re2, im2, radius] = eigen;
  const [shear, degrees, q] = kernel.shape(...w, re1, im1, re2);
  const grid = () => {
    const angles = [...ANGLES, Math.atan2(im1, re1), Math.atan2(im1, re2)];
    return LOGS.flatMap((log) => angles.map((angle) => [log, angle]));
  };
  const resolvent = (log, angle) =>
    kernel.resolvent(...w, re1, im1, re2, im2, Math.exp(log), angle)[0];
  return {
    n: 2,
    radius,
    shape: { radius, shear, degrees, q },
    multiple: re1 === re2 && im1 === 0,
    departure: kernel.commutator(...w)[0],
    one: [1, 0, 0, 1],
    times: (power) => kernel.product(...w, ...power),
    norm: (power) => kernel.norm(...power)[0],
    search: () => highest(resolvent, grid(), [LOGS[1] - LOGS[0], ANGLES[1]]),
  };
}

/** 3 by 3 matrices, ρI with s above the diagonal. There the supremum lies on the real axis. */
function three([[radius, shear]]) {
  const resolvent = (log) => kernel.norm3(...kernel.resolvent3(radius, shear, Math.exp(log)))[0];
  return {
    n: 3,
    radius,
    shape: { radius, shear, degrees: 0, q: 1 },
    multiple: true,
    departure: kernel.commutator3(shear)[0],
    one: [1, 0, 0],
    times: (power) => kernel.product3(radius, shear, 0, ...power),
    norm: (power) => kernel.norm3(...power)[0],
    search: () => highest(resolvent, LOGS.map((log) => [log, 0]), [LOGS[1] - LOGS[0], 0]),
  };
}

/** The norms of the powers, and from which power on all are below 1 (null: none, or not found). */
function follow({ one, times, norm }, decays) {
  const powers = [one];
  const norms = [norm(one)];
  let settled = 1;
  const last = () => (decays ? Math.min(PATIENCE, Math.max(LONGEST, 2 * settled - 1)) : LONGEST);
  for (let [k, power] = [1, one]; k <= last(); k++) {
    power = times(power);
    if (k <= LONGEST) powers.push(power);
    norms.push(norm(power));
    if (norms[k] >= 1) settled = k + 1;
  }
  return { powers, norms, settled: decays && 2 * settled - 1 <= PATIENCE ? settled : null };
}

/** Everything the views show for one matrix. */
export function record({ W }) {
  const of = W.length === 2 ? two(W) : three(W);
  const { radius, departure, multiple, n } = of;
  const decays = radius < 1 - EDGE;
  const { powers, norms, settled } = follow(of, decays);
  const norm = norms[1];
  const normal = departure <= NORMAL * norm * norm;
  const most = norms.reduce((a, b) => Math.max(a, b));
  // Rounding must not choose between equal powers: the first of them counts.
  const peak = norms.findIndex((each) => each >= most * (1 - EDGE));
  let kreiss;
  if (radius > 1 + EDGE || (radius >= 1 - EDGE && multiple && !normal)) kreiss = Infinity;
  else kreiss = normal ? 1 : Math.max(1, of.search());
  const upTo = Array.from({ length: LONGEST + 1 }, (_, k) => k);
  return {
    shape: of.shape,
    norms: norms.slice(0, LONGEST + 1),
    radii: upTo.map((k) => kernel.power(radius, k)[0]),
    sizes: upTo.map((k) => kernel.power(norm, k)[0]),
    powers,
    radius,
    norm,
    departure,
    normal,
    peak,
    largest: norms[peak],
    settled,
    tried: decays ? PATIENCE : LONGEST,
    kreiss,
    ceiling: kernel.ceiling(n, kreiss)[0],
  };
}

const square = ([a, b, c, d]) => [
  [a, b],
  [c, d],
];
// prettier-ignore
const band = (a, b) => [[a, b, 0], [0, a, b], [0, 0, a]];

/** Four decimals, within 0 and a limit: what sliders and fields show. */
const tidy = (v) => Math.round(1e4 * v) / 1e4 || 0;
const within = (v, limit) => tidy(Math.min(limit, Math.max(0, v)));

/** The matrix in which one thing is changed and the others are kept. */
export function reshaped(W, change) {
  const now = { ...record({ W }).shape, ...change };
  const radius = within(now.radius, RADIUS_LIMIT);
  const shear = within(now.shear, SHEAR_LIMIT);
  if ((change.n ?? W.length) === 3) return band(radius, shear);
  const degrees = within(now.degrees, 180);
  const pair = degrees % 180 !== 0;
  const [re, im] = kernel.polar(radius, degrees);
  // Two real eigenvalues keep their ratio; those that leave or reach the axis are equal.
  const q = pair || "degrees" in change ? 1 : now.q;
  return square(kernel.schur(re, pair ? im : 0, q, shear));
}

/** ‖W‖ to the power k and its like, with the letters of the text. */
const raised = (base, exponent) => whole(...base, html("sup", {}, exponent));
const bars = (...inside) => ["‖", ...inside, "‖"];
const rho = () => [letter("ρ"), "(", letter("W"), ")"];

/** The three sizes against k, on a logarithmic axis; a pointer or the arrow keys pick k. */
function sizesPanel(state) {
  const view = chart({
    width: 520,
    height: 300,
    room: { top: 26 },
    role: "group", // what a reader picks lies within
    class: "growth",
  });
  const now = svg("path", { class: "now" });
  const paths = ["sizes", "radii", "norms"].map((kind) => [kind, svg("path", { class: kind })]);
  const dots = svg("g", { class: "norms" });
  const ring = svg("circle", { class: "peak", r: 6 });
  const name = svg("text", { class: "peak" });
  let last;
  const pick = picker(view.canvas, {
    name: "Power k",
    range: () => [0, LONGEST],
    step: 1,
    page: 10,
    read: () => state.get("k"),
    write: (k) => state.set({ k }),
    locate: (x) => view.x.value(x),
    text: (k) => `k = ${k}: norm of the power ${number(last.norms[k])}`,
  });
  pick.node.append(now);
  view.canvas.append(pick.node, ...paths.map(([, path]) => path), dots, ring, name);
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "norms" }, ...bars(raised([letter("W")], letter("k")))),
    html("span", { class: "sizes" }, raised(bars(letter("W")), letter("k"))),
    html("span", { class: "radii" }, raised(rho(), letter("k"))),
  );
  const draw = () => {
    const most = Math.max(...last.norms, ...last.radii);
    const sizes = [...last.norms, ...last.radii].filter((v) => v >= LOWEST || v === 0);
    // Where something ran off below, the axis reaches down to the limit.
    if ([...last.norms, ...last.radii].some((v) => v > 0 && v < LOWEST)) sizes.push(LOWEST);
    view.axes(
      linear(0, LONGEST, view.left, view.right, { marks: [0, 10, 20, 30, 40, 50, 60] }),
      logarithmic(sizes, view.bottom, view.top),
    );
    const at = ([k, v]) => [view.x.place(k), view.y.place(v)];
    const least = Math.max(LOWEST, Math.min(...sizes.filter((v) => v > 0)));
    const top = 10 ** Math.ceil(Math.log10(most) + 0.05);
    for (const [kind, path] of paths) {
      const pieces = cut(last[kind].map((v, k) => [k, v]), least, top, Math.log, Math.exp);
      path.setAttribute("d", pieces.map((piece) => line(piece.map(at))).join(""));
    }
    const shown = last.norms.map((v, k) => [k, v]).filter(([, v]) => v >= least || v === 0);
    dots.replaceChildren(
      ...shown.map((point) => {
        const [cx, cy] = at(point);
        return svg("circle", { cx, cy, r: 1.8 });
      }),
    );
    const across = view.x.place(state.get("k"));
    now.setAttribute("d", `M${across} ${view.top}V${view.bottom}`);
    const seen = last.peak <= LONGEST;
    ring.style.display = name.style.display = seen ? "" : "none";
    if (seen) {
      const [x, y] = at([last.peak, last.largest]);
      ring.setAttribute("cx", x);
      ring.setAttribute("cy", y);
      name.textContent = `${number(last.largest)} at k = ${last.peak}`;
      const right = x > (view.left + view.right) / 2;
      name.setAttribute("class", right ? "peak end" : "peak start");
      name.setAttribute("x", x + (right ? -10 : 10));
      name.setAttribute("y", y - 10);
    }
    view.canvas.setAttribute(
      "aria-label",
      `Norms of the powers 0 to ${LONGEST}: ${number(last.norms[1])} at 1, ` +
        `${number(last.norms[LONGEST])} at ${LONGEST}. The longest power of all that were ` +
        `followed has norm ${number(last.largest)}, at ${last.peak}.`,
    );
    pick.draw();
  };
  fitted(view, () => last && draw());
  const hint = html(
    "p",
    { class: "hint" },
    "Drag in the chart, or focus it and use the arrow keys, to pick ",
    letter("k"),
    ".",
  );
  return {
    node: panel(["Size of the ", letter("k"), "-th power"], view.canvas, key, hint),
    draw(now) {
      last = now;
      draw();
    },
  };
}

/** The unit circle and its image under the power that is picked. */
function circlePanel(state) {
  const view = plane({ role: "img" });
  const axis = svg("path", { class: "axis", ...thin });
  const shapes = ["unit", "image"].map((kind) => svg("path", { class: kind, ...thin }));
  view.world.append(axis, ...shapes);
  const one = [1, 0, 0, 1];
  const badge = html("p", { class: "badge" });
  const title = html("span", {}, "Circle and image");
  const node = panel([title], view.canvas, badge);
  shapes[0].setAttribute("d", line(circle.map((a) => kernel.image(...one, a))));
  return {
    node,
    draw({ powers, norms }) {
      const flat = powers[0].length === 4;
      view.canvas.style.display = flat ? "" : "none";
      const k = state.get("k");
      title.replaceChildren("The circle under ", raised([letter("W")], String(k)));
      if (!flat) {
        title.replaceChildren("Three dimensions");
        badge.className = "hint";
        badge.replaceChildren("The sphere and its image are not drawn.");
        return;
      }
      badge.className = "badge";
      const size = norms[k];
      const reach = 1.15 * Math.max(1.2, Math.min(size, LARGEST_SHOWN));
      view.zoom(reach);
      axis.setAttribute("d", `M${-reach} 0H${reach}M0 ${-reach}V${reach}`);
      // An image too small or too large to see is drawn larger or smaller by a power of ten.
      const fits = size === 0 || (size <= 0.96 * reach && size >= 0.1 * reach);
      const exponent = fits ? 0 : Math.floor(Math.log10((0.96 * reach) / size));
      // First to length 1, because 10 to the exponent alone can be beyond all numbers.
      const drawn = 10 ** (Math.log10(size) + exponent);
      const scaled = exponent ? (v) => (v / size) * drawn : (v) => v;
      const image = circle.map((a) => kernel.image(...powers[k], a).map(scaled));
      shapes[1].setAttribute("d", line(image));
      badge.replaceChildren(
        ...(exponent
          ? [
              "The image is drawn 10",
              ...(Math.abs(exponent) > 1 ? [html("sup", {}, Math.abs(exponent))] : []),
              ` times ${exponent > 0 ? "larger" : "smaller"} than it is.`,
            ]
          : []),
      );
      view.canvas.setAttribute(
        "aria-label",
        `The unit circle and its image under the power ${k}, whose longest semi-axis is ` +
          `${number(size)}.`,
      );
    },
  };
}

/** The numbers, each with what it says. */
function readout(state) {
  const body = html("tbody");
  const value = (what, v) => html("b", { "data-read": what }, number(v));
  const row = (label, ...parts) =>
    html("tr", {}, html("th", { scope: "row" }, ...label), html("td", {}, ...parts));
  const W = () => letter("W");
  const turned = () => whole(W(), html("sup", {}, "T"));
  return {
    node: html(
      "div",
      { class: "readout" },
      html("table", { class: "sentences" }, body),
      html(
        "p",
        { class: "hint" },
        letter("K"),
        " is the least upper bound of ",
        whole("(|", letter("z"), "| − 1) ‖(", letter("z"), "I − ", letter("W"), ")⁻¹‖"),
        " over ",
        whole("|", letter("z"), "| > 1"),
        ", found by a search.",
      ),
    ),
    draw(now) {
      const k = state.get("k");
      const n = now.powers[0].length === 4 ? 2 : 3;
      const all = now.settled !== null;
      body.replaceChildren(
        row(
          [...rho(), " and ", ...bars(W())],
          value("radius", now.radius),
          " and ",
          value("norm", now.norm),
          ", the largest singular value",
        ),
        row(
          bars(turned(), W(), " − ", W(), turned()),
          value("departure", now.departure),
          html("span", { "data-read": "kind" }, now.normal ? ": normal" : ": not normal"),
        ),
        row(
          [...bars(raised([W()], String(k)))],
          value("picked", now.norms[k]),
          ", between ",
          whole(raised(rho(), String(k)), " = ", value("picked.radius", now.radii[k])),
          " and ",
          whole(raised(bars(W()), String(k)), " = ", value("picked.norm", now.sizes[k])),
        ),
        row(
          ["longest power"],
          value("largest", now.largest),
          " at ",
          whole(letter("k"), " = ", html("b", { "data-read": "peak" }, String(now.peak))),
          ...(all
            ? [
                "; shorter than 1 for good from ",
                whole(letter("k"), " = ", html("b", { "data-read": "settled" }, now.settled)),
              ]
            : [`, of the powers up to ${now.tried}`]),
        ),
        row(
          ["Kreiss’s ", letter("K")],
          value("kreiss", now.kreiss),
          ...(now.kreiss < Infinity
            ? [
                ", so the longest power lies between ",
                whole(letter("K"), " and e · ", String(n), " · ", letter("K")),
                " = ",
                value("ceiling", now.ceiling),
              ]
            : [": the powers grow without end"]),
        ),
      );
    },
  };
}

function controls(state) {
  const refused = refusal();
  const reshape = (change) => state.set({ W: reshaped(state.get("W"), change) });
  let shape;
  const sliders = [
    [["radius ", letter("ρ")], "radius", steady(0, RADIUS_LIMIT, 0.01)],
    [["shear ", letter("s")], "shear", steady(0, SHEAR_LIMIT, 0.01)],
    [["angle of ", letter("λ"), " (°)"], "degrees", steady(0, 180, 1)],
  ].map(([label, what, scale]) =>
    slider({
      label,
      scale,
      read: () => tidy(shape[what]),
      write: (value) => reshape({ [what]: value }),
    }),
  );
  const [, , degrees] = sliders;
  const size = choiceButtons({
    label: ["size of ", letter("W")],
    names: { 2: "2 × 2", 3: "3 × 3" },
    read: () => String(state.get("W").length),
    write: (n) => reshape({ n: Number(n), degrees: 0 }),
  });
  const fields = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ].map(([i, j]) =>
    numberField({
      name: `W, row ${i + 1}, column ${j + 1}`,
      limit: LIMIT,
      says: `An entry lies between −${LIMIT} and ${LIMIT}.`,
      refused,
      read: () => tidy(state.get("W")[i][j]),
      write: (value) =>
        state.set({ W: state.get("W").map((row, r) => (r === i ? row.with(j, value) : row)) }),
    }),
  );
  const entries = html(
    "div",
    { class: "matrix", role: "group", "aria-label": "Entries of W" },
    ...fields.map(({ node }) => node),
  );
  const whole3 = html("div", { class: "matrix three" });
  const hint = html("p", { class: "hint" }, "Four decimals are kept.");
  return {
    matrix: panel(["Entries of ", letter("W")], entries, whole3, hint, refused),
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      size.node,
      ...sliders.map(({ node }) => node),
    ),
    draw(now) {
      ({ shape } = now);
      for (const part of [...sliders, size]) part.draw();
      const W = state.get("W");
      const flat = W.length === 2;
      degrees.node.style.display = entries.style.display = flat ? "" : "none";
      whole3.style.display = flat ? "none" : "";
      if (flat) fields.forEach((field) => field.draw());
      else whole3.replaceChildren(...W.flat().map((v) => html("span", {}, number(v))));
    },
  };
}

export function render({ model, el }) {
  const state = stateOf(model, ["W", "k"]);
  const [tools, sizes, image, numbers] = [controls, sizesPanel, circlePanel, readout].map((make) =>
    make(state),
  );
  const side = html("div", { class: "side" }, image.node, tools.matrix);
  return live({
    el,
    state,
    name: "norm_radius",
    nodes: [tools.node, html("div", { class: "pictures" }, sizes.node, side), numbers.node],
    draw() {
      const now = record(state.all());
      for (const part of [tools, sizes, image, numbers]) part.draw(now);
      const k = state.get("k");
      return (
        `Radius ${number(now.radius)}, norm ${number(now.norm)}. Power ${k} has norm ` +
        `${number(now.norms[k])}. The longest has ${number(now.largest)}, at ${now.peak}.`
      );
    },
  });
}

export default { render };
