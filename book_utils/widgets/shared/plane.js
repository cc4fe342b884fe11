// A plane to draw in, and points in it that a reader moves.
import { quiet, svg, thin } from "./elements.js";

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

/** The grid of whole numbers up to ±limit, with the numbers of `marks` at both axes. */
export function grid(view, limit, marks = [-2, 2]) {
  for (let i = -limit; i <= limit; i++) {
    const kind = i ? "grid" : "axis";
    view.world.append(
      svg("path", { d: `M${i} ${-limit}V${limit}M${-limit} ${i}H${limit}`, class: kind, ...thin }),
    );
  }
  for (const i of marks) {
    for (const [at, dx, dy] of [
      [[i, 0], 0, 13],
      [[0, i], -11, 4],
    ]) {
      const tick = svg("text", { class: "tick", x: dx, y: dy }, String(i).replace("-", "−"));
      const spot = svg("g", quiet, tick);
      view.put(spot, at);
      view.marks.append(spot);
    }
  }
}

/**
 * A point of a plane or of a chart that moves in two directions, by pointer and by keyboard.
 * `read`, `write` and `home` are the only ties to the state; `write` gets rounded values within
 * ±`limit`, or within the two ranges of `limits`, and `home` is where the key Home goes.
 * `grain` says how many values there are from one whole number to the next, in each direction.
 * A view may put other numbers into `limits` and `grain` at any time.
 */
export function handle(view, options) {
  const { name, text, limit, limits, grain = [100, 100], read, write, home, kind } = options;
  const ranges = limits ?? [
    [-limit, limit],
    [-limit, limit],
  ];
  const node = svg(
    "g",
    {
      class: `handle ${kind}`,
      tabindex: 0,
      role: "slider",
      "aria-label": name,
      "aria-roledescription": "point that moves in two directions",
      "aria-valuemin": ranges[0][0],
      "aria-valuemax": ranges[0][1],
    },
    svg("circle", { r: 14, class: "ring" }),
    svg("circle", { r: 8, class: "knob" }),
  );
  // What a finger may hit lies under all knobs, so that none takes the place of another.
  const reach = svg("circle", { r: 24, class: "reach" });
  // Few decimals: a value that the reader can copy, and that the number fields can show.
  const tidy = (v, [low, high], many) => Math.round(many * Math.min(high, Math.max(low, v))) / many;
  const move = (point) => write(point.map((v, i) => tidy(v, ranges[i], grain[i])));
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
    const stride = event.shiftKey ? 50 : 5;
    move(read().map((v, i) => v + (stride * way[i]) / grain[i]));
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
