/* The page of a room: shows what the client knows, and hands it what is typed. Words come from the server. */

import { Outbox, RoomClient } from "./client.js";
import { Log } from "./log.js";

const { room, you, name, page, held, words, most, hours } = JSON.parse(document.getElementById("room-data").textContent);
const part = (id) => document.getElementById(id);
const [line, presence, session, typing, form, text, count, newer] = [
  "line", "presence", "session", "typing", "say", "text", "count", "newer",
].map(part);
const older = `/api/v1/rooms/${room}/messages/`;
const storage = kept();
let before = page.before;
let returned = ""; // words that the room gave back, as they stand at the beginning of the field
let loading = false;
const draft = `draft:${name}`;
const log = new Log({ list: part("log"), scroller: part("scroller"), you, words });
const client = new RoomClient({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/rooms/${room}/`,
  you,
  page,
  outbox: new Outbox(storage, name),
  loadPage: () => load(older),
  on: {
    welcome: (frame) => {
      for (const member of frame.members) if (member.who !== you) showPresence(member.state);
      showSession(frame.session);
      showReaders(frame.readers);
    },
    row: (frame) => {
      const mine = frame.from === you;
      if (frame.t === "msg" && !mine) typing.hidden = true;
      if (frame.t === "msg" && mine) document.body.dispatchEvent(new Event("said")); // Help may be offered now
      if (frame.kind === "session_opened") showSession({ opened_at: frame.at });
      if (frame.kind === "session_ended") showSession(null);
      if (frame.kind === "readers_changed") showReaders(words.all[Math.min(frame.parents, words.all.length - 1)]);
      say("");
      log.append(frame);
      if (!log.atEnd() && frame.t === "msg" && !mine) newer.hidden = false;
      markRead();
    },
    reset: (fresh) => {
      before = fresh.before;
      log.restart(fresh);
    },
    presence: (frame) => frame.who !== you && showPresence(frame.state),
    typing: (frame) => showTyping(frame.on),
    read: (frame) => frame.who !== you && log.showRead(frame.s),
    warn: (frame) => say(words.warn.replace("%s", log.clock(frame.at))),
    held: (frame) => log.held(frame.cid, frame.body || held[frame.cid], frame.state),
    masked: (s) => log.masked(s),
    settled: (cid) => log.settled(cid),
    refused: giveBack,
    line: showLine,
  },
});

log.restart(page);
for (const [cid, body] of client.outbox.entries) log.pending(cid, body);
text.value = storage.getItem(draft) || "";
measure();
client.open();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = text.value.trim();
  if (!body || [...body].length > most) return;
  log.pending(client.say(body), body);
  log.toEnd();
  returned = "";
  write("");
  tellTyping(false);
  text.focus();
});
text.addEventListener("keydown", (event) => {
  // Enter that chooses a word of an input method must not send; 229 is what some of them report.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit ? form.requestSubmit() : part("send").click();
});
text.addEventListener("input", () => {
  returned = "";
  storage.setItem(draft, text.value);
  measure();
  tellTyping(text.value.trim() !== "");
});
part("scroller").addEventListener("scroll", () => {
  if (log.atEnd()) newer.hidden = true;
  markRead();
});
newer.addEventListener("click", () => log.toEnd());
line.addEventListener("click", () => client.open());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  client.open();
  markRead();
});
window.addEventListener("online", () => client.open());
window.addEventListener("offline", () => client.lost(1006));

/** Older messages come when their end of the list is scrolled into view. */
const top = part("older");
const observer = new IntersectionObserver(async ([seen]) => {
  if (!seen.isIntersecting || before === null || loading) return;
  loading = true;
  try {
    const found = await load(`${older}?before=${before}&limit=50`);
    before = found.before;
    log.prepend(found.results);
    observer.unobserve(top);
    observer.observe(top); // it may still be in view
  } catch (error) {
    // Offline: the next scroll tries again.
  }
  loading = false;
}, { root: part("scroller"), rootMargin: "200px" });
observer.observe(top);

async function load(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** Where the outbox and the draft are kept; a browser that forbids it keeps them for this page only. */
function kept() {
  try {
    window.localStorage.setItem("kept", "");
    window.localStorage.removeItem("kept");
    return window.localStorage;
  } catch (error) {
    const nothing = Object.create({ getItem: () => null, setItem: () => {}, removeItem: () => {} });
    return nothing;
  }
}

function write(value) {
  text.value = value;
  storage.setItem(draft, value);
  measure();
}

function measure() {
  const over = [...text.value.trim()].length - most;
  count.hidden = over <= 0;
  count.textContent = over > 0 ? words.over.replace("%s", over) : "";
  part("send").disabled = over > 0;
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, 160)}px`;
}

let toldTyping = 0;
function tellTyping(on) {
  const now = Date.now();
  if (on ? now - toldTyping < 3000 : toldTyping === 0) return;
  toldTyping = on ? now : 0;
  client.typing(on);
}

let typingOver = 0;
function showTyping(on) {
  typing.hidden = !on;
  clearTimeout(typingOver);
  typingOver = setTimeout(() => (typing.hidden = true), 6000);
}

function showReaders(readers) {
  part("readers").textContent = words.readers.replace("%s", readers.join(words.comma));
}

function showPresence(state) {
  presence.textContent = words.presence[state];
  presence.dataset.state = state;
}

function showSession(now) {
  session.textContent = now ? words.meeting.replace("%s", log.clock(now.opened_at)) : "";
}

function markRead() {
  if (!document.hidden && log.atEnd()) client.read(client.last);
}

function say(what) {
  line.textContent = what;
  line.hidden = !what;
}

function showLine(state, code) {
  if (state === "live") {
    say("");
    form.hidden = false;
    markRead();
  } else if (state === "waiting") {
    say(words.offline);
    typing.hidden = true;
    presence.textContent = ""; // nobody knows while the network is gone
  } else if (state === "away") {
    say(words.closes[code] || words.closes.other);
    form.hidden = true;
  }
}

/** A message that the room did not take: its words go back into the field, and the reason is said. */
function giveBack(frame) {
  log.settled(frame.cid);
  document.body.dispatchEvent(new Event("said")); // nobody read it, but Help may be offered
  // Several come in the order of saying: each after those before it, and all before what is being written.
  const writing = text.value.slice(returned.length).trim();
  returned = returned ? `${returned}\n${frame.body}` : frame.body;
  write(writing ? `${returned}\n${writing}` : returned);
  const opens = frame.code === "closed" && new Date(Date.now() + frame.retry_ms).toISOString();
  const why = opens && isWithinHours() ? words.full : words.closed; // by day only a full day closes a room
  say(opens ? why.replace("%s", `${log.day(opens)} ${log.clock(opens)}`) : words[frame.code] || words.refused);
}

function isWithinHours() {
  const now = parseInt(log.clock(Date.now()), 10);
  return hours[0] <= now && now < hours[1];
}
