/* The list of what was said in a room, with its days. Everything is put in as text, never as markup.
   It stands in blocks of some rows, so that a browser lays out only the block that changes. */

import { cut } from "./links.js";

const ZONE = "Asia/Shanghai"; // as the whole programme, wherever the phone is
const BLOCK = 50;

export class Log {
  /** readTo: up to where one has read already; what the other said after it is new. */
  constructor({ list, scroller, you, words, readTo = Infinity }) {
    Object.assign(this, { list, scroller, you, words, readTo });
    const language = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
    const format = (options) => new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options });
    this.clocks = format({ hour: "2-digit", minute: "2-digit", hour12: false });
    this.days = format({ year: "numeric", month: "long", day: "numeric" });
    this.weekdays = format({ weekday: "short" });
    this.read = 0;
    this.readRow = null;
    this.lastDay = "";
    this.unread = element("li", "unread", words.unread);
    this.aloud = null; // makes the button that reads a message
    this.waiting = element("ol", "room-rows", ""); // what has no number yet: always last
    this.list.append(this.waiting);
    this.following = true; // the end is in view, and stays so when a keyboard or a notice takes room
    scroller.addEventListener("scroll", () => (this.following = this.atEnd()), { passive: true });
    if (window.ResizeObserver) new ResizeObserver(() => this.following && this.toEnd()).observe(scroller);
  }

  clock(at) {
    return this.clocks.format(new Date(at));
  }

  /** The hour in a sentence: 17:00, to the smallest 下午5点. */
  hour(at) {
    return this.inWords(...this.clock(at).split(":").map(Number));
  }

  inWords(hour, minute) {
    const two = (number) => String(number).padStart(2, "0");
    if (!this.words.spoken) return `${two(hour)}:${two(minute)}`;
    const { parts, oclock: [full, half, other] } = this.words.spoken;
    const part = parts.find(([until]) => hour % 24 < until)[1];
    return part + ((hour + 11) % 12 + 1) + ({ 0: full, 30: half }[minute] || other.replace("%s", two(minute)));
  }

  day(at) {
    return `${this.days.format(new Date(at))} ${this.weekdays.format(new Date(at))}`;
  }

  /** Shows this page and nothing else of the room; what is not sent yet stays. */
  restart(page) {
    for (const block of this.blocks()) block.remove();
    const block = element("ol", "room-rows", "");
    block.append(this.rows(page.results));
    this.list.insertBefore(block, this.waiting);
    this.lastDay = this.dayOf(page.results);
    this.showRead(this.read);
    this.placeUnread();
    if (this.unread.isConnected) this.toUnread();
    else this.toEnd();
  }

  /** Nothing is shown any more, nor what is not sent yet. */
  empty() {
    this.waiting.textContent = "";
    this.restart({ results: [] });
  }

  /** The newest row, with its number. */
  append(frame) {
    const stay = this.atEnd();
    if (frame.cid) this.settled(frame.cid);
    const held = frame.cid && this.list.querySelector(`li[data-held="${frame.cid}"]`);
    if (held) held.remove();
    if (frame.kind === "redacted") this.redact(frame.target);
    this.lastBlock().append(this.rows([frame], this.lastDay));
    this.lastDay = this.dayOf([frame]) || this.lastDay;
    if (frame.from === this.you) this.nothingUnread();
    this.showRead(this.read);
    if (stay) this.toEnd();
  }

  /** Older rows, above; what one is reading stays where it is. */
  prepend(frames) {
    const height = this.scroller.scrollHeight;
    const block = element("ol", "room-rows", "");
    block.append(this.rows(frames));
    const next = this.list.firstElementChild;
    const first = next.querySelector("li.day");
    if (first && first.dataset.day === this.dayOf(frames)) first.remove();
    this.list.insertBefore(block, next);
    for (const row of this.list.querySelectorAll("li.held")) this.putHeld(row);
    this.placeUnread();
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
  }

  blocks() {
    return Array.from(this.list.children).filter((block) => block !== this.waiting);
  }

  lastBlock() {
    let block = this.waiting.previousElementSibling;
    if (!block || block.childElementCount >= BLOCK) {
      block = element("ol", "room-rows", "");
      this.list.insertBefore(block, this.waiting);
    }
    return block;
  }

  /** The day of the last of these that is shown. */
  dayOf(frames) {
    const shown = frames.filter((frame) => frame.t === "msg" || this.says(frame));
    return shown.length ? this.day(shown[shown.length - 1].at) : "";
  }

  /** previous: the day that the row above belongs to. */
  rows(frames, previous) {
    const fragment = document.createDocumentFragment();
    for (const frame of frames) {
      const row = frame.t === "msg" ? this.message(frame) : this.event(frame);
      if (!row) continue;
      const day = this.day(frame.at);
      if (day !== previous) fragment.append(element("li", "day", day, { day }));
      previous = day;
      fragment.append(row);
    }
    return fragment;
  }

  message(frame) {
    const mine = frame.from === this.you;
    const row = element("li", mine ? "said mine" : "said", "", { s: frame.s });
    row.append(element("span", "visually-hidden", mine ? this.words.me : this.words.them));
    const gone = frame.body === null;
    const body = element("p", gone ? "body gone" : "body", gone ? this.words.redacted : "");
    if (!gone) body.append(linked(frame.body));
    row.append(body, element("span", "when", this.clock(frame.said_at || frame.at)));
    if (!gone && frame.body.includes(this.words.cover)) row.append(element("span", "when", this.words.masked));
    if (this.aloud && !mine && !gone) row.append(this.aloud());
    return row;
  }

  says(frame) {
    const more = frame.kind === "readers_changed" && frame.parents;
    return this.words.events[more ? "readers_more" : frame.kind];
  }

  event(frame) {
    const says = this.says(frame);
    if (!says) return null;
    let about = this.hour(frame.ended_at || frame.at);
    if (frame.kind === "slot_changed") about = this.slot(frame.slot);
    if (frame.kind === "readers_changed") about = this.parents(frame.parents);
    return element("li", "event", says.replace("%s", () => about), { s: frame.s });
  }

  /** So many of the family, in the words of the server. */
  parents(number) {
    return number ? this.words.parents[Math.min(number, this.words.parents.length) - 1] : "";
  }

  /** A weekly hour, weekday * 24 + hour. */
  slot(number) {
    const hour = this.inWords(number % 24, 0);
    return this.words.weekdays[Math.floor(number / 24)] + (this.words.spoken ? hour : ` ${hour}`);
  }

  pending(cid, body) {
    const row = element("li", "said mine pending", "", { cid });
    row.append(element("span", "visually-hidden", this.words.me));
    row.append(element("p", "body", body));
    row.append(element("span", "when", this.words.sending));
    this.waiting.append(row);
  }

  /** It has its place in the room now, or none: the row that waited goes. */
  settled(cid) {
    const row = this.waiting.querySelector(`li[data-cid="${cid}"]`);
    if (row) row.remove();
  }

  /** It stands where it was said, behind number after, and has none of its own.
      body is known only to the tab that sent it; another one says that there is one. */
  held(cid, { body, at, after }, state) {
    this.settled(cid);
    const stay = this.atEnd();
    let row = this.list.querySelector(`li[data-held="${cid}"]`);
    if (!row) {
      row = element("li", "said mine held", "", { held: cid, after });
      row.append(element("span", "visually-hidden", this.words.me));
      row.append(element("p", "body", body || this.words.unshown));
      row.append(element("span", "when", at ? this.clock(at) : ""), element("span", "when", ""));
      this.putHeld(row);
    }
    row.lastChild.textContent = this.words[state];
    if (stay) this.toEnd();
  }

  putHeld(row) {
    const behind = (other) => Number(other.dataset.s || other.dataset.after) <= Number(row.dataset.after);
    for (const block of this.blocks().reverse()) {
      const before = Array.from(block.children).filter((other) => other !== row && behind(other));
      if (before.length) {
        block.insertBefore(row, before.pop().nextSibling);
        return;
      }
    }
    const first = this.lastBlock(); // what it follows is not loaded yet, or there is none
    const block = this.blocks()[0] || first;
    block.insertBefore(row, block.firstChild);
  }

  redact(s) {
    const row = this.rowOf(s);
    if (!row || !row.querySelector(".body")) return;
    const button = row.querySelector(".aloud");
    if (button) button.remove();
    const body = row.querySelector(".body");
    body.className = "body gone";
    body.textContent = this.words.redacted;
  }

  /** The mentor has read up to s: said once, under the last of the child's words that this covers. */
  showRead(s) {
    this.read = Math.max(this.read, s);
    if (this.you !== "child" || !this.read) return;
    const last = this.lastMine(this.read);
    if (this.readRow) this.readRow.remove();
    this.readRow = last && element("span", "when read", this.words.read);
    if (last) last.append(this.readRow);
    if (this.following) this.toEnd();
  }

  lastMine(upTo) {
    for (const block of this.blocks().reverse()) {
      const rows = Array.from(block.querySelectorAll("li.mine")).filter((row) => Number(row.dataset.s) <= upTo);
      if (rows.length) return rows.pop();
    }
    return null;
  }

  /** From here on the other's words are new: said once, above the first of them that is loaded. */
  placeUnread() {
    if (this.readTo === Infinity) return;
    for (const block of this.blocks()) {
      const rows = Array.from(block.querySelectorAll("li.said:not(.mine)"));
      const first = rows.find((row) => Number(row.dataset.s) > this.readTo);
      if (first) {
        first.parentNode.insertBefore(this.unread, first);
        return;
      }
    }
  }

  /** What comes after s is new. A line that stands already stays: nobody has said that they have read on. */
  unreadAfter(s) {
    if (this.unread.isConnected) return;
    this.readTo = s;
    this.placeUnread();
  }

  nothingUnread() {
    this.readTo = Infinity;
    this.unread.remove();
  }

  /** button: makes one for a message; those that are there get theirs now. */
  readAloud(button) {
    this.aloud = button;
    for (const row of this.list.querySelectorAll("li.said[data-s]:not(.mine)")) {
      if (!row.querySelector(".gone")) row.append(button());
    }
  }

  rowOf(s) {
    return this.list.querySelector(`li[data-s="${s}"]`);
  }

  atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 80;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toUnread() {
    const down = this.unread.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
    this.scroller.scrollTop += down - 8;
    this.following = this.atEnd();
  }
}

function linked(text) {
  const fragment = document.createDocumentFragment();
  for (const [words, address] of cut(text)) {
    if (address === null) {
      fragment.append(words);
      continue;
    }
    const link = element("a", "", words);
    Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer" });
    fragment.append(link);
  }
  return fragment;
}

function element(tag, className, text, data = {}) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  Object.assign(made.dataset, data);
  return made;
}
