/* The list of what was said in a room, with its days. Everything is put in as text, never as markup. */

const ZONE = "Asia/Shanghai"; // as the whole programme, wherever the phone is

export class Log {
  constructor({ list, scroller, you, words }) {
    Object.assign(this, { list, scroller, you, words });
    const language = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
    const format = (options) => new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options });
    this.clocks = format({ hour: "2-digit", minute: "2-digit", hour12: false });
    this.days = format({ year: "numeric", month: "long", day: "numeric" });
    this.weekdays = format({ weekday: "short" });
    this.read = 0;
    this.following = true; // the end is in view, and stays so when a keyboard or a notice takes room
    scroller.addEventListener("scroll", () => (this.following = this.atEnd()));
    if (window.ResizeObserver) new ResizeObserver(() => this.following && this.toEnd()).observe(scroller);
  }

  clock(at) {
    return this.clocks.format(new Date(at));
  }

  day(at) {
    return `${this.days.format(new Date(at))} ${this.weekdays.format(new Date(at))}`;
  }

  /** Shows this page and nothing else of the room; what is not sent yet stays. */
  restart(page) {
    for (const row of this.list.querySelectorAll("li:not(.pending)")) row.remove();
    this.list.insertBefore(this.rows(page.results), this.list.firstChild);
    this.toEnd();
  }

  append(frame) {
    const stay = this.atEnd();
    if (frame.cid) this.settled(frame.cid);
    const held = frame.cid && this.list.querySelector(`li[data-held="${frame.cid}"]`);
    if (held) held.remove();
    if (frame.kind === "redacted") this.redact(frame.target);
    const shown = Array.from(this.list.querySelectorAll("li[data-day]")).pop();
    this.list.insertBefore(this.rows([frame], shown && shown.dataset.day), this.list.querySelector(".pending"));
    this.showRead(this.read);
    if (stay) this.toEnd();
  }

  /** Older rows, above; what one is reading stays where it is. */
  prepend(frames) {
    this.scroller.setAttribute("aria-busy", "true"); // old words are not read out
    const height = this.scroller.scrollHeight;
    const first = this.list.querySelector("li.day");
    const fragment = this.rows(frames);
    const days = Array.from(fragment.querySelectorAll("li.day"));
    if (first && days.length && days[days.length - 1].dataset.day === first.dataset.day) first.remove();
    this.list.insertBefore(fragment, this.list.firstChild);
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
    this.scroller.removeAttribute("aria-busy");
  }

  /** previous: the day that the row above belongs to. */
  rows(frames, previous) {
    const fragment = document.createDocumentFragment();
    for (const frame of frames) {
      const row = frame.t === "msg" ? this.message(frame) : this.event(frame);
      if (!row) continue;
      const day = this.day(frame.at);
      if (day !== previous) fragment.append(element("li", "day", day, { day }));
      row.dataset.day = previous = day;
      fragment.append(row);
    }
    return fragment;
  }

  message(frame) {
    const mine = frame.from === this.you;
    const row = element("li", mine ? "said mine" : "said", "", { s: frame.s });
    row.append(element("span", "visually-hidden", mine ? this.words.me : this.words.them));
    const gone = frame.body === null;
    row.append(element("p", gone ? "body gone" : "body", gone ? this.words.redacted : frame.body));
    row.append(element("span", "when", this.clock(frame.said_at || frame.at)));
    return row;
  }

  event(frame) {
    const parents = frame.kind === "readers_changed" ? this.parents(frame.parents) : [];
    const says = this.words.events[parents.length ? "readers_more" : frame.kind];
    if (!says) return null;
    if (frame.kind === "readers_changed") return element("li", "event", says.replace("%s", parents), { s: frame.s });
    const when = frame.kind === "slot_changed" ? this.slot(frame.slot) : this.clock(frame.ended_at || frame.at);
    return element("li", "event", says.replace("%s", when), { s: frame.s });
  }

  /** So many of the family, in the words of the server; an empty list for none. */
  parents(number) {
    return number ? [this.words.parents[Math.min(number, this.words.parents.length) - 1]] : [];
  }

  /** A weekly hour, weekday * 24 + hour. */
  slot(number) {
    return `${this.words.weekdays[Math.floor(number / 24)]} ${String(number % 24).padStart(2, "0")}:00`;
  }

  pending(cid, body) {
    const row = element("li", "said mine pending", "", { cid });
    row.append(element("span", "visually-hidden", this.words.me));
    row.append(element("p", "body", body));
    row.append(element("span", "when", this.words.sending));
    this.list.append(row);
  }

  /** It has its place in the room now, or none: the row that waited goes. */
  settled(cid) {
    const row = this.list.querySelector(`li[data-cid="${cid}"]`);
    if (row) row.remove();
  }

  /** body is known only to the tab that sent it; another one says that there is one. */
  held(cid, body, state) {
    this.settled(cid);
    let row = this.list.querySelector(`li[data-held="${cid}"]`);
    if (!row) {
      row = element("li", "said mine held", "", { held: cid });
      row.append(element("p", "body", body || this.words.unshown), element("span", "when", ""));
      this.list.insertBefore(row, this.list.querySelector(".pending"));
    }
    row.lastChild.textContent = this.words[state];
    this.toEnd();
  }

  masked(s) {
    const row = this.at(s);
    if (row) row.append(element("span", "when", this.words.masked));
  }

  redact(s) {
    const body = this.at(s) && this.at(s).querySelector(".body");
    if (!body) return;
    body.className = "body gone";
    body.textContent = this.words.redacted;
  }

  /** The mentor has read up to s: said once, under the last of the child's words that this covers. */
  showRead(s) {
    this.read = Math.max(this.read, s);
    if (this.you !== "child") return;
    const covered = Array.from(this.list.querySelectorAll("li.mine[data-s]"));
    const last = covered.filter((row) => Number(row.dataset.s) <= this.read).pop();
    const shown = this.list.querySelector(".read");
    if (shown) shown.remove();
    if (last) last.append(element("span", "when read", this.words.read));
  }

  at(s) {
    return this.list.querySelector(`li[data-s="${s}"]`);
  }

  atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 80;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}

function element(tag, className, text, data = {}) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  Object.assign(made.dataset, data);
  return made;
}
