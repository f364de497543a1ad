// Shown in the place of a page that could not be fetched: with the network back, that page comes.
window.addEventListener("online", () => location.reload());
