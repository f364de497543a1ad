/* The page of a room: shows what the client knows, and hands it what is typed. Words come from the server. */

import { ask } from "../asking.js";
import { Outbox, RoomClient } from "./client.js";
import { Composer } from "./composer.js";
import { Log } from "./log.js";
import { drafts, unsent } from "./storage.js";
import { whenThereIsAVoice } from "./voice.js";

const { room, you, name, page, held, words, most, hours, read_to: readTo, slot, next } = JSON.parse(
  document.getElementById("room-data").textContent,
);
const part = (id) => document.getElementById(id);
const [line, again, presence, away, sad, session, typing, form, newer, scroller] = [
  "line", "again", "presence", "away", "sad", "session", "typing", "say", "newer", "scroller",
].map(part);
const older = `/api/v1/rooms/${room}/messages/`;
const CONNECTS_UNSEEN = 3000; // milliseconds before it is worth a word
const BACK_FOR = 3000;
const A_MOMENT = 1000; // what was said is looked at meanwhile
const A_MINUTE = 60000;
const SETTLED = 1000; // after so long, what was put in is no news
let before = page.before;
let loading = false;
let together = null; // the session that goes on
let usual = slot; // the weekly hour
let meeting = next; // the one that comes next, for the child
let lineTimer = 0;
let hearTimer = 0;
let helpTimer = 0;
let wasLost = false;
let toldTyping = 0;
let typingOver = 0;
let live = false; // what comes now is new, and no replay
const log = new Log({ list: part("log"), scroller, you, words, readTo });
const client = new RoomClient({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/rooms/${room}/`,
  you,
  page,
  outbox: new Outbox(unsent(), name),
  loadPage: () => load(older),
  on: {
    welcome: (frame) => {
      for (const member of frame.members) if (member.who !== you) showPresence(member.state);
      showSession(frame.session);
      showReaders(frame.readers);
    },
    row: showRow,
    reset: (fresh) => {
      before = fresh.before;
      hear(false);
      log.restart(fresh);
    },
    presence: (frame) => frame.who !== you && showPresence(frame.state),
    typing: (frame) => showTyping(frame.on),
    read: (frame) => frame.who !== you && log.showRead(frame.s),
    warn: (frame) => say(words.warn.replace("%s", log.hour(frame.at))),
    held: showHeld,
    settled: (cid) => log.settled(cid),
    refused: giveBack,
    line: showLine,
  },
});
const composer = new Composer({
  form,
  most,
  words,
  drafts: drafts(),
  draft: `draft:${name}`,
  say: (body) => {
    log.pending(client.say(body), body);
    offerHelp(body);
    log.toEnd();
  },
  typing: tellTyping,
});

log.restart(page);
for (const [cid, body] of client.outbox.entries) log.pending(cid, body);
client.open();
if (part("aloud")) {
  whenThereIsAVoice((speak) => {
    log.readAloud(() => part("aloud").content.firstElementChild.cloneNode(true));
    part("log").addEventListener("click", (event) => {
      const button = event.target.closest(".aloud");
      if (button) speak(button.parentNode.querySelector(".body").textContent);
    });
  });
}

scroller.addEventListener("scroll", atEnd, { passive: true });
newer.addEventListener("click", () => log.toEnd());
again.addEventListener("click", () => client.open());
document.body.addEventListener("answered", () => log.following && log.toEnd()); // Help was put under the words
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  client.open();
  atEnd();
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
    hear(false);
    log.prepend(found.results);
    hear(live);
    observer.unobserve(top);
    observer.observe(top); // it may still be in view
  } catch (error) {
    // Offline: the next scroll tries again.
  }
  loading = false;
}, { root: scroller, rootMargin: "600px" });
observer.observe(top);
if (away) setInterval(showAway, A_MINUTE); // the hour comes while the page is open

async function load(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function showRow(frame) {
  const mine = frame.from === you;
  if (frame.t === "msg" && !mine) typing.hidden = true;
  if (frame.t === "msg" && mine) askForHelp();
  if (frame.kind === "session_opened") showSession({ opened_at: frame.at });
  if (frame.kind === "session_ended") {
    if (live) showAway((meeting = null));
    showSession(null);
  }
  if (frame.kind === "slot_changed") showAway((usual = frame.slot));
  if (frame.kind === "readers_changed") showReaders(words.all[Math.min(frame.parents, words.all.length - 1)]);
  if (live) say("");
  const follows = log.atEnd() && !document.hidden;
  log.append(frame);
  if (frame.t === "msg" && !mine && !follows) {
    log.unreadAfter(frame.s - 1);
    newer.hidden = log.atEnd();
  }
  markRead();
}

/** Who says no more than that they are sad is shown the way to Help; only here, and nobody is told. */
function offerHelp(body) {
  if (sad && words.sad.includes(body.toLowerCase().replace(/[\s'’.!。！，,~～…]/g, ""))) sad.hidden = false;
}

/** After words of the child's own: Help may be offered now. Several at once are asked about once. */
function askForHelp() {
  clearTimeout(helpTimer);
  if (part("taken")) helpTimer = setTimeout(() => ask(part("taken")), A_MOMENT);
}

/** Words of one's own that wait for a person or were refused: a tab that did not send them knows them from its page. */
function showHeld({ cid, body, state }) {
  if (!held[cid]) held[cid] = { body, at: body && Date.now(), after: client.last };
  log.held(cid, held[cid], state);
}

/** Whether additions are read out by what reads screens: new words are, not what a replay or older pages bring. */
function hear(on) {
  clearTimeout(hearTimer);
  if (on) hearTimer = setTimeout(() => scroller.setAttribute("aria-live", "polite"), SETTLED);
  else scroller.setAttribute("aria-live", "off");
}

function tellTyping(on) {
  const now = Date.now();
  if (on ? now - toldTyping < 3000 : toldTyping === 0) return;
  toldTyping = on ? now : 0;
  client.typing(on);
}

function showTyping(on) {
  typing.hidden = !on;
  clearTimeout(typingOver);
  typingOver = setTimeout(() => (typing.hidden = true), 6000);
}

function showReaders(readers) {
  part("readers").textContent = words.readers.replace("%s", () => readers.join(words.comma));
}

function showPresence(state) {
  presence.textContent = state ? words.presence[state] : ""; // nobody knows while the network is gone
  presence.dataset.state = state;
  showSession(together);
}

/** For the child, while the mentor is not here: that the meeting goes on, or when they come: in this hour, or usually. */
function showAway() {
  if (!away) return;
  away.hidden = presence.dataset.state !== "away";
  const since = meeting && Date.now() - Date.parse(meeting.start);
  if (together) {
    away.textContent = words.today.left;
  } else if (meeting && since >= -meeting.near_ms && since < meeting.lasts_ms) {
    const near = since < meeting.near_ms;
    away.textContent = (near ? words.today.soon : words.today.meets).replace("%s", log.hour(meeting.start));
  } else {
    away.textContent = words.usually.replace("%s", log.slot(usual));
  }
}

function showSession(now) {
  together = now;
  // A child whose mentor is away is not in the middle of a meeting: one line below says what is so.
  const shows = now && !(away && presence.dataset.state === "away");
  session.textContent = shows ? words.meeting.replace("%s", log.hour(now.opened_at)) : "";
  showAway();
}

function atEnd() {
  if (log.atEnd()) newer.hidden = true;
  markRead();
}

function markRead() {
  if (!document.hidden && log.atEnd()) client.read(client.last);
}

function say(what, retry = false) {
  part("line-words").textContent = what;
  line.hidden = !what;
  again.hidden = !retry;
}

/** What was written too; what the browser keeps of it for its writer is not touched. */
function leaveNothing() {
  log.empty();
  composer.leave();
}

function showLine(state, code) {
  clearTimeout(lineTimer);
  live = state === "live";
  hear(live);
  if (state === "connecting" && !wasLost) {
    lineTimer = setTimeout(() => say(words.connecting), CONNECTS_UNSEEN);
  } else if (state === "live") {
    say(wasLost ? words.back : "");
    if (wasLost) lineTimer = setTimeout(() => say(""), BACK_FOR);
    wasLost = false;
    form.hidden = false;
    markRead();
  } else if (state === "waiting") {
    wasLost = true;
    say(navigator.onLine === false ? words.offline : words.reconnecting, true);
    typing.hidden = true;
    showPresence("");
  } else if (state === "away") {
    say(words.closes[code] || words.closes.other, code === 4409);
    form.hidden = true;
    showPresence("");
    if (code === 4401) leaveNothing(); // somebody else may hold the tablet now
  }
}

/** A message that the room did not take: its words go back into the field, and the reason is said. */
function giveBack(frame) {
  log.settled(frame.cid);
  askForHelp(); // nobody read it, but Help may be offered
  composer.giveBack(frame.body);
  const opens = frame.code === "closed" && new Date(Date.now() + frame.retry_ms).toISOString();
  const why = opens && isWithinHours() ? words.full : words.closed; // by day only a full day closes a room
  say(opens ? why.replace("%s", `${log.day(opens)} ${log.hour(opens)}`) : words[frame.code] || words.refused);
}

function isWithinHours() {
  const now = parseInt(log.clock(Date.now()), 10);
  return hours[0] <= now && now < hours[1];
}
