// Axes with ticks, series of points, and a place on a chart that a reader picks.
import { line, number, power, quiet, svg } from "./elements.js";

// Between two ticks of an axis: of a linear one up to a power of ten, of a logarithmic one in
// powers of ten.
const LINEAR = [1, 2, 5, 10];
const LOGARITHMIC = [1, 2, 5, 10, 20, 50, 100, 200, 500];
// How many pixels a finger moves sideways before it picks.
const SIDEWAYS = 3;

/**
 * A linear axis: the value `low` stands at the place `start`, `high` at `end`.
 * `marks` are the values of its ticks; without them there are about `count`.
 */
export function linear(low, high, start, end, { marks, count = 5 } = {}) {
  const wide = high - low || 1;
  const inside = (v) => start + ((v - low) * (end - start)) / wide;
  const place = (v) => (high === low ? (start + end) / 2 : inside(v));
  const size = 10 ** Math.floor(Math.log10(wide / count));
  const stride = size * LINEAR.find((each) => each * size * count >= wide * (1 - 1e-9));
  const first = Math.ceil(low / stride - 1e-9);
  const many = Math.floor(high / stride + 1e-9) - first + 1;
  const values = marks ?? Array.from({ length: many }, (_, i) => (first + i) * stride);
  const tick = (v) => ({ at: place(v), text: number(v), kind: v ? "grid" : "axis" });
  // Back from a place to the value there, for what is dragged.
  const value = (at) => low + ((at - start) * (high - low)) / (end - start);
  return { place, value, ticks: values.map(tick) };
}

/**
 * A logarithmic axis from `start` to `end`, wide enough for 1 and for all sizes.
 * It has no 0 and no ∞: if a size is 0 or ∞, then `start` or `end` is a tick of its own for it.
 * `ends` are the powers of ten at its ends, if the sizes are not to say.
 */
export function logarithmic(sizes, start, end, options = {}) {
  const { ends, marks, count = 5, edge = 8, apart = 16 } = options;
  const logs = sizes.filter((v) => v > 0 && v < Infinity).map(Math.log10);
  const high = ends?.[1] ?? Math.ceil(Math.max(...logs, 0) + 0.05);
  const low = ends?.[0] ?? Math.floor(Math.min(...logs, 0) - 0.05);
  const way = Math.sign(end - start);
  const zero = sizes.includes(0);
  const infinite = sizes.includes(Infinity);
  const lowest = start + way * (zero ? apart : edge);
  const highest = end - way * (infinite ? apart : 0);
  const inside = (v) => lowest + ((Math.log10(v) - low) * (highest - lowest)) / (high - low);
  const place = (v) => (v === 0 ? start : v === Infinity ? end : inside(v));
  const stride = LOGARITHMIC.find((each) => (high - low) / each <= count);
  const ticks = [];
  const tick = (v, text) => ticks.push({ at: place(v), text, kind: v === 1 ? "axis" : "grid" });
  for (let e = stride * Math.ceil(low / stride); !marks && e <= high; e += stride)
    tick(10 ** e, e ? power(e) : "1");
  for (const v of marks ?? []) tick(v, number(v));
  if (zero) tick(0, "0");
  if (infinite) tick(Infinity, "∞");
  return { place, ticks };
}

/**
 * A chart of `width` by `height`, with `room` around its axes.
 * Draw it with `axes(x, y)`, both made by `linear` or `logarithmic`, and then its series.
 */
