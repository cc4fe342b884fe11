// What every explorable's view shares: making elements, numbers as text, a plane, a handle.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const html = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** A symbol with an index, as in W_11 or x_k. */
export const symbol = (letter, index) => html("var", {}, letter, html("sub", {}, index));

const RAISED = {
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹",
};

/** A symbol with an index as part of an SVG, where there is no <sub>. */
export const svgSymbol = (letter, index) => [
  letter,
  svg("tspan", { dy: 3, "font-size": "0.8em" }, index),
];

/** 10 to an integer power, written with raised digits. */
export const power = (exponent) =>
  exponent === 1 ? "10" : "10" + [...String(exponent)].map((c) => RAISED[c]).join("");

/** Four significant digits; very large and very small numbers as m·10ⁿ. */
export function number(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "undefined" : value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
    const [mantissa, exponent] = value.toExponential(2).split("e");
    return `${mantissa.replace("-", "−")}·${power(Number(exponent))}`;
  }
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

/** A square drawing of the plane: world coordinates inside, y upward, -reach..reach. */
export function plane(attributes) {
  const world = svg("g");
  const grips = svg("g");
  const marks = svg("g");
  const canvas = svg("svg", { viewBox: "-100 -100 200 200", ...attributes }, world, grips, marks);
  const view = {
    canvas,
    world,
    grips,
    marks,
    reach: 1,
    zoom(reach) {
      view.reach = reach;
      world.setAttribute("transform", `scale(${100 / reach} ${-100 / reach})`);
    },
    // Marks keep their size whatever the zoom, so they live outside the scaled group.
    put(node, [x, y]) {
      node.setAttribute(
        "transform",
        `translate(${(100 * x) / view.reach} ${(-100 * y) / view.reach})`,
      );
    },
    /** A text beside a point, above or below its middle; turned inward where it would be cut. */
    name(node, [x, y], above) {
      const [right, down] = [(100 * x) / view.reach, (-100 * y) / view.reach];
      const room = 100 - Math.abs(right) > 18 + 6.5 * node.textContent.length;
      const side = (right >= 0) === room ? 1 : -1;
      const [top, bottom] = above ? [-88, 81] : [-73, 94];
      node.setAttribute("class", side < 0 ? "end" : "start");
      node.setAttribute("x", right + 12 * side);
      node.setAttribute("y", Math.min(bottom, Math.max(top, down + (above ? -4 : 11))));
    },
    locate(event) {
      const inside = world.getScreenCTM().inverse();
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(inside);
      return [x, y];
    },
  };
  return view;
}

/** Points joined by a line, as the `d` of a path; four decimals are finer than any screen. */
export const line = (points) =>
  "M" + points.map((point) => point.map((v) => v.toFixed(4)).join(" ")).join("L");

/**
 * A point that moves in two directions, by pointer and by keyboard.
 * `read`, `write` and `home` are the only ties to the state; `write` gets rounded values within
 * `limit`, and `home` is where the key Home goes.
 */
export function handle(view, { name, text, limit, read, write, home, kind }) {
  const node = svg(
    "g",
    {
      class: `handle ${kind}`,
      tabindex: 0,
      role: "slider",
      "aria-label": name,
      "aria-roledescription": "point that moves in two directions",
      "aria-valuemin": -limit,
      "aria-valuemax": limit,
    },
    svg("circle", { r: 14, class: "ring" }),
    svg("circle", { r: 8, class: "knob" }),
  );
  // What a finger may hit lies under all knobs, so that none takes the place of another.
  const reach = svg("circle", { r: 24, class: "reach" });
  // Two decimals: a value that the reader can copy, and that the number fields can show.
  const tidy = (v) => Math.round(100 * Math.min(limit, Math.max(-limit, v))) / 100;
  const move = ([x, y]) => write([tidy(x), tidy(y)]);
  let grip = [0, 0]; // from the pointer to the point: a finger need not hit its middle

  for (const target of [reach, node]) {
    target.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      node.focus({ preventScroll: true });
      target.setPointerCapture(event.pointerId);
      const [x, y] = view.locate(event);
      const [x0, y0] = read();
      grip = [x0 - x, y0 - y];
    });
    target.addEventListener("pointermove", (event) => {
      if (!target.hasPointerCapture(event.pointerId)) return;
      const [x, y] = view.locate(event);
      move([x + grip[0], y + grip[1]]);
    });
    // touch-action has no effect on parts of an SVG: without this the page would scroll instead.
    target.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  }

  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const way = ways[event.key];
    if (!way && event.key !== "Home") return;
    event.preventDefault();
    if (!way) return write(home());
    const stride = event.shiftKey ? 0.5 : 0.05;
    const [x, y] = read();
    move([x + stride * way[0], y + stride * way[1]]);
  });

  view.grips.append(reach);
  view.marks.append(node);
  return function redraw() {
    const point = read();
    for (const each of [reach, node]) view.put(each, point);
    node.setAttribute("aria-valuenow", point[0]);
    node.setAttribute("aria-valuetext", text(point));
  };
}

/** Keep keys inside: a notebook would take the arrows for itself. */
export function keepKeys(root) {
  for (const type of ["keydown", "keyup"]) root.addEventListener(type, (e) => e.stopPropagation());
}

/** Speak only when the reader pauses, else a drag would read out every step. */
export function speaker(node, pause = 600) {
  let timer;
  return (sentence) => {
    clearTimeout(timer);
    timer = setTimeout(() => (node.textContent = sentence), pause);
  };
}
