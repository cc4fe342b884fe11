// The explorable "stretch": what one step, and a product of steps, does to the unit circle.
// This file draws and listens. Every number it shows comes from the kernel.
import { kernel } from "./kernel.js";
import { chart, linear, logarithmic } from "../shared/chart.js";
import { choice, numberField, presets, refusal, slider, steady } from "../shared/controls.js";
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
  thin,
  whole,
} from "../shared/elements.js";
import { live, stateOf } from "../shared/live.js";
import { grid, handle, plane } from "../shared/plane.js";

const LONGEST = 12;
const ACTIVATIONS = Object.keys(kernel).flatMap((name) => name.match(/^sigma_(.+)/)?.[1] ?? []);
const W_LIMIT = 3;
const X_LIMIT = 4;
// A longer image is drawn smaller: beyond this the unit circle would be too small to compare with.
const LARGEST_SHOWN = 6;

const example = ([w11, w12, w21, w22], x, steps, activation) => ({
  // prettier-ignore
  W: [[w11, w12], [w21, w22]],
  b: [0, 0],
  x,
  steps,
  activation,
});

const EXAMPLES = {
  Rotation: example([0.6, -0.8, 0.8, 0.6], [2, 1], 6, "identity"),
  Symmetric: example([0.8, 0.3, 0.3, 0.8], [2, -1], 6, "identity"),
  // Both eigenvalues are 0.9, and yet nine steps stretch almost fourfold.
  Shear: example([0.9, 1, 0, 0.9], [-2, 1], 9, "identity"),
  Saturation: example([2, -0.5, 0.5, 2], [2, 1.5], 4, "tanh"),
};

const circle = Array.from({ length: 97 }, (_, i) => (i * Math.PI) / 48);

const measure = (map) => {
  const [largest, smallest] = kernel.singular(...map);
  return {
    map,
    largest,
    smallest,
    eigen: kernel.eigen(...map),
    image: circle.map((a) => kernel.image(...map, a)),
  };
};

/** Everything the views show for one state: the orbit and the products of Jacobians along it. */
export function record({ W, b, x, activation }) {
  const w = W.flat();
  const weight = kernel.weight(...w);
  const [largest] = kernel.singular(...weight);
  const orbit = [x];
  const slopes = [];
  const products = [];
  let product = kernel.unit();
  let gamma;
  for (let s = 1; s <= LONGEST; s++) {
    const units = orbit.at(-1).map((entry) => kernel[`sigma_${activation}`](entry));
    gamma = units[0][2];
    slopes.push(units.map(([, slope]) => slope));
    orbit.push(kernel.step(...w, ...b, ...units.map(([value]) => value)));
    product = kernel.product(...kernel.jacobian(...weight, ...slopes.at(-1)), ...product);
    const [bound] = kernel.bound(largest, gamma, s);
    products.push({ ...measure(product), axes: kernel.axes(...product), bound });
  }
  return { orbit, slopes, weight: measure(weight), products, gamma };
}

const DOT = "M-3.5 0A3.5 3.5 0 0 0 3.5 0A3.5 3.5 0 0 0 -3.5 0Z";

/** The columns of W as two arrows. */
function weightPanel(state) {
  const view = plane({ role: "group", "aria-label": "The columns of W" });
  view.zoom(W_LIMIT * 1.12);
  grid(view, W_LIMIT);
  const column = (j) => {
    const shaft = svg("path", { class: `shaft column${j + 1}`, ...thin });
    const label = svg("text", quiet, `column ${j + 1}`);
    view.world.append(shaft);
    view.marks.append(label);
    const read = () => state.get("W").map((row) => row[j]);
    const redraw = handle(view, {
      kind: `column${j + 1}`,
      limit: W_LIMIT,
      read,
      home: () => state.loaded().W.map((row) => row[j]),
      name: `Column ${j + 1} of W`,
      text: ([p, q]) => `first entry ${number(p)}, second entry ${number(q)}`,
      write: (point) => state.set({ W: state.get("W").map((row, i) => row.with(j, point[i])) }),
    });
    return () => {
      shaft.setAttribute("d", line([[0, 0], read()]));
      // Of two names the one of the higher point stands higher, so that they seldom meet.
      const [own, other] = [state.get("W")[1][j], state.get("W")[1][1 - j]];
      view.name(label, read(), own === other ? j === 0 : own > other);
      redraw();
    };
  };
  const redraws = [column(0), column(1)];
  return {
    node: panel(
      ["Columns of ", letter("W")],
      view.canvas,
    ),
    draw: () => redraws.forEach((f) => f()),
  };
}

