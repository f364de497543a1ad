// The boxes of a week are ordinary ones. With a pointer one paints over them: the first decides whether hours
// are ticked or cleared. With arrow keys one walks through the grid. On a touch screen a stroke up or down
// scrolls the page, one to the side paints; what a stroke painted before it became a scroll is undone.
const grid = document.querySelector("table.hours");

function show(box) {
  box.parentElement.classList.toggle("on", box.checked);
}

function boxAt(x, y) {
  const under = document.elementFromPoint(x, y);
  const label = under && under.closest("table.hours label");
  return label ? label.querySelector("input") : null;
}

function set(box, to) {
  if (box.checked === to) return;
  box.checked = to;
  show(box);
}

function next(box, key) {
  const cell = box.closest("td");
  const row = cell.parentElement;
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
  if (!step) return null;
  let at = [row.sectionRowIndex, cell.cellIndex];
  for (;;) {
    at = [at[0] + step[0], at[1] + step[1]];
    const beside = grid.tBodies[0].rows[at[0]];
    const there = beside && beside.cells[at[1]];
    if (!there || there.tagName === "TH") return null;
    const found = there.querySelector("input");
    if (found) return found; // an hour that a child has is passed over
  }
}

if (grid) {
  let painting = null;
  let painted = false;
  for (const box of grid.querySelectorAll("input")) {
    show(box);
    box.addEventListener("change", () => show(box));
  }
  grid.addEventListener("pointerdown", (event) => {
    const box = boxAt(event.clientX, event.clientY);
    if (!box || event.button !== 0) return;
    painted = false;
    painting = { to: !box.checked, from: box, moved: false, were: new Map() };
    // A touch captures the pointer; painting needs to know what lies under it.
    if (event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
  });
  grid.addEventListener("pointermove", (event) => {
    if (!painting) return;
    const box = boxAt(event.clientX, event.clientY);
    if (!box || (box === painting.from && !painting.moved)) return;
    painting.moved = true;
    for (const each of [painting.from, box]) {
      if (!painting.were.has(each)) painting.were.set(each, each.checked);
      set(each, painting.to);
    }
  });
  document.addEventListener("pointerup", () => {
    painted = painting !== null && painting.moved;
    painting = null;
  });
  document.addEventListener("pointercancel", () => {
    if (painting) for (const [box, was] of painting.were) set(box, was);
    painted = false;
    painting = null;
  });
  grid.addEventListener(
    "click",
    (event) => {
      if (painted) event.preventDefault(); // the end of a stroke is no tap
      painted = false;
    },
    { capture: true },
  );
  grid.addEventListener("keydown", (event) => {
    const found = event.target.matches("input") && next(event.target, event.key);
    if (!found) return;
    event.preventDefault();
    found.focus();
  });
}
