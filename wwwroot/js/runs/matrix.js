// The previews of a training run: one slider over the steps moves all prompts at once, and their clips play on one clock.
// Only rows in view have a video; what is shown is in the address.
import { Together } from "../together.js";
import { integer } from "./format.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const Empty = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==", Rest = 140;

class Row {
  #element;
  #clips;
  #image;
  #video;
  #strip;
  visible = false;

  constructor(element, choose) {
    this.#element = element;
    this.#clips = JSON.parse(element.dataset.rowClips);
    this.#image = element.querySelector(".matrix-tile img");
    this.#video = element.querySelector("video");
    this.#strip = element.querySelector(".matrix-strip");
    this.#video.removeAttribute("src");
    this.#video.preload = "auto";
    this.#video.load();
    this.#video.addEventListener("loadeddata", () => this.#video.classList.add("on"));
    this.#video.addEventListener("emptied", () => this.#video.classList.remove("on"));
    this.#strip.addEventListener("click", event => {
      const link = event.target.closest("a[data-at]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      choose(Number(link.dataset.at));
    });
  }

  get element() {
    return this.#element;
  }

  get video() {
    return this.#video;
  }

  /** The still picture at once; the clip when the slider rests. */
  mark(at) {
    const clip = this.#clips[at];
    this.#element.querySelector(".matrix-tile").classList.toggle("matrix-none", !clip);
    this.#image.src = clip?.poster ?? Empty;
    if (this.#video.getAttribute("src") !== clip?.url) this.#video.classList.remove("on");
    this.#strip.querySelector(".on")?.classList.remove("on");
    const now = this.#strip.children[at];
    now.classList.add("on");
    this.#strip.scrollLeft = now.offsetLeft - (this.#strip.clientWidth - now.clientWidth) / 2;
  }

  load(at) {
    const url = this.visible ? this.#clips[at]?.url : null;
    if (this.#video.getAttribute("src") === (url ?? null)) {
      if (url && this.#video.readyState >= 2) this.#video.classList.add("on");
      return;
    }
    if (url) this.#video.src = url;
    else {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }
}

class Matrix {
  #root;
  #steps;
  #slider;
  #words;
  #rows;
  #together;
  #pending = 0;

  constructor(root) {
    this.#root = root;
    this.#steps = root.dataset.steps.split(",").map(Number);
    this.#slider = root.querySelector("[data-step-slider]");
    this.#words = root.querySelector("[data-step-words]");
    this.#rows = [...root.querySelectorAll(".matrix-row")].map(element => new Row(element, at => this.#choose(at)));
    this.#together = new Together(root.querySelector("[data-together]"), this.#rows.map(row => row.video));
    this.#together.onround = () => this.#round();
    this.#slider.addEventListener("input", () => this.#choose(Number(this.#slider.value)));
    // Left and right go through training wherever the focus does not need them itself.
    document.addEventListener("keydown", event => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.("input, select, textarea, [contenteditable]")) return;
      event.preventDefault();
      this.#choose(Number(this.#slider.value) + by);
    });
    const watch = new IntersectionObserver(entries => {
      for (const entry of entries) {
        const row = this.#rows.find(other => other.element === entry.target);
        row.visible = entry.isIntersecting;
        row.load(Number(this.#slider.value));
      }
    }, { rootMargin: "120px" });
    for (const row of this.#rows) watch.observe(row.element);
    // A browser that comes back to the page keeps where the slider was.
    this.#mark(Number(this.#slider.value));
    if (!calm.matches) this.#together.play();
  }

  #choose(at) {
    at = Math.min(Math.max(0, at), this.#steps.length - 1);
    if (at === Number(this.#root.dataset.at)) return;
    this.#mark(at);
    // Who drags through fifty steps does not want fifty downloads.
    clearTimeout(this.#pending);
    this.#pending = setTimeout(() => this.#load(at), Rest);
  }

  #mark(at) {
    this.#root.dataset.at = at;
    this.#slider.value = at;
    const words = this.#root.dataset.matrix.replace("{0}", integer(this.#steps[at])).replace("{1}", `${at + 1}/${this.#steps.length}`);
    this.#words.textContent = words;
    this.#slider.setAttribute("aria-valuetext", words);
    for (const row of this.#rows) row.mark(at);
  }

  #load(at) {
    for (const row of this.#rows) row.load(at);
    this.#together.restart();
    const address = new URL(location.href);
    address.searchParams.set("step", this.#steps[at]);
    history.replaceState(history.state, "", address);
  }

  /** Through training: after each round the next step, after the last the first. */
  #round() {
    if (!this.#root.querySelector("[data-through]").checked) return;
    const at = (Number(this.#slider.value) + 1) % this.#steps.length;
    this.#mark(at);
    this.#load(at);
  }
}

for (const root of document.querySelectorAll("[data-matrix]")) new Matrix(root);
