// Clips on their way: what the network takes the noise for, in the tile that the video will have. Blazor draws the tile, and a video's own takes its place.
import { integer } from "./format.js";

export class Estimates {
  #root;
  #texts;

  constructor(root, texts) {
    this.#root = root;
    this.#texts = texts;
  }

  /** Another attempt begins from noise again. */
  restart() {
    for (const tile of this.#root.querySelectorAll("[data-estimate]")) delete tile.dataset.step;
  }

  add({ index, step, steps, url, prompt }) {
    const tile = this.#root.querySelector(`[data-estimate="${index}"]`);
    if (!tile) return;
    const picture = new Image();
    picture.alt = this.#texts.estimateOf.replace("{0}", prompt ?? "");
    // Only a picture that is there takes the place of another: one that is gone already leaves the older.
    picture.onload = () => {
      if (Number(tile.dataset.step ?? 0) >= step) return;
      tile.dataset.step = step;
      tile.removeAttribute("aria-hidden");
      tile.querySelector(".video-box").replaceChildren(picture);
      tile.querySelector("figcaption").textContent = this.#texts.estimate.replace("{0}", integer(step)).replace("{1}", integer(steps));
    };
    picture.src = url;
  }
}
