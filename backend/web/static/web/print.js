/* The paper's button, where scripts run; else the page says where to look for it. */
for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
for (const words of document.querySelectorAll("[data-by-hand]")) words.hidden = true;
