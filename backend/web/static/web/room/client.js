/* A room over one socket, as docs/protocol.md describes it. It knows nothing of the page.
   Written for old phones' browsers: no private fields, no optional chaining. */

const STAYS_AWAY = [4400, 4401, 4403, 4404, 4409, 4410];
const GIVES_UP = ["bad_frame", "too_big", "cid_reused", "not_allowed", "closed", "frozen"];
const FIRST_WAIT = 1000; // milliseconds, as all times here
const LONGEST_WAIT = 30000;
const DEAD_AFTER = 30000;
const PULSE = 500;

/** What was said and is not acknowledged yet, in the order of saying; a reload does not lose it.
    One entry of the storage for each message, so that two tabs don't overwrite each other's. */
export class Outbox {
  constructor(storage, name) {
    this.storage = storage;
    this.prefix = `outbox:${name}:`;
    this.entries = new Map();
    this.newest = 0;
    const kept = Object.keys(storage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => ({ cid: key.slice(this.prefix.length), ...JSON.parse(storage.getItem(key)) }));
    for (const { cid, body, order } of kept.sort((a, b) => a.order - b.order)) {
      this.entries.set(cid, body);
      this.newest = order;
    }
  }

  add(body) {
    const cid = newCid();
    this.newest = Math.max(Date.now(), this.newest + 1);
    this.entries.set(cid, body);
    try {
      this.storage.setItem(this.prefix + cid, JSON.stringify({ body, order: this.newest }));
    } catch (error) {
      // A full or forbidden storage: the message is still sent, only a reload would lose it.
    }
    return cid;
  }

  settle(cid) {
    const body = this.entries.get(cid);
    this.entries.delete(cid);
    this.storage.removeItem(this.prefix + cid);
    return body;
  }
}

/** Version 4; crypto.randomUUID is missing in older browsers. */
function newCid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** One tab in one room.

    page:     the newest page of the room, as *Older messages* has it.
    loadPage: loads it again; needed only after a reset.
    on:       what the page wants to know: row, reset, welcome, presence, typing, read,
              warn, held, refused, settled, line ("connecting" | "live" | "waiting" | "away", close code). */
export class RoomClient {
  constructor({ url, you, page, outbox, loadPage, on, firstWait = FIRST_WAIT }) {
    Object.assign(this, { url, you, outbox, loadPage, on, firstWait });
    this.epoch = page.epoch;
    this.last = page.last;
    this.limits = { seen_messages: 64, seen_s: 2, ping_s: 15 };
    this.socket = null;
    this.wait = firstWait;
    this.byeWait = null;
    this.comeBack = 0;
    this.again = 0;
    this.stopped = null; // the earliest message that is to be sent again after a while
    this.live = false; // messages may be sent
    this.asked = false; // a hello is on its way: frames that don't fit need no second one
    this.sent = new Set();
    this.readUpTo = 0;
    setInterval(() => this.pulse(), PULSE);
  }

  /** Connects now, if it isn't connected: at the start, when the network or the person is back. */
  open() {
    if (this.socket) return;
    clearTimeout(this.comeBack);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardAt = Date.now();
    this.on.line("connecting");
    socket.onopen = () => {
      this.seen = this.last;
      this.seenAt = 0;
      this.hello();
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.heardAt = Date.now();
      this.take(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code);
    };
  }

  /** The connection is gone or no good. Does not wait for the browser, which may notice much later. */
  lost(code) {
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close();
    this.pause();
    if (STAYS_AWAY.includes(code)) {
      this.on.line("away", code);
      return;
    }
    const wait = this.byeWait === null ? Math.random() * this.wait : this.byeWait * (1 + Math.random());
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.byeWait = null;
    clearTimeout(this.comeBack);
    this.comeBack = setTimeout(() => this.open(), wait);
    this.on.line("waiting");
  }

  say(body) {
    const cid = this.outbox.add(body);
    this.pump();
    return cid;
  }

  typing(on) {
    if (this.live) this.send({ t: "typing", on });
  }

  /** Read by a person, up to s. */
  read(s) {
    if (!this.live || s <= this.readUpTo) return;
    this.readUpTo = s;
    this.send({ t: "read", s });
  }

