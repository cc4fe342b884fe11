// The one unit y ↦ σ(wy + b): where its orbits end. The formulas are those of a kernel, and what
// has no formula is found by halving an interval in which one side is low and the other high.
//
// Everything is solved in x = σ⁻¹(y), and a fixed point is known as well as its equation allows: an
// error of rounding, divided by |1 − wσ′(x)|. Away from the folds that leaves fourteen digits, at a
// fold half of them, and at the cusp a third.

/** Where an increasing function goes through 0, between `low` and `high`, to the last digit. */
export function root(f, low, high) {
  for (;;) {
    const middle = (low + high) / 2;
    if (!(low < middle && middle < high)) return middle;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
}

export function oneUnit(kernel) {
  const shift = (w, x) => kernel.shift(w, x)[0];
  const logit = (y) => kernel.logit(y)[0];
  const drive = (w, b, y) => kernel.drive(w, b, y)[0];
  const sigma = (x) => kernel.sigma(x)[0];
  /** The x > 0 where curves of fold and flip begin; there is none for |w| < 4. */
  const turn = (w) => (Math.abs(w) < 4 ? null : kernel.turn(Math.abs(w) - 4)[0]);

  /** A point with its slope, and the multiplier that it has if it is fixed. */
  function point(w, x) {
    const [y, slope] = kernel.sigma(x);
    return { x, y, slope, multiplier: kernel.multiplier(w, slope)[0] };
  }

  /** The b at which the number of fixed points changes, the lower first; for w ≥ 4. */
  const folds = (w) => [shift(w, turn(w)), shift(w, -turn(w))];
  /** The b between which there is a two-cycle, the lower first; for w ≤ −4. */
  const flips = (w) => [shift(w, -turn(w)), shift(w, turn(w))];

  /** The one, two or three fixed points, in ascending order. */
  function fixedPoints(w, b) {
    const low = b + Math.min(0, w);
    const high = b + Math.max(0, w);
    const rising = (from, to) => point(w, root((x) => shift(w, x) - b, from, to));
    if (w <= 4) return [rising(low, high)];
    const [lower, upper] = folds(w);
    const x = turn(w);
    const found = [];
    if (b <= upper) found.push(rising(Math.min(low, -x), -x));
    if (lower < b && b < upper) found.push(point(w, root((x) => b - shift(w, x), -x, x)));
    if (b >= lower) found.push(rising(x, Math.max(high, x)));
    return found;
  }

  /** Which of these fixed points parts those that go low from those that go high; or null. */
  function parting(w, b, points) {
    if (points.length === 2) return b === folds(w)[0] ? 1 : 0;
    return points.length === 3 ? 1 : null;
  }

  /** Whether each fixed point attracts from both sides. */
  function attracting(w, b, points) {
    const part = parting(w, b, points);
    return points.map(({ multiplier }, i) => (part === null ? multiplier >= -1 : i !== part));
  }

  /** The two-cycle around the fixed point: its two states and their multiplier; or null. */
  function twoCycle(w, b, [{ x, multiplier }] = fixedPoints(w, b)) {
    if (!(multiplier < -1)) return null;
    const next = (x) => drive(w, b, sigma(x));
    const first = root((x) => x - next(next(x)), b + w, x);
    const [low, high] = [point(w, first), point(w, next(first))];
    return { low, high, multiplier: kernel.pair(w, low.slope, high.slope)[0] };
  }

  /**
   * Where the orbit of y0 ends. `y` is its limit, or on a two-cycle the limit of every second
   * state; `index` counts the fixed points, and `unstable` says that the orbit never left one.
   */
  function end(w, b, y0, points = fixedPoints(w, b)) {
    const x0 = logit(y0);
    const here = (index, unstable = false) => ({ ...points[index], index, cycle: null, unstable });
    // Where this is 0, y0 is a fixed point itself.
    const side = Math.sign(b - shift(w, x0));
    if (points.length === 1) {
      const cycle = twoCycle(w, b, points);
      if (!cycle || side === 0) return here(0, cycle !== null);
      return { ...(side > 0 ? cycle.low : cycle.high), index: 0, cycle, unstable: false };
    }
    // A point where two have met attracts from one side.
    const x = turn(w);
    if (points.length === 2) return here(Number(parting(w, b, points) ? x0 >= x : x0 > -x));
    if (x0 <= -x) return here(0);
    if (x0 >= x) return here(2);
    return side ? here(side > 0 ? 2 : 0) : here(1, true);
  }

  /**
   * The b at which the end of the orbit of y0 jumps: for w > 4 from the lowest fixed point to the
   * highest, for w < −4 between the two states of the cycle. Null where nothing jumps.
   */
  function shock(w, y0) {
    const x = turn(w);
    const x0 = logit(y0);
    if (x === null || w === 4 || (w < 0 && Math.abs(x0) >= x)) return null;
    return shift(w, Math.min(x, Math.max(-x, x0)));
  }

  /** y_0 to y_n. */
  function orbit(w, b, y0, n) {
    const states = [y0];
    while (states.length <= n) states.push(sigma(drive(w, b, states.at(-1))));
    return states;
  }

  return {
    logit,
    shift,
    turn,
    point,
    folds,
    flips,
    fixedPoints,
    parting,
    attracting,
    twoCycle,
    end,
    shock,
    orbit,
  };
}
