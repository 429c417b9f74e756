// The tail of the log: follows the end unless the reader scrolled up. Keeps the last lines only.
const Most = 1000;

export class Log {
  #box;
  #follow = true;
  #time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

  #texts;

  /** @param texts by key, in the reader's language; a line without a key, or with one of another version, is shown as it was written. */
  constructor(box, texts) {
    this.#box = box;
    this.#texts = texts;
    this.onscroll = () => this.#follow = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
    box.addEventListener("scroll", this.onscroll, { passive: true });
  }

  replace(lines) {
    this.#box.replaceChildren(...lines.slice(-Most).map(line => this.#row(line)));
    // Only now is an empty box known to stand for an empty log.
    this.#box.dataset.read = "";
    this.#end();
  }

  add(line) {
    this.#box.append(this.#row(line));
    while (this.#box.childElementCount > Most) this.#box.firstElementChild.remove();
    this.#end();
  }

  get isEmpty() {
    return this.#box.childElementCount === 0;
  }

  close() {
    this.#box.removeEventListener("scroll", this.onscroll);
  }

  #row({ at, level, text, key, arguments: values }) {
    const row = document.createElement("div");
    row.className = `log-line log-${level}`;
    const time = document.createElement("time");
    time.dateTime = at;
    time.textContent = this.#time.format(new Date(at));
    const words = document.createElement("span");
    words.textContent = this.#texts[key]?.replace(/\{(\w+)\}/g, (whole, name) => values?.[name] ?? whole) ?? text;
    row.append(time, words);
    return row;
  }

  #end() {
    if (this.#follow) this.#box.scrollTop = this.#box.scrollHeight;
  }
}
