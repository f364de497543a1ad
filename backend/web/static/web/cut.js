/* The demonstration's scissors: this tab's room without a network, and with it again. What was on its way when
   the line was cut is not heard any more, and no new line comes about: as for a phone in a lift. */
const Real = window.WebSocket;
const lines = new Set();
let cut = false;

class NoLine {
  readyState = Real.CONNECTING;
  constructor() {
    setTimeout(() => {
      this.readyState = Real.CLOSED;
      this.onclose?.({ code: 1006 });
    });
  }
  send() {}
  close() {}
}

window.WebSocket = new Proxy(Real, {
  construct(_real, [url]) {
    if (cut) return new NoLine();
    const line = new Real(url);
    lines.add(line);
    return line;
  },
});

function cutAll() {
  for (const line of lines) {
    const closed = line.onclose;
    line.onmessage = line.onclose = null;
    line.close();
    closed?.call(line, { code: 1006 });
  }
  lines.clear();
}

const button = document.getElementById("cut");
button.hidden = false;
button.addEventListener("click", () => {
  cut = !cut;
  button.setAttribute("aria-pressed", cut);
  button.textContent = cut ? button.dataset.mend : button.dataset.cut;
  if (cut) cutAll();
  else window.dispatchEvent(new Event("online"));
});
