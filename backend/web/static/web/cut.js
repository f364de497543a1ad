/* The demonstration's scissors: this tab's room without a network, and with it again. What was on its way when
   the line was cut is not heard any more, and no new line comes about: as for a phone in a lift. */
const Real = window.WebSocket;
const lines = new Set();
const network = { cut: false };

class NoLine {
  constructor() {
    this.readyState = Real.CONNECTING;
    setTimeout(() => {
      this.readyState = Real.CLOSED;
      if (this.onclose) this.onclose({ code: 1006 });
    });
  }
  send() {}
  close() {}
}

window.WebSocket = new Proxy(Real, {
  construct(_real, [url]) {
    if (network.cut) return new NoLine();
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
    if (closed) closed.call(line, { code: 1006 });
  }
  lines.clear();
}

const button = document.getElementById("cut");
button.hidden = false;
button.addEventListener("click", () => {
  network.cut = !network.cut;
  button.setAttribute("aria-pressed", network.cut);
  button.textContent = network.cut ? button.dataset.mend : button.dataset.cut;
  if (network.cut) cutAll();
  else window.dispatchEvent(new Event("online"));
});
