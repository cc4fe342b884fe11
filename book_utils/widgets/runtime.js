// Brings the explorables of a page to life, with no kernel. Each still figure
// <figure class="explorable" data-explorable="name" data-state="{…}"> is replaced by the live
// view of name.js, which lies beside this file. A view that fails leaves the still figure.

/** The part of anywidget's model that a view may use, on a plain object. */
function modelOf(state) {
  const listeners = new Map();
  const fire = (event) => [...(listeners.get(event) ?? [])].forEach((callback) => callback());
  return {
    get: (key) => state[key],
    set(key, value) {
      if (JSON.stringify(state[key]) === JSON.stringify(value)) return;
      state[key] = value;
      fire(`change:${key}`);
      fire("change");
    },
    save_changes() {},
    on(event, callback) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(callback);
    },
    off: (event, callback) => listeners.get(event)?.delete(callback),
  };
}

const styled = new Set();

function style(name, css) {
  if (!css || styled.has(name)) return;
  styled.add(name);
  const sheet = document.createElement("style");
  sheet.textContent = css;
  document.head.append(sheet);
}

async function mount(figure) {
  const name = figure.dataset.explorable;
  const still = figure.querySelector("img");
  try {
    const view = await import(new URL(`./${name}.js`, import.meta.url));
    const el = document.createElement("div");
    await view.default.render({ model: modelOf(JSON.parse(figure.dataset.state)), el });
    style(name, view.css);
    still.replaceWith(el);
    figure.dataset.live = "yes";
  } catch (error) {
    console.error(`The explorable "${name}" did not start; its still figure stays.`, error);
    const note = document.createElement("p");
    note.textContent = "The interactive version did not load, so this figure stands still.";
    figure.append(note);
  }
}

document.querySelectorAll("figure.explorable[data-explorable]").forEach(mount);
