// The explorable "unroll": which past steps the gradient of a recurrent unit comes from.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, fitted, linear, logarithmic, picker } from "../shared/chart.js";
import {
  choice,
  choiceButtons,
  labelledField,
  multiplied,
  presets,
  refusal,
  slider,
  steady,
} from "../shared/controls.js";
import {
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

const LONGEST = 40;
const STRONGEST = 10;
const LIMIT = 3;
const ACTIVATIONS = Object.keys(kernel).flatMap((name) => name.match(/^sigma_(.+)/)?.[1] ?? []);
const INPUTS = { none: "none", pulse: "pulse", sine: "sine" };
const SIGNS = { positive: "w > 0", negative: "w < 0" };

const example = (w, activation, inputs, T, k, b = 0, x0 = 1) => ({
  ...{ T, k, w, activation, inputs, x0, b },
  y: -1,
});

const EXAMPLES = {
  Vanishes: example(0.7, "tanh", "sine", 20, 12),
  Holds: example(1, "identity", "none", 20, 8),
  // The state stays at the fixed point 1, which repels: 1.3 · 1 − 0.3 = 1.
  Explodes: example(1.3, "identity", "none", 20, 1, -0.3),
  // The fixed point is 1.9150, where the slope times w is 0.166.
  Saturates: example(2, "tanh", "none", 20, 15, 0, 1.9),
  "Sign changes": example(-1, "identity", "none", 20, 7, 2),
  // The state is negative at step 12 only, and relu has no slope there.
  "Cut off": example(1, "relu", "sine", 16, 8, -0.1),
};

/** Everything the view shows for one state; entry k - 1 of `steps` belongs to step k. */
export function record({ T, w, activation, inputs, x0, b, y }) {
  const states = [x0];
  const units = []; // value, slope and largest slope of σ at x_0, x_1, …
  for (let t = 1; t <= T; t++) {
    units.push(kernel[`sigma_${activation}`](states.at(-1)));
    states.push(...kernel.step(w, b, ...kernel[`input_${inputs}`](t), units.at(-1)[0]));
  }
  const gamma = units[0][2];
  const [first] = kernel.loss_gradient(states[T], y);
  const [eta] = kernel.eta(w, gamma);
  const steps = [];
  let [middle] = kernel.latest();
  let [largest, sums, allowed] = [0, [0, 0, 0], [0, 0, 0]];
  for (let k = T; k >= 1; k--) {
    const [value, slope] = units[k - 1];
    const [immediate] = kernel.immediate(value);
    const [term] = kernel.contribution(first, middle, immediate);
    steps.unshift({ middle, immediate, term, slope });
    sums = kernel.add(...sums, term, T - k);
    [largest] = kernel.larger(largest, immediate);
    [middle] = kernel.earlier(middle, w, slope);
  }
  const [total, size, moment] = sums;
  steps.forEach((step, i) => {
    const back = T - 1 - i;
    [step.share] = kernel.share(step.term, size);
    [step.allowed] = kernel.allowed(eta, back);
    [step.bound] = kernel.bound(first, largest, eta, back);
    allowed = kernel.add(...allowed, step.bound, back);
  });
  const [gradient] = kernel.gradient(total, size);
  const [distance] = kernel.distance(moment, size);
  return { states, steps, first, gamma, eta, gradient, size, distance, allowed: allowed[1] };
}

const BOX = 42; // how far down the middle of the chain is
const cross = (right, down, kind) =>
  svg("path", {
    class: kind,
    d: "M-3.5 -3.5L3.5 3.5M-3.5 3.5L3.5 -3.5",
    transform: `translate(${right} ${down})`,
  });

/** The chain of steps, and under each step the size of its contribution. */
function timeline(state) {
  const view = chart({
    width: 700,
    height: 310,
    room: { left: 56, right: 40, top: 96 },
    role: "group",
  });
  const { canvas } = view;
  const band = svg("path", { class: "band" });
  const ring = svg("path", { class: "ring" });
  const bound = svg("path", { class: "bound" });
  const dots = svg("g", quiet);
  const chain = svg("g", { ...quiet, class: "chain" });
  const now = { step: 1 };
  const pick = picker(canvas, {
    name: "Step k",
    step: 1,
    page: 5,
    range: () => [1, state.get("T")],
    read: () => state.get("k"),
    write: (k) => state.set({ k }),
    locate: (right) => view.x.value(right),
    text: (k) => {
      const { term, share } = now.record.steps[k - 1];
      return `k = ${k}, contribution ${number(term)}, ${percent(share)} % of all sizes`;
    },
  });
  pick.node.append(band, ring);
  canvas.append(pick.node, bound, dots, chain);

  function drawSizes({ steps }, T) {
    const stride = T > 10 ? 5 : 1;
    const marks = steps.map((_, i) => i + 1).filter((k) => k === 1 || k % stride === 0);
    const sizes = steps.flatMap(({ term, bound: most }) => [Math.abs(term), most]);
    view.axes(
      linear(0, T, view.left + 14, view.right, { marks }),
      logarithmic(sizes, view.bottom, view.top),
    );
    bound.setAttribute(
      "d",
      // A bound of 0 is no line on a logarithmic axis, but lies where the zeros are.
      line(steps.map((step, i) => [view.x.place(i + 1), view.y.place(step.bound)])),
    );
    const radius = Math.min(4, 0.42 * (view.x.place(1) - view.x.place(0)));
    dots.replaceChildren(
      ...steps.map(({ term }, i) => {
        const [right, down] = [view.x.place(i + 1), view.y.place(Math.abs(term))];
        return term === 0
          ? cross(right, down, "zero")
          : svg("circle", { class: signOf(term), cx: right, cy: down, r: radius });
      }),
    );
  }

  function drawChain({ steps }, T, k) {
    const place = (t) => view.x.place(t);
    const apart = place(1) - place(0);
    const half = Math.min(13, 0.38 * apart);
    const end = view.right + 24;
    const largest = Math.max(...steps.map(({ share }) => share));
    const shade = ({ term, share }) => ({
      class: `shade ${signOf(term)}`,
      "fill-opacity": largest > 0 ? share / largest : 0,
    });
    const box = (t, attributes) =>
      svg("rect", {
        ...{ x: place(t) - half, y: BOX - 13, width: 2 * half, height: 26 },
        rx: Math.min(4, half / 2),
        ...attributes,
      });
    const names = [0, k, T].filter((t) => t === k || Math.abs(place(t) - place(k)) > 34);
    if (place(T) - place(0) < 34) names.splice(names.indexOf(0), 1);
    const mark = (text, x, y, others = {}) => svg("text", { x, y, ...others }, ...text);
    chain.replaceChildren(
      svg("path", { class: "link", d: `M${place(0)} ${BOX}H${end}` }),
      svg("path", { class: "path", d: `M${place(k)} ${BOX}H${end}` }),
      svg("path", { class: "path", d: `M${place(k)} ${BOX + 38}V${BOX + 13}` }),
      // Where the slope is 0 nothing passes from a step to the next.
      ...steps.flatMap(({ slope }, t) =>
        slope === 0 && t ? [cross((place(t) + place(t + 1)) / 2, BOX, "cut")] : [],
      ),
      svg("path", { class: "tip", d: `M${end + 3} ${BOX}l-8 -5v10Z` }),
      svg("path", { class: "tip", d: `M${place(k)} ${BOX + 14}l-5 8h10Z` }),
      ...[...Array(T + 1).keys()].flatMap((t) => [
        box(t, { class: t >= k ? "box on" : "box" }),
        ...(t ? [box(t, shade(steps[t - 1]))] : []),
      ]),
      ...names.map((t) => mark(svgSymbol("x", t), place(t), BOX - 19)),
      mark(["w"], place(k) + 6, BOX + 34, { class: "start" }),
      mark(["E"], end + 8, BOX + 4, { class: "start" }),
    );
  }

  function draw(values) {
    now.record = values;
    const { T, k } = state.all();
    drawSizes(values, T);
    drawChain(values, T, k);
    const apart = view.x.place(1) - view.x.place(0);
    const half = Math.max(5, Math.min(14, apart) / 2);
    const around = (more) => {
      const [left, right] = [-1, 1].map((side) => view.x.place(k) + side * (half + more));
      return `M${left} ${4 - more}H${right}V${view.bottom + 4 + more}H${left}Z`;
    };
    band.setAttribute("d", around(0));
    ring.setAttribute("d", around(2));
    pick.draw();
    const sizes = values.steps.map(({ term }) => number(term));
    canvas.setAttribute(
      "aria-label",
      `Contributions of the steps to the gradient: ${sizes[0]} at step 1, ` +
        `${sizes.at(-1)} at step ${T}.`,
    );
  }
  fitted(view, () => draw(now.record));

  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "dot positive" }, symbol("r", "T,k"), " > 0"),
    html("span", { class: "dot negative" }, symbol("r", "T,k"), " < 0"),
    html("span", { class: "dot zero" }, symbol("r", "T,k"), " = 0"),
    html(
      "span",
      { class: "bound" },
      "bound |",
      partial(letter("E"), symbol("x", "T")),
      "| · max |",
      letter("σ"),
      "(",
      symbol("x", "k−1"),
      ")| of this run · ",
      whole(letter("η"), html("sup", {}, "T−k")),
    ),
  );
  return {
    node: panel(
      ["Each step, shaded by its share, and the size of ", symbol("r", "T,k")],
      canvas,
      key,
      html(
        "p",
        { class: "hint" },
        "Drag across the drawing to pick ",
        letter("k"),
        ", or focus it and use the arrow keys: Shift for larger steps, Home and End.",
      ),
    ),
    draw,
  };
}

