// Controls with their labels. Each has a `node` to place and a `draw` that follows the state.
import { html, letter, number } from "./elements.js";

/**
 * A slider, with its label and in bold the value it stands at.
 * `scale` is made by `steady` or `multiplied`; `text` is the value in words.
 */
export function slider({ label, scale, read, write, text = number }) {
  const { min, max, step } = scale;
  const input = html("input", { type: "range", min, max, step });
  const shown = html("b"); // an <output> would take the label for itself
  input.addEventListener("input", () => write(scale.value(Number(input.value))));
  return {
    node: html("label", {}, html("span", {}, ...label, " = ", shown), input),
    draw() {
      input.value = scale.position(read());
      input.setAttribute("aria-valuetext", text(read()));
      shown.textContent = number(read());
    },
  };
}

/** A slider's scale: from `min` to `max` in equal steps. */
export const steady = (min, max, step = 1) => ({
  min,
  max,
  step,
  value: (position) => position,
  position: (value) => value,
});

/**
 * A slider's scale: from 1/`most` through exactly 1 to `most`, with `steps` steps to either side.
 * Values have three digits, so that what is shown is what is used.
 */
export const multiplied = (most, steps) => ({
  min: -steps,
  max: steps,
  step: 1,
  value: (position) => Number((most ** (position / steps)).toPrecision(3)),
  position: (value) => Math.round((steps * Math.log(value)) / Math.log(most)),
});

/** A slider's scale: the numbers 1, 2 and 5 times a power of ten, from 10^`low` to 10^`high`. */
export const decades = (low, high) => ({
  min: 3 * low,
  max: 3 * high,
  step: 1,
  value: (position) => Number((10 ** (position / 3)).toPrecision(1)),
  position: (value) => Math.round(3 * Math.log10(value)),
});

/** A choice of one name from many, in a list that opens. */
export function choice({ label, names, read, write }) {
  const node = html("select", {}, ...names.map((name) => html("option", { value: name }, name)));
  node.addEventListener("change", () => write(node.value));
  return {
    node: html("label", {}, html("span", {}, ...label), node),
    draw: () => (node.value = read()),
  };
}

/** A choice from few, as buttons of which one is pressed; `names` says what stands on each. */
export function choiceButtons({ label, names, read, write }) {
  const caption = html("span", {}, ...label);
  const buttons = Object.entries(names).map(([value, name]) => {
    const node = html("button", { type: "button" }, name);
    node.addEventListener("click", () => write(value));
    return [value, node];
  });
  const group = html("div", { role: "group", class: "buttons" }, ...buttons.map(([, node]) => node));
  group.setAttribute("aria-label", caption.textContent);
  return {
    node: html("div", { class: "choice" }, caption, group),
    draw: () =>
      buttons.forEach(([value, node]) => node.setAttribute("aria-pressed", value === read())),
  };
}

/** A button for each example, and one that goes back to the state of the page. */
export function presets(state, examples) {
  const button = ([label, values]) => {
    const node = html("button", { type: "button" }, label);
    node.addEventListener("click", () => state.load(values));
    return node;
  };
  const entries = [...Object.entries(examples), ["Reset", state.first]];
  return html(
    "div",
    { class: "presets", role: "group", "aria-label": "Examples" },
    ...entries.map(button),
  );
}

/** Four decimals: what the field shows is what is used. */
const entry = (text) => Math.round(1e4 * Number(text)) / 1e4;

/** Where number fields say which numbers they take. */
export const refusal = () => html("p", { class: "refusal", role: "status" });

/**
 * A field for a number within ±limit. A number out of range changes nothing; then `says` stands
 * in the node `refused` until the next change.
 */
export function numberField({ name, limit, read, write, refused, says, step = 0.05 }) {
  const field = html("input", { type: "number", min: -limit, max: limit, step });
  field.setAttribute("aria-label", name);
  field.addEventListener("input", () => {
    const { badInput, rangeOverflow, rangeUnderflow } = field.validity;
    const wrong = rangeOverflow || rangeUnderflow;
    field.setAttribute("aria-invalid", wrong);
    refused.textContent = wrong ? says : "";
    // An entry half typed ("-", "") is not a number to draw yet.
    if (!wrong && !badInput && field.value !== "") write(entry(field.value));
  });
  const show = () => (field.value = read());
  field.addEventListener("blur", () => {
    // The sentence stays until something else happens: the entry itself is gone now.
    field.removeAttribute("aria-invalid");
    show();
  });
  return {
    node: field,
    draw() {
      refused.textContent = "";
      const typing = field.getRootNode().activeElement === field && entry(field.value) === read();
      if (!typing) show();
    },
  };
}

/** A number field under its letter. */
export function labelledField({ name, ...others }) {
  const { node, draw } = numberField({ name: name.join(""), ...others });
  const [base, index] = name;
  const shown = index ? html("var", {}, base, html("sub", {}, index)) : letter(base);
  return { node: html("label", {}, html("span", {}, shown), node), draw };
}