  send(frame) {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify(frame));
    this.sentAt = Date.now();
  }

  hello() {
    this.pause();
    this.asked = true;
    this.send({ t: "hello", epoch: this.epoch, last: this.last });
  }

  /** No messages until the next ready: a retry that was due has no say in it any more. */
  pause() {
    this.live = false;
    this.stopped = null;
    this.sent.clear();
    this.readUpTo = 0; // it may have been lost on its way
    clearTimeout(this.again);
  }

  /** The only sender of messages, so they leave in the order of the outbox. */
  pump() {
    if (!this.live) return;
    for (const [cid, body] of this.outbox.entries) {
      if (this.sent.has(cid)) continue;
      this.sent.add(cid);
      this.send({ t: "msg", cid, body });
    }
  }

  /** Credit and signs of life. */
  pulse() {
    if (!this.socket) return;
    const now = Date.now();
    if (now - this.heardAt >= DEAD_AFTER) {
      this.lost(1006);
      return;
    }
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.last > this.seen && now - this.seenAt >= this.limits.seen_s * 1000) this.confirm();
    if (now - this.sentAt >= this.limits.ping_s * 1000) this.send({ t: "ping", x: null });
  }

  confirm() {
    this.seen = this.last;
    this.seenAt = Date.now();
    this.send({ t: "seen", s: this.last });
  }

  take(frame) {
    if (frame.t === "welcome") this.welcomed(frame);
    else if (frame.t === "ready") this.ready(frame);
    else if (frame.t === "err") this.refuse(frame);
    else if (frame.t === "bye") this.byeWait = frame.retry_ms;
    else if (frame.t === "ack" && frame.held) this.nowHeld(frame.cid);
    else if (frame.t === "read") this.on.read(frame);
    else if ("s" in frame) this.number(frame);
    else if (["held", "presence", "typing", "warn"].includes(frame.t)) this.on[frame.t](frame);
  }

  async welcomed(frame) {
    this.asked = false;
    this.limits = frame.limits;
    this.on.welcome(frame);
    if (!frame.reset) {
      this.epoch = frame.epoch;
      return;
    }
    const socket = this.socket;
    let page;
    try {
      page = await this.loadPage();
    } catch (error) {
      this.lost(1006); // comes back, and is told again
      return;
    }
    if (socket !== this.socket) return;
    this.epoch = page.epoch;
    this.last = this.seen = page.last;
    this.on.reset(page);
    this.hello();
  }

  ready(frame) {
    if (frame.s > this.last) {
      this.hello();
      return;
    }
    this.live = true;
    this.wait = this.firstWait;
    this.on.line("live");
    this.pump();
  }

  number(frame) {
    const mine = frame.t === "ack" || frame.from === this.you;
    const settles = mine && this.outbox.entries.has(frame.cid);
    const fits = frame.s === this.last + 1 && (frame.t !== "ack" || settles);
    if (frame.s > this.last && !fits) {
      if (!this.asked) this.hello();
      return;
    }
    const body = settles ? this.outbox.settle(frame.cid) : null;
    if (fits) {
      this.last = frame.s;
      this.on.row(frame.t === "ack" ? { ...frame, t: "msg", from: this.you, body: body.trim() } : frame);
      if (this.last - this.seen >= this.limits.seen_messages) this.confirm();
    } else if (settles) {
      this.on.settled(frame.cid);
    }
  }

  nowHeld(cid) {
    const body = this.outbox.settle(cid);
    this.on.held({ cid, state: "waiting", body });
  }

  refuse(frame) {
    if (!frame.cid) return;
    const waits = this.outbox.entries.has(frame.cid);
    if (GIVES_UP.includes(frame.code)) {
      if (waits) this.on.refused({ ...frame, body: this.outbox.settle(frame.cid) });
    } else if (this.asked) {
      return; // the hello on its way lifts it
    } else if (!waits) {
      this.hello(); // another tab settled it, and here the server still waits for it
    } else if (this.stopped === null || this.isBefore(frame.cid, this.stopped)) {
      // Those behind it are refused too, and change nothing; an earlier one may be refused later.
      this.live = false;
      this.stopped = frame.cid;
      clearTimeout(this.again);
      this.again = setTimeout(() => this.resend(), frame.retry_ms || 1000);
    }
  }

  isBefore(cid, other) {
    const cids = Array.from(this.outbox.entries.keys());
    return !this.outbox.entries.has(other) || cids.indexOf(cid) < cids.indexOf(other);
  }

  resend() {
    if (!this.outbox.entries.has(this.stopped)) {
      this.hello();
      return;
    }
    const cids = Array.from(this.outbox.entries.keys());
    for (const later of cids.slice(cids.indexOf(this.stopped))) this.sent.delete(later);
    this.stopped = null;
    this.live = true;
    this.pump();
  }
}
