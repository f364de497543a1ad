/* The field in which one writes, with what helps: a place in a book, signs of mathematics, phrases to tap. */

const SAME_AGAIN = 1000; // milliseconds in which a second tap on a phrase is a slip

/** 《数学》 第34页 第2题; empty while neither page nor exercise is known. */
export function placeInWords(words, { book, page, exercise }) {
  if (!page && !exercise) return "";
  const parts = [[words.book, book], [words.page, page], [words.exercise, exercise]];
  return parts
    .filter(([, value]) => value)
    .map(([pattern, value]) => pattern.replace("%s", () => value))
    .join(" ");
}

export class Composer {
  /** say: what is to go out.  typing: whether something is being written. */
  constructor({ form, most, words, drafts, draft, say, typing }) {
    Object.assign(this, { form, most, words, drafts, draft, say, typing });
    const part = (id) => form.querySelector(`#${id}`);
    [this.text, this.count, this.send, this.told] = ["text", "count", "send", "place-told"].map(part);
    this.place = ["book", "page", "exercise"].map((name) => part(`place-${name}`)).filter(Boolean);
    this.returned = ""; // words that the room gave back, as they stand at the beginning of the field
    this.text.value = drafts.getItem(draft) || "";
    this.measure();
    this.listen();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendAll();
    });
    this.text.addEventListener("keydown", (event) => {
      // Enter that chooses a word of an input method must not send; 229 is what some of them report.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.sendAll();
    });
    this.text.addEventListener("input", () => {
      this.returned = "";
      this.changed();
      this.typing(this.text.value.trim() !== "");
    });
    for (const field of this.place) field.addEventListener("input", () => this.measure());
    this.form.addEventListener("click", (event) => this.tapped(event.target.closest("button")));
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  tapped(button) {
    if (!button) return;
    if (button.dataset.opens) this.toggle(button);
    else if (button.classList.contains("phrase")) this.phrase(button);
    else if (button.classList.contains("sign")) this.insert(button.textContent.trim());
  }

  toggle(button) {
    const opens = button.getAttribute("aria-expanded") !== "true";
    this.close();
    button.setAttribute("aria-expanded", String(opens));
    const panel = this.form.querySelector(`#${button.dataset.opens}`);
    panel.hidden = !opens;
    const first = opens && panel.querySelector("input:placeholder-shown, button");
    if (first) first.focus();
  }

  /** The panel that is open, with the focus back on its button if it was inside. */
  close() {
    for (const button of this.form.querySelectorAll("[data-opens]")) {
      const panel = this.form.querySelector(`#${button.dataset.opens}`);
      if (panel.contains(document.activeElement)) button.focus();
      panel.hidden = true;
      button.setAttribute("aria-expanded", "false");
    }
  }

  phrase(button) {
    const now = Date.now();
    if (this.tappedLast === button && now - this.tappedAt < SAME_AGAIN) return;
    this.tappedLast = button;
    this.tappedAt = now;
    this.say(button.textContent.trim());
  }

  /** At the cursor, or over what is chosen; the keypad keeps the focus. */
  insert(sign) {
    const { selectionStart: from, selectionEnd: to, value } = this.text;
    this.text.value = value.slice(0, from) + sign + value.slice(to);
    this.text.selectionStart = this.text.selectionEnd = from + sign.length;
    this.returned = "";
    this.changed();
    this.typing(true);
  }

  where() {
    const [book = "", page = "", exercise = ""] = this.place.map((field) => field.value.trim());
    return placeInWords(this.words.place, { book, page, exercise });
  }

  /** What goes out: where it stands in the book first, if that is filled in. */
  body() {
    return [this.where(), this.text.value.trim()].filter(Boolean).join("\n");
  }

  sendAll() {
    const body = this.body();
    if (!body || this.send.disabled) return;
    this.say(body);
    this.returned = "";
    for (const field of this.place.slice(1)) field.value = ""; // the book stays the same
    this.write("");
    this.typing(false);
    this.close();
    this.text.focus();
  }

  /** The fields are empty, and the draft stays kept for who wrote it. */
  leave() {
    for (const field of [this.text, ...this.place]) field.value = "";
    this.returned = "";
    this.measure();
  }

  write(value) {
    this.text.value = value;
    this.changed();
  }

  /** Words that the room did not take. Several come in the order of saying: each after those before it, and all
      before what is being written. */
  giveBack(body) {
    const writing = this.text.value.slice(this.returned.length).trim();
    this.returned = this.returned ? `${this.returned}\n${body}` : body;
    this.write(writing ? `${this.returned}\n${writing}` : this.returned);
  }

  changed() {
    if (this.text.value) this.drafts.setItem(this.draft, this.text.value);
    else this.drafts.removeItem(this.draft);
    this.measure();
  }

  measure() {
    const over = Array.from(this.body()).length - this.most; // as the room counts: a rare character is one
    this.count.hidden = over <= 0;
    this.count.textContent = over > 0 ? this.words.over.replace("%s", over) : "";
    this.send.disabled = over > 0;
    if (this.told) this.told.textContent = this.where();
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 160)}px`;
  }
}