/** What the reader should know of an activation before dragging the state. */
const REMARKS = {
  identity: "identity: every slope is 1, so the state does not matter",
  relu: "relu: slope 1 where the state is above 0, else 0",
};

/** The state x_k and where the next steps take it. */
function statePanel(state) {
  const view = plane({ role: "group", "aria-label": "The state and its next steps" });
  const edge = X_LIMIT * 1.12;
  view.zoom(edge);
  grid(view, X_LIMIT);
  const path = svg("path", { class: "orbit", ...thin });
  view.world.append(path);
  // A point beyond the edge leaves an arrowhead there, which points to it.
  const spots = Array.from({ length: LONGEST }, () =>
    svg("g", quiet, svg("path", { class: "dot" })),
  );
  const names = ["k", "k+s"].map((index) => svg("text", quiet, ...svgSymbol("x", index)));
  view.marks.append(...spots);
  const where = html("p", { class: "where" });
  const pair = ([p, q]) => `(${number(p)}, ${number(q)})`;
  const row = (...parts) => html("span", {}, ...parts);
  const redraw = handle(view, {
    kind: "state",
    limit: X_LIMIT,
    name: "State x at step k",
    text: ([p, q]) => `x₁ = ${number(p)}, x₂ = ${number(q)}`,
    read: () => state.get("x"),
    home: () => state.loaded().x,
    write: (x) => state.set({ x }),
  });
  view.marks.append(...names); // above the point that is dragged, which else would cover one
  return {
    node: panel(["State ", symbol("x", "k")], view.canvas, where),
    draw({ orbit, slopes }) {
      const steps = state.get("steps");
      const inside = ([p, q]) => {
        const over = Math.max(Math.abs(p), Math.abs(q)) / edge;
        return over > 1 ? [p / over, q / over] : [p, q];
      };
      path.setAttribute("d", line(orbit.slice(0, steps + 1)));
      spots.forEach((spot, i) => {
        const [p, q] = orbit[i + 1];
        const outside = Math.max(Math.abs(p), Math.abs(q)) > edge;
        spot.style.display = i < steps ? "" : "none";
        spot.classList.toggle("last", i + 1 === steps);
        view.put(spot, inside([p, q]));
        spot.firstChild.setAttribute("d", outside ? "M-4 0L-14 5V-5Z" : DOT);
        const turn = outside ? (-180 * Math.atan2(q, p)) / Math.PI : 0;
        spot.firstChild.setAttribute("transform", `rotate(${turn.toFixed(2)})`);
      });
      const higher = orbit[0][1] >= orbit[steps][1];
      view.name(names[0], inside(orbit[0]), higher);
      view.name(names[1], inside(orbit[steps]), !higher);
      const { activation } = state.all();
      where.replaceChildren(
        row(symbol("x", "k"), ` = ${pair(orbit[0])}`),
        row(symbol("x", "k+s"), ` = ${pair(orbit[steps])}`),
        row("slopes ", letter("σ′"), "(", symbol("x", "k"), `) = ${pair(slopes[0])}`),
        ...(REMARKS[activation] ? [row(REMARKS[activation])] : []),
      );
      redraw();
    },
  };
}

