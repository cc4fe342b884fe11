// Making elements, and numbers and symbols as text.

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

/** For marks whose bare "x" or "−2" would help nobody when read aloud. */
export const quiet = { "aria-hidden": "true" };

/** A line of the same width whatever the zoom of its plane. */
export const thin = { "vector-effect": "non-scaling-stroke" };

/** A letter that stands for a quantity, and one with an index, as in W_11 or x_k. */
export const letter = (name) => html("var", {}, name);
export const symbol = (name, index) => html("var", {}, name, html("sub", {}, index));

/** A symbol with an index as part of an SVG, where there is no <sub>. */
export const svgSymbol = (name, index) => [
  name,
  svg("tspan", { dy: 3, "font-size": "0.8em" }, index),
];

/** Parts that stay on one line. */
export const whole = (...parts) => html("span", { class: "whole" }, ...parts);

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

/** A factor with four digits, or as many as tell it from ±1: there growth and decay change. */
export function factor(value) {
  let digits = 4;
  while (digits < 8 && Math.abs(Number(value.toPrecision(digits))) === 1) digits += 1;
  return digits === 4 ? number(value) : String(Number(value.toPrecision(digits))).replace("-", "−");
}

/** Points joined by a line, as the `d` of a path; four decimals are finer than any screen. */
export const line = (points) =>
  points.length
    ? "M" + points.map((point) => point.map((v) => v.toFixed(4)).join(" ")).join("L")
    : "";

/** A part of a view under its title. */
export const panel = (title, ...parts) =>
  html("div", { class: "panel" }, html("p", { class: "title" }, ...title), ...parts);