export function chart({ width = 330, height = 150, room = {}, ...attributes }) {
  const { left, right, top, bottom } = { left: 42, right: 12, top: 8, bottom: 24, ...room };
  const ticks = svg("g", quiet);
  const box = `0 0 ${width} ${height}`;
  const canvas = svg("svg", { viewBox: box, role: "img", ...attributes }, ticks);
  const view = {
    canvas,
    left,
    top,
    bottom: height - bottom,
    right: width - right,
    /** Another width, in which left, right, top and bottom keep their distances. */
    resize(wider) {
      view.right = wider - right;
      canvas.setAttribute("viewBox", `0 0 ${wider} ${height}`);
    },
    axes(x, y) {
      view.x = x;
      view.y = y;
      ticks.replaceChildren();
      for (const { at, text, kind } of y.ticks)
        ticks.append(
          svg("path", { d: `M${left} ${at}H${view.right + 6}`, class: kind }),
          svg("text", { x: left - 6, y: at + 4, class: "tick end" }, text),
        );
      for (const { at, text } of x.ticks)
        ticks.append(svg("text", { x: at, y: height - 6, class: "tick" }, text));
    },
    /** The place of a pair of values, the pair under a pointer, and a node moved to a pair. */
    at: ([x, y]) => [view.x.place(x), view.y.place(y)],
    locate(event) {
      const inside = canvas.getScreenCTM().inverse();
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(inside);
      return [view.x.value(x), view.y.value(y)];
    },
    put(node, pair) {
      node.setAttribute("transform", `translate(${view.at(pair).join(" ")})`);
    },
    // What a `handle` on this chart consists of; a view puts both over its series.
    grips: svg("g"),
    marks: svg("g"),
    /** A line with a dot at each point; returns what draws it through pairs of values. */
    series(kind, radius = 2.6) {
      const path = svg("path", { class: kind });
      const dots = svg("g", { class: kind });
      canvas.append(path, dots);
      return (pairs) => {
        const points = pairs.map(view.at);
        path.setAttribute("d", line(points));
        dots.replaceChildren(...points.map(([cx, cy]) => svg("circle", { cx, cy, r: radius })));
      };
    },
  };
  return view;
}

/**
 * Redraw a chart in the pixels of the page whenever its width changes, so that its text keeps its
 * size on a narrow page. Its height stays, else a change of width would never come to rest.
 */
export function fitted(view, draw) {
  view.canvas.style.height = `${view.canvas.viewBox.baseVal.height}px`;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === 0) return;
    view.resize(contentRect.width);
    draw();
  }).observe(view.canvas);
}

/**
 * A slider whose track is a drawing: a value picked by mouse, touch and keys.
 * `locate` turns how far right a pointer is in the drawing into a value; `range` gives the least
 * and the largest. Returns the node that has the focus, to be filled with what shows the value,
 * and what keeps it in step.
 */
export function picker(canvas, { name, range, step, page, read, write, locate, text }) {
  const node = svg("g", { class: "picker", tabindex: 0, role: "slider", "aria-label": name });
  const within = (v) => Math.min(range()[1], Math.max(range()[0], Math.round(v / step) * step));
  const pick = (v) => within(v) !== read() && write(within(v));
  const place = (event) => {
    const { x } = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      canvas.getScreenCTM().inverse(),
    );
    pick(locate(x));
  };
  canvas.classList.add("pickable"); // its style lets a finger scroll the page up and down
  // A finger picks once it has moved sideways, or when it is lifted where it came down: one that
  // moves up or down scrolls, and must not pick on its way.
  let from;
  const decides = ({ pointerType, clientX, clientY }) => {
    if (!from || pointerType !== "touch") return true;
    const [across, along] = [clientX - from.x, clientY - from.y].map(Math.abs);
    return across > SIDEWAYS && across > along;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    node.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    from = event.pointerType === "touch" && { x: event.clientX, y: event.clientY };
    if (!from) place(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId) || !decides(event)) return;
    from = null;
    place(event);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (from) place(event);
    from = null;
  });
  canvas.addEventListener("pointercancel", () => (from = null));
  const ways = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
  const pages = { PageDown: -1, PageUp: 1 };
  const ends = { Home: 0, End: 1 };
  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { key } = event;
    if (key in ways) pick(read() + ways[key] * (event.shiftKey ? page : step));
    else if (key in pages) pick(read() + pages[key] * page);
    else if (key in ends) pick(range()[ends[key]]);
    else return;
    event.preventDefault();
  });
  return {
    node,
    draw() {
      const [low, high] = range();
      node.setAttribute("aria-valuemin", low);
      node.setAttribute("aria-valuemax", high);
      node.setAttribute("aria-valuenow", read());
      node.setAttribute("aria-valuetext", text(read()));
    },
  };
}