/** The unit circle, its image under one Jacobian and its image under the product. */
function circlePanel(state) {
  const view = plane({ role: "img" });
  const axis = svg("path", { class: "axis", ...thin });
  const shapes = {
    unit: svg("path", {
      class: "unit",
      d: line(circle.map((a) => kernel.image(...kernel.unit(), a))),
      ...thin,
    }),
    product: svg("path", { class: "product", ...thin }),
    one: svg("path", { class: "one", ...thin }),
    axes: svg("path", { class: "axes", ...thin }),
    from: svg("path", { class: "from", ...thin }),
  };
  view.world.append(axis, ...Object.values(shapes));
  const badge = html("p", { class: "badge" });
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "unit" }, "unit circle"),
    html("span", { class: "one" }, "one step"),
    html("span", { class: "product" }, html("b", { class: "count" })),
    html("span", { class: "from" }, "the direction that ", html("b"), " most"),
  );
  return {
    node: panel(["The circle and its images"], view.canvas, badge, key),
    draw({ products }) {
      const steps = state.get("steps");
      const one = products[0];
      const { largest, smallest, image, axes } = products[steps - 1];
      const reach = 1.15 * Math.max(1.2, one.largest, Math.min(largest, LARGEST_SHOWN));
      view.zoom(reach);
      axis.setAttribute("d", `M${-reach} 0H${reach}M0 ${-reach}V${reach}`);
      // An image too small or too large to see is drawn larger or smaller by a power of ten.
      const fits = largest === 0 || (largest <= 0.96 * reach && largest >= 0.1 * reach);
      const exponent = fits ? 0 : Math.floor(Math.log10((0.96 * reach) / largest));
      // Multiplied here, point by point: a transform by 1e44 is more than SVG can hold.
      // First to length 1, because 10 to the exponent alone can be beyond all numbers.
      const size = 10 ** (Math.log10(largest) + exponent);
      const drawn = exponent ? (point) => point.map((v) => (v / largest) * size) : (point) => point;
      const [v1x, v1y, u1x, u1y, , , u2x, u2y] = axes;
      const origin = [0, 0];
      shapes.one.setAttribute("d", line(one.image));
      shapes.product.setAttribute("d", line(image.map(drawn)));
      shapes.axes.setAttribute(
        "d",
        [[u1x, u1y], [u2x, u2y]].map((end) => line([origin, drawn(end)])).join(""),
      );
      shapes.from.setAttribute("d", largest > 0 ? line([origin, [v1x, v1y]]) : "");
      key.querySelector(".from").style.display = largest > 0 ? "" : "none";
      const [count, verb] = steps === 1 ? ["1 step", "stretches"] : [`${steps} steps`, "stretch"];
      key.querySelector(".count").textContent = count;
      key.querySelector(".from b").textContent = `${count} ${verb}`;
      badge.replaceChildren(
        ...(exponent
          ? [
              `The ellipse of ${count} is drawn 10`,
              ...(Math.abs(exponent) > 1 ? [html("sup", {}, Math.abs(exponent))] : []),
              ` times ${exponent > 0 ? "larger" : "smaller"} than it is.`,
            ]
          : []),
      );
      view.canvas.setAttribute(
        "aria-label",
        `The unit circle and its images. One step: semi-axes ${number(one.largest)} and ` +
          `${number(one.smallest)}. ${steps} steps: semi-axes ${number(largest)} and ` +
          `${number(smallest)}.`,
      );
    },
  };
}

/** Size of the product against the number of steps, on a logarithmic scale. */
function growthPanel(state) {
  const view = chart({ class: "growth" });
  const now = svg("path", { class: "now" });
  view.canvas.append(now);
  const draws = ["sigma", "bound", "rho"].map((kind) => view.series(kind));
  const key = html(
    "p",
    { class: "key" },
    html("span", { class: "bound" }, "bound"),
    html("span", { class: "sigma" }, symbol("σ", "max")),
    html("span", { class: "rho" }, letter("ρ"), " = largest |", letter("λ"), "|"),
  );
  return {
    node: panel(["Size of the product after ", letter("s"), " steps"], view.canvas, key),
    draw({ products }) {
      const values = [
        products.map((p) => p.largest),
        products.map((p) => p.bound),
        products.map((p) => p.eigen[4]),
      ];
      view.axes(
        linear(1, LONGEST, view.left, view.right, { marks: [1, 3, 6, 9, 12] }),
        logarithmic(values.flat(), view.bottom, view.top),
      );
      const across = view.x.place(state.get("steps"));
      now.setAttribute("d", `M${across} ${view.top}V${view.bottom}`);
      draws.forEach((draw, i) => draw(values[i].map((v, s) => [s + 1, v])));
      const first = products[0];
      const end = products[LONGEST - 1];
      view.canvas.setAttribute(
        "aria-label",
        `From 1 step to ${LONGEST}: largest singular value of the product ` +
          `${number(first.largest)} to ${number(end.largest)}, spectral radius ` +
          `${number(first.eigen[4])} to ${number(end.eigen[4])}, bound ` +
          `${number(first.bound)} to ${number(end.bound)}.`,
      );
    },
  };
}

/** Both eigenvalues on two lines, also when they are conjugate. */
const eigenvalues = ([re1, im1, re2]) =>
  im1 ? [number(re1), `± ${number(im1)}i`] : [number(re1), number(re2)];

/** σ_max(W) γ, by which a factor stretches at most. */
const gain = () => [symbol("σ", "max"), "(", letter("W"), ") ", letter("γ")];

