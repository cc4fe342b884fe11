// Lines on a chart that is too small for them.

/**
 * A line through [x, y] cut at the values `low` and `high`: the pieces that lie between them.
 * `from` and `to` go to a scale in which the line is straight, and back.
 */
export function cut(points, low, high, from = (v) => v, to = (v) => v) {
  const [bottom, top] = [from(low), from(high)];
  const pieces = [];
  let piece = [];
  points.forEach(([x1, y1], i) => {
    const [x0, y0] = points[Math.max(0, i - 1)];
    const [v0, v1] = [from(y0), from(y1)];
    const at = (v) => [x0 + ((v - v0) * (x1 - x0)) / (v1 - v0), to(v)];
    const inside = (v) => v >= bottom && v <= top;
    // A zero on a logarithmic scale is no end of a line.
    const edges = Number.isFinite(v0 - v1)
      ? [bottom, top].filter((v) => Math.min(v0, v1) < v && v < Math.max(v0, v1))
      : [];
    if (v1 < v0) edges.reverse();
    for (const edge of edges) {
      piece.push(at(edge));
      if (piece.length > 1) {
        pieces.push(piece);
        piece = [];
      }
    }
    if (inside(v1)) piece.push([x1, y1]);
    else if (piece.length) {
      pieces.push(piece);
      piece = [];
    }
  });
  if (piece.length) pieces.push(piece);
  return pieces;
}

/** The part of a segment from [x, y] to [x, y] that lies in a window; null if none does. */
export function segment(from, to, [[left, right], [bottom, top]]) {
  const way = [to[0] - from[0], to[1] - from[1]];
  let [first, last] = [0, 1];
  for (const [i, low, high] of [
    [0, left, right],
    [1, bottom, top],
  ]) {
    if (way[i] === 0 && (from[i] < low || from[i] > high)) return null;
    if (way[i] === 0) continue;
    const [enter, leave] = [(low - from[i]) / way[i], (high - from[i]) / way[i]];
    first = Math.max(first, Math.min(enter, leave));
    last = Math.min(last, Math.max(enter, leave));
  }
  if (first > last) return null;
  return [first, last].map((t) => [from[0] + t * way[0], from[1] + t * way[1]]);
}
