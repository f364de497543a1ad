/* Parts of a page that ask again by themselves: data-asks says where, data-every how often, in milliseconds.
   What comes back takes the place of the parts with its ids; an answer may ask for the whole page anew (Reload). Written
   for old phones' browsers, which can't read the libraries for this: a child who waits for somebody, and whoever is on
   duty, may hold one. */

const TICK = 500;
const waited = new WeakMap(); // part → milliseconds since it asked last, by ticks: a device's clock may be set

export async function ask(part) {
  waited.set(part, -Infinity); // it waits for the answer
  try {
    // Said, so that nobody is kept signed in by a page that lies open.
    const headers = { "Asks-Again": "1" };
    const answer = await fetch(part.dataset.asks, { headers, credentials: "same-origin" });
    if (answer.headers.get("Reload")) return location.reload();
    if (answer.status === 200 && !answer.redirected) take(await answer.text());
  } catch (error) {
    // No network: the next time.
  }
  waited.set(part, 0);
}

function take(text) {
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  for (const part of Array.from(fresh.content.children)) {
    const shown = part.id && document.getElementById(part.id);
    if (!shown) continue;
    // The part itself stays: what reads screens listens to it.
    for (const name of Object.keys(shown.dataset)) delete shown.dataset[name];
    Object.assign(shown.dataset, part.dataset);
    shown.textContent = "";
    shown.append(...Array.from(part.childNodes));
  }
  document.body.dispatchEvent(new Event("answered"));
}

setInterval(() => {
  for (const part of document.querySelectorAll("[data-asks][data-every]")) {
    waited.set(part, (waited.get(part) || 0) + TICK);
    if (waited.get(part) >= Number(part.dataset.every)) ask(part);
  }
}, TICK);
