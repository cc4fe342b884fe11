// The life of a view: its state, what it says aloud, and how it follows both.
import { html } from "./elements.js";

/**
 * The model as a view needs it. `set` changes several values and redraws once; `load` also
 * remembers them as what the key Home and the button Reset go back to.
 */
export function stateOf(model, keys) {
  const get = (key) => model.get(key);
  const all = () => Object.fromEntries(keys.map((key) => [key, get(key)]));
  const first = all();
  let loaded = first;
  let busy = false;
  let listener = () => {};
  const changed = () => busy || listener();
  function set(values) {
    busy = true;
    for (const [key, value] of Object.entries(values)) model.set(key, value);
    busy = false;
    listener();
    model.save_changes();
  }
  return {
    get,
    all,
    set,
    first,
    loaded: () => loaded,
    load(values) {
      loaded = values;
      set(values);
    },
    /** Call `draw` on every change; returns what ends it. */
    watch(draw) {
      listener = draw;
      for (const key of keys) model.on(`change:${key}`, changed);
      return () => keys.forEach((key) => model.off(`change:${key}`, changed));
    },
  };
}

/** Keep keys inside: a notebook would take the arrows for itself. */
function keepKeys(root) {
  for (const type of ["keydown", "keyup"]) root.addEventListener(type, (e) => e.stopPropagation());
}

/** Speak only when the reader pauses, else a drag would read out every step. */
function speaker(node, pause = 600) {
  let timer;
  return (sentence) => {
    clearTimeout(timer);
    timer = setTimeout(() => (node.textContent = sentence), pause);
  };
}

/**
 * Put the view of that name into `el` and keep it in step with the state.
 * `draw` draws everything and returns the sentence that says what is new.
 */
export function live({ el, name, state, nodes, draw }) {
  const spoken = html("p", { class: "spoken", role: "status", "aria-live": "polite" });
  const say = speaker(spoken);
  const root = html("div", { class: `explorable-view ${name}` }, ...nodes, spoken);
  keepKeys(root);
  draw(); // nothing is said on arrival: only a change made by the reader is news
  const end = state.watch(() => say(draw()));
  el.append(root);
  return end;
}