const signOf = (term) => (term < 0 ? "negative" : term > 0 ? "positive" : "zero");
const percent = (share) => number(100 * share);

/** A row of the table: a name with a remark below it, and a place for its number. */
function row(what, name, remark) {
  const value = html("td", { "data-read": what });
  const head = html("th", { scope: "row" }, ...name, html("span", { class: "hint" }, ...remark));
  return { node: html("tr", {}, head, value), value };
}

const partial = (above, below) => whole("∂", above, "/∂", below);
const derivative = (above, below) => whole("d", above, "/d", below);

/** The three factors of one contribution, and what all contributions come to. */
function readout(state) {
  const read = (what) => html("b", { "data-read": what });
  const index = {
    k: html("b"),
    power: html("sup"),
    allowed: read("allowed"),
    share: read("share"),
  };
  const names = {
    first: [partial(letter("E"), symbol("x", "T"))],
    middle: [partial(symbol("x", "T"), symbol("x", "k"))],
    immediate: [whole("∂", html("sup", {}, "+"), symbol("x", "k"), "/∂", letter("w"))],
    term: ["product ", symbol("r", "T,k")],
  };
  const remarks = {
    first: [whole("= ", symbol("x", "T"), " − ", letter("y")), ", the same for every ", letter("k")],
    middle: ["in size at most ", whole(letter("η"), index.power, " = ", index.allowed)],
    immediate: [whole("= ", letter("σ"), "(", symbol("x", "k−1"), ")")],
    term: [index.share, " % of the sum of all sizes"],
  };
  const rows = Object.fromEntries(
    Object.keys(names).map((what) => [what, row(what, names[what], remarks[what])]),
  );
  const caption = html("p", { class: "title" }, "Step ", letter("k"), " = ", index.k);
  const remark = html("p", { class: "remark" });
  const sum = {
    gradient: read("gradient"),
    allowed: read("total_allowed"),
    distance: read("distance"),
  };
  const where = html(
    "p",
    {},
    "Average age of the contributions, weighted by size: ",
    whole(sum.distance, " steps"),
    ".",
  );
  const nowhere = html("p", {}, "Every contribution is 0.");
  const eta = { value: read("eta"), says: html("span"), how: html("span") };
  return {
    node: html(
      "div",
      { class: "numbers" },
      html(
        "div",
        {},
        caption,
        html("table", {}, html("tbody", {}, ...Object.values(rows).map(({ node }) => node))),
        remark,
      ),
      html(
        "div",
        { class: "sums" },
        html("p", { class: "title" }, "All steps together"),
        html(
          "p",
          {},
          whole(derivative(letter("E"), letter("w")), " = Σ ", symbol("r", "T,k"), " = "),
          sum.gradient,
          ", in size at most ",
          sum.allowed,
          ".",
        ),
        where,
        nowhere,
        html(
          "p",
          {},
          whole(letter("η"), " = ", letter("γ"), " |", letter("w"), "| = ", eta.how, eta.value),
          eta.says,
        ),
      ),
    ),
    draw(now) {
      const { T, k, w, activation } = state.all();
      const step = now.steps[k - 1];
      index.k.textContent = k;
      index.share.textContent = percent(step.share);
      index.power.textContent = T - k;
      index.allowed.textContent = number(step.allowed);
      rows.first.value.textContent = number(now.first);
      for (const what of ["middle", "immediate", "term"])
        rows[what].value.textContent = number(step[what]);
      sum.gradient.textContent = number(now.gradient);
      sum.allowed.textContent = number(now.allowed);
      sum.distance.textContent = number(now.distance);
      where.hidden = now.size === 0;
      nowhere.hidden = now.size !== 0;
      eta.how.textContent = `${number(now.gamma)} · ${number(Math.abs(w))} = `;
      eta.value.textContent = number(now.eta);
      eta.says.replaceChildren(". ", ...VERDICTS[Math.sign(now.eta - 1)]());
      remark.replaceChildren(...zeroRemark(now, T, k, activation));
    },
  };
}

