// Keys must reach a frame whose table is wider than it, and need not stop at one that shows all of it; eyes are told by the line above it.
const watching = new ResizeObserver((entries) => entries.forEach(({ target }) => tell(target.closest(".table-frame"))));

function tell(frame) {
  frame.previousElementSibling.hidden = frame.scrollWidth <= frame.clientWidth;
  if (frame.scrollWidth > frame.clientWidth) {
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", frame.querySelector("caption").textContent.trim());
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) frame.removeAttribute(name);
  }
}

for (const table of document.querySelectorAll(".table-frame > table")) {
  watching.observe(table);
  watching.observe(table.parentElement);
}
