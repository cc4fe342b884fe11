// What is wider than its box scrolls there; this lets the keyboard reach such a box.
const boxes = document.querySelectorAll(".katex-display, table:is(.steps, .ledger) td:first-child");

function reach(box) {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Formula, scrolls sideways");
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
}

const widths = new ResizeObserver((entries) => entries.forEach(({ target }) => reach(target)));
boxes.forEach((box) => widths.observe(box));
// The fonts of the formulas come late and change how wide they are, not how wide their boxes are.
document.fonts.addEventListener("loadingdone", () => boxes.forEach(reach));
