// What is wider than its box scrolls there. Its edges show on which side there is more, and the
// keyboard reaches a formula that scrolls.
const formulas = ".katex-display, table:is(.steps, .ledger) td:first-child";
const boxes = document.querySelectorAll(
  `${formulas}, .bd-article pre, .pst-scrollable-table-container`,
);

function mark(box) {
  const more = box.scrollWidth - box.clientWidth;
  const left = Math.abs(box.scrollLeft);
  // A box may end up to a pixel before the end of what is in it.
  box.classList.toggle("more-left", more > 1 && left > 1);
  box.classList.toggle("more-right", more - left > 1);
}

function reach(box) {
  mark(box);
  if (!box.matches(formulas)) return;
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Formula, scrolls sideways");
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
}

const widths = new ResizeObserver((entries) => entries.forEach(({ target }) => reach(target)));
boxes.forEach((box) => {
  widths.observe(box);
  box.addEventListener("scroll", () => mark(box), { passive: true });
});
// The fonts of the formulas come late and change how wide they are, not how wide their boxes are.
document.fonts.addEventListener("loadingdone", () => boxes.forEach(reach));
