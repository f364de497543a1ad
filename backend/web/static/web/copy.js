// A button that copies what stands in a field. Where the browser lets nothing copy, the text is marked at least.
function copied(field) {
  field.focus();
  field.select();
  field.setSelectionRange(0, field.value.length); // for telephones, where select() alone marks nothing
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(field.value).then(
      () => true,
      () => document.execCommand("copy"),
    );
  }
  return Promise.resolve(document.execCommand("copy"));
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.textContent = (await copied(field)) ? button.dataset.copied : button.dataset.marked;
  });
}