const VERDICTS = {
  "-1": () => [
    "Below 1: with every step back ",
    partial(symbol("x", "T"), symbol("x", "k")),
    " shrinks at least by the factor ",
    letter("η"),
    ", and the bound by just this factor. A contribution keeps its size only where ",
    whole(letter("σ"), "(", symbol("x", "k−1"), ")"),
    " grows as fast backwards.",
  ],
  0: () => ["Exactly 1: the bound is the same for all steps."],
  1: () => [
    "Above 1: with every step back the bound grows. The contributions may grow, but need not.",
  ],
};

/** Why the contribution is 0, where it is. */
function zeroRemark({ states, steps, first }, T, k, activation) {
  const { term, immediate } = steps[k - 1];
  if (term !== 0) return [];
  if (first === 0) return [symbol("x", "T"), " = ", letter("y"), ", where the loss is least."];
  if (immediate === 0)
    return [letter("σ"), "(", symbol("x", k - 1), ") = 0: the weight multiplies 0 there."];
  // The slope at x_j is the one that the step from j to j + 1 uses.
  const off = steps.findLastIndex(({ slope }, j) => j >= k && slope === 0);
  if (off >= 0 && activation === "relu" && states[off] === 0)
    return ["relu has its kink at ", symbol("x", off), " = 0, where its slope is taken as 0."];
  if (off >= 0)
    return [`${activation} has slope 0 at `, symbol("x", off), ": nothing from before it arrives."];
  return ["The product is too small for the numbers of a computer, which take it for 0."];
}

