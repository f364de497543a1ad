/* Words that wait in this browser for their room: the first page says so, for only the room sends them.
   What they are called is the outbox's, see room/client.js. */

import { unsent } from "./room/storage.js";

function show() {
  const kept = Object.keys(unsent());
  for (const line of document.querySelectorAll("[data-unsent]")) {
    const number = kept.filter((key) => key.startsWith(line.dataset.unsent)).length;
    const words = line.querySelector("[data-words]");
    words.textContent = words.dataset.words.replace("%s", number);
    line.hidden = number === 0;
  }
}

show();
window.addEventListener("pageshow", show); // back from the room, with the page as it was