/** The read-outs: W, one step, the product, and the bound. */
function readout(state) {
  const maps = ["weight", "one", "product"];
  const rows = {
    sigma_max: [symbol("σ", "max")],
    sigma_min: [symbol("σ", "min")],
    lambda: ["eigenvalues ", letter("λ")],
    rho: [letter("ρ")],
  };
  const heads = maps.map(() => html("th", { scope: "col" }));
  const cells = Object.keys(rows).map((what) =>
    maps.map((map) => html("td", { "data-read": `${map}.${what}` })),
  );
  const table = html(
    "table",
    {},
    html("thead", {}, html("tr", {}, html("td"), ...heads)),
    html(
      "tbody",
      {},
      ...Object.values(rows).map((label, i) =>
        html("tr", {}, html("th", { scope: "row" }, ...label), ...cells[i]),
      ),
    ),
  );
  const bound = html("p", { class: "bound-line" });
  const reason = html("p", { class: "hint" });
  heads[0].append(letter("W"));
  heads[1].append("1 step");
  return {
    node: html("div", { class: "readout" }, table, bound, reason),
    draw({ weight, products, gamma }) {
      const steps = state.get("steps");
      const product = products[steps - 1];
      heads[2].textContent = steps === 1 ? "1 step" : `${steps} steps`;
      [weight, products[0], product].forEach(({ largest, smallest, eigen }, i) => {
        const [top, low, lambda, rho] = cells.map((row) => row[i]);
        top.textContent = number(largest);
        low.textContent = number(smallest);
        lambda.replaceChildren(...eigenvalues(eigen).map((text) => html("span", {}, text)));
        rho.textContent = number(eigen[4]);
      });
      bound.replaceChildren(
        whole(
          symbol("σ", "max"),
          "(product) = ",
          html("b", { "data-read": "largest" }, number(product.largest)),
        ),
        " ≤ ",
        whole("(", ...gain(), ")", html("sup", {}, letter("s"))),
        " = ",
        whole(
          `(${number(weight.largest)} · ${number(gamma)})`,
          html("sup", {}, String(steps)),
          " = ",
          html("b", { "data-read": "bound" }, number(product.bound)),
        ),
      );
      reason.replaceChildren(
        "Each factor stretches by at most ",
        ...gain(),
        ", where ",
        whole(letter("γ"), " = ", html("b", { "data-read": "gamma" }, number(gamma))),
        ` is the largest slope of ${state.get("activation")}.`,
      );
    },
  };
}

function controls(state) {
  const input = html("span", { class: "hint" });
  const refused = refusal();
  const steps = slider({
    label: ["steps ", letter("s")],
    scale: steady(1, LONGEST),
    read: () => state.get("steps"),
    write: (value) => state.set({ steps: value }),
    text: (value) => `${value} of ${LONGEST} steps`,
  });
  const activation = choice({
    label: ["activation ", letter("σ")],
    names: ACTIVATIONS,
    read: () => state.get("activation"),
    write: (value) => state.set({ activation: value }),
  });
  const fields = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ].map(([i, j]) =>
    numberField({
      name: `W, row ${i + 1}, column ${j + 1}`,
      limit: W_LIMIT,
      says: `An entry lies between −${W_LIMIT} and ${W_LIMIT}.`,
      refused,
      read: () => state.get("W")[i][j],
      write: (value) =>
        state.set({ W: state.get("W").map((row, r) => (r === i ? row.with(j, value) : row)) }),
    }),
  );
  return {
    draw() {
      for (const part of [steps, activation, ...fields]) part.draw();
      const b = state.get("b");
      input.replaceChildren(
        "no input, ",
        letter("b"),
        b.some((each) => each) ? ` = (${b.map(number).join(", ")})` : " = 0",
      );
    },
    matrix: [
      html(
        "div",
        { class: "matrix", role: "group", "aria-label": "Entries of W" },
        ...fields.map(({ node }) => node),
      ),
      refused,
    ],
    node: html(
      "div",
      { class: "controls" },
      presets(state, EXAMPLES),
      steps.node,
      activation.node,
      input,
    ),
  };
}

export function render({ model, el }) {
  const state = stateOf(model, ["W", "b", "x", "steps", "activation"]);
  const tools = controls(state);
  const weight = weightPanel(state);
  const [place, images, growth, numbers] = [statePanel, circlePanel, growthPanel, readout].map(
    (make) => make(state),
  );
  weight.node.append(...tools.matrix);
  const planes = html(
    "div",
    { class: "planes" },
    weight.node,
    place.node,
    html(
      "p",
      { class: "hint" },
      "Drag a green point, or focus it and use the arrow keys: ",
      "Shift for larger steps, Home to go back.",
    ),
    images.node,
  );
  return live({
    el,
    state,
    name: "stretch",
    nodes: [tools.node, planes, html("div", { class: "numbers" }, growth.node, numbers.node)],
    draw() {
      const now = record(state.all());
      for (const part of [tools, weight, place, images, growth, numbers]) part.draw(now);
      const { largest, smallest, bound } = now.products[state.get("steps") - 1];
      return (
        `${state.get("steps")} steps stretch by ${number(largest)} at most and ` +
        `${number(smallest)} at least. The bound is ${number(bound)}.`
      );
    },
  });
}

export default { render };