function controls(state) {
  const refused = refusal();
  const setting = (key) => ({
    read: () => state.get(key),
    write: (value) => state.set({ [key]: value }),
  });
  const sign = () => (state.get("w") < 0 ? "negative" : "positive");
  const signed = (size, which) => state.set({ w: which === "negative" ? -size : size });
  const T = slider({
    label: ["steps ", letter("T")],
    scale: steady(1, LONGEST),
    read: () => state.get("T"),
    write: (value) => state.set({ T: value, k: Math.min(value, state.get("k")) }),
    text: (value) => `${value} of ${LONGEST} steps`,
  });
  const gain = slider({
    label: ["gain |", letter("w"), "|"],
    scale: multiplied(STRONGEST, 60),
    read: () => Math.abs(state.get("w")),
    write: (value) => signed(value, sign()),
  });
  const signs = choiceButtons({
    label: ["sign"],
    names: SIGNS,
    read: sign,
    write: (which) => signed(Math.abs(state.get("w")), which),
  });
  const inputs = choiceButtons({
    label: ["input ", symbol("u", "t")],
    names: INPUTS,
    ...setting("inputs"),
  });
  const activation = choice({
    label: ["activation ", letter("σ")],
    names: ACTIVATIONS,
    ...setting("activation"),
  });
  const fields = [["x", "0"], ["b"], ["y"]].map((name) =>
    labelledField({
      name,
      limit: LIMIT,
      refused,
      says: `${name.join("")} lies between −${LIMIT} and ${LIMIT}.`,
      ...setting(name.join("")),
    }),
  );
  const parts = [T, gain, signs, activation, inputs, ...fields];
  return {
    draw: () => parts.forEach((part) => part.draw()),
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      T.node,
      gain.node,
      html(
        "div",
        { class: "settings" },
        ...[signs, activation, inputs].map(({ node }) => node),
        html("div", { class: "fields" }, ...fields.map(({ node }) => node)),
      ),
      html(
        "p",
        { class: "hint" },
        whole(symbol("x", "t"), " = ", letter("w"), " ", letter("σ"), "(", symbol("x", "t−1"), ")"),
        whole(" + ", symbol("u", "t"), " + ", letter("b")),
        ", loss ",
        whole(letter("E"), " = ½ (", symbol("x", "T"), " − ", letter("y"), ")²"),
      ),
      refused,
    ),
  };
}

export function render({ model, el }) {
  const state = stateOf(model, ["T", "k", "w", "activation", "inputs", "x0", "b", "y"]);
  const parts = [controls, timeline, readout].map((make) => make(state));
  return live({
    el,
    state,
    name: "unroll",
    nodes: parts.map(({ node }) => node),
    draw() {
      const now = record(state.all());
      for (const part of parts) part.draw(now);
      const { T, k } = state.all();
      const { term, share } = now.steps[k - 1];
      return (
        `Step ${k} of ${T} contributes ${number(term)}, ${percent(share)} % of all sizes. ` +
        `The gradient is ${number(now.gradient)}.`
      );
    },
  });
}

export default { render };
