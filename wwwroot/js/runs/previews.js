// Preview clips of the fixed prompts: one tile each, one slider over the steps at which they were made.
import { integer } from "./format.js";

export class Previews {
  #root;
  #slider;
  #label;
  #tiles;
  #texts;
  #bySteps = new Map();
  #steps = [];
  #follow = true;
  #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  constructor(root, texts) {
    this.#root = root;
    this.#texts = texts;
    this.#slider = root.querySelector("[data-preview-slider]");
    this.#label = root.querySelector("[data-preview-step]");
    this.#tiles = [...root.querySelectorAll("[data-preview-tile]")];
    this.oninput = () => {
      this.#follow = Number(this.#slider.value) === this.#steps.length - 1;
      this.#show();
    };
    this.#slider.addEventListener("input", this.oninput);
  }

  replace(artifacts) {
    this.#bySteps.clear();
    this.#steps = [];
    artifacts.forEach(artifact => this.#keep(artifact));
    this.#show();
  }

  add(artifact) {
    this.#keep(artifact);
    this.#show();
  }

  close() {
    this.#slider.removeEventListener("input", this.oninput);
  }

  #keep({ step, index, url, prompt }) {
    if (!this.#bySteps.has(step)) {
      this.#bySteps.set(step, []);
      this.#steps = [...this.#bySteps.keys()].sort((a, b) => a - b);
    }
    this.#bySteps.get(step)[index] = { url, prompt };
  }

  #show() {
    const count = this.#steps.length;
    this.#root.classList.toggle("previews-none", count === 0);
    this.#slider.max = Math.max(0, count - 1);
    this.#slider.disabled = count < 2;
    if (this.#follow) this.#slider.value = this.#slider.max;
    if (count === 0) {
      this.#label.textContent = "";
      return;
    }
    const at = Math.min(Number(this.#slider.value), count - 1);
    const words = this.#texts.previewStep.replace("{0}", integer(this.#steps[at])).replace("{1}", `${at + 1}/${count}`);
    this.#label.textContent = words;
    this.#slider.setAttribute("aria-valuetext", words);
    const clips = this.#bySteps.get(this.#steps[at]);
    this.#tiles.forEach((tile, index) => this.#fill(tile, clips[index] ?? this.#before(at, index)));
  }

  /** While the clips of a step are still coming in, the older one of the same prompt stays. */
  #before(at, index) {
    for (let i = at - 1; i >= 0; i--) {
      const clip = this.#bySteps.get(this.#steps[i])[index];
      if (clip) return clip;
    }
    return null;
  }

  #fill(tile, clip) {
    let video = tile.querySelector("video");
    if (!clip) {
      video?.remove();
      return;
    }
    if (!video) {
      video = document.createElement("video");
      video.muted = true;
      video.loop = true;
      video.playsInline = true;
      video.autoplay = !this.#calm;
      video.controls = this.#calm;
      video.tabIndex = this.#calm ? 0 : -1;
      tile.append(video);
    }
    video.setAttribute("aria-label", clip.prompt ?? "");
    if (video.dataset.url === clip.url) return;
    video.dataset.url = clip.url;
    video.src = clip.url;
  }
}
