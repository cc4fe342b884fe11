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
