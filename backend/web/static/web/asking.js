/* Parts of a page that ask again by themselves: data-asks says where, data-every how often, in milliseconds.
   What comes back takes the place of the parts with its ids; an answer may ask for the whole page anew (Reload). Written
   for old phones' browsers, which can't read the libraries for this: a child who waits for somebody, and whoever is on
   duty, may hold one. */

const TICK = 500;
const PATIENCE = 10000; // milliseconds for an answer
const OFTEN = 3; // so many times without one are told
const waited = new WeakMap(); // part → milliseconds since it asked last, by ticks: a device's clock may be set
let inVain = 0;

export async function ask(part) {
  waited.set(part, -Infinity); // it waits for the answer
  const patience = new AbortController();
  const over = setTimeout(() => patience.abort(), PATIENCE);
  try {
    // Said, so that nobody is kept signed in by a page that lies open.
    const headers = { "Asks-Again": "1" };
    const answer = await fetch(part.dataset.asks, { headers, credentials: "same-origin", signal: patience.signal });
    // Signed out meanwhile: the page itself leads to the sign-in.
    if (answer.redirected || answer.headers.get("Reload")) return location.reload();
    if (answer.status === 200) take(await answer.text());
    inVain = answer.status < 500 ? 0 : inVain + 1;
  } catch (error) {
    inVain += 1; // no network: the next time
  }
  clearTimeout(over);
  for (const line of document.querySelectorAll("[data-in-vain]")) line.hidden = inVain < OFTEN;
  waited.set(part, 0);
}

function take(text) {
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  for (const part of Array.from(fresh.content.children)) {
    const shown = part.id && document.getElementById(part.id);
    if (!shown) continue;
    const held = shown.contains(document.activeElement) && document.activeElement.outerHTML;
    // The part itself stays: what reads screens listens to it.
    for (const name of Object.keys(shown.dataset)) delete shown.dataset[name];
    Object.assign(shown.dataset, part.dataset);
    // Nor is anything taken from under somebody's finger where nothing is new.
    if (shown.innerHTML === part.innerHTML) continue;
    shown.textContent = "";
    shown.append(...Array.from(part.childNodes));
    const again = held && Array.from(shown.querySelectorAll("a, button")).find((each) => each.outerHTML === held);
    if (again) again.focus({ preventScroll: true }); // who goes by keys stays where they are
  }
  document.body.dispatchEvent(new Event("answered"));
}

setInterval(() => {
  for (const part of document.querySelectorAll("[data-asks][data-every]")) {
    waited.set(part, (waited.get(part) || 0) + TICK);
    if (waited.get(part) >= Number(part.dataset.every)) ask(part);
  }
}, TICK);
