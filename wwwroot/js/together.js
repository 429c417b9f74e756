// Several videos on one clock: play, pause, seek, single frames, speed and loop for all at once. The clock is ours, not a video's:
// a shorter video rests on its last frame until the longest one ends, and while one has nothing to show yet, all wait for it.
const tolerance = 0.08, mostAtOnce = 0.25;

export class Together {
  #bar;
  #videos;
  #seek;
  #words;
  #playing = false;
  #at = 0;
  #last = 0;

  /** Called when all begin anew, with the number of the round. */
  onround = () => {};

  constructor(bar, videos) {
    this.#bar = bar;
    this.#videos = [...videos];
    this.#seek = bar.querySelector("[data-seek]");
    this.#words = this.#seek.dataset.words;
    for (const video of this.#videos) {
      Object.assign(video, { controls: false, loop: false, muted: true, playsInline: true });
      for (const event of ["loadedmetadata", "emptied", "error"]) video.addEventListener(event, () => this.#measure());
    }
    bar.querySelector("[data-play]").addEventListener("click", () => this.#playing ? this.pause() : this.play());
    for (const button of bar.querySelectorAll("[data-frame]")) button.addEventListener("click", () => this.#frame(Number(button.dataset.frame)));
    this.#seek.addEventListener("input", () => this.#move(Number(this.#seek.value)));
    bar.dataset.ready = "";
    this.#show();
    this.#measure();
  }

  get playing() {
    return this.#playing;
  }

  play() {
    if (this.#playing) return;
    this.#wake();
    if (this.#at >= this.#length()) this.#at = 0;
    this.#playing = true;
    this.#last = performance.now();
    this.#show();
    requestAnimationFrame(this.#tick);
  }

  pause() {
    this.#playing = false;
    this.#follow();
    this.#show();
  }

  /** From the beginning, as after other clips were put in. */
  restart() {
    this.#move(0);
  }

  /** A page with many videos loads none of them before somebody wants to see them move. */
  #wake() {
    for (const video of this.#videos) if (video.preload === "none") video.preload = "auto";
  }

  #loaded() {
    return this.#videos.filter(video => !video.error && Number.isFinite(video.duration) && video.duration > 0);
  }

  #length() {
    return Math.max(0, ...this.#loaded().map(video => video.duration));
  }

  #tick = now => {
    if (!this.#playing) return;
    const passed = Math.min((now - this.#last) / 1000, mostAtOnce), length = this.#length();
    this.#last = now;
    if (length > 0 && !this.#waits()) {
      this.#at += passed * Number(this.#bar.querySelector("[data-rate]").value);
      if (this.#at >= length) {
        if (!this.#bar.querySelector("[data-loop]").checked) {
          this.#at = length;
          this.pause();
          return;
        }
        this.#at = 0;
        this.onround();
      }
    }
    this.#follow();
    this.#show();
    requestAnimationFrame(this.#tick);
  };

  /** Somebody has nothing to show for this moment. At its very end a video has no more data, and needs none. */
  #waits() {
    return this.#videos.some(video => video.getAttribute("src") && !video.error
      && (video.readyState < 1 || (this.#at < video.duration - 0.2 && (video.seeking || video.readyState < 3))));
  }

  #follow() {
    const rate = Number(this.#bar.querySelector("[data-rate]").value), runs = this.#playing && !this.#waits();
    for (const video of this.#loaded()) {
      const over = this.#at >= video.duration - 0.01;
      // Just behind a frame's beginning: exactly on it, rounding would show the frame before.
      const target = Math.min(this.#at + (runs ? 0 : 0.002), video.duration - 0.01), off = Math.abs(video.currentTime - target);
      if (off > (runs && !over ? tolerance * Math.max(1, rate) : 0.004) && !video.seeking) video.currentTime = target;
      if (runs && !over) {
        video.playbackRate = rate;
        if (video.paused) video.play().catch(() => { /* paused again before it began */ });
      } else if (!video.paused) {
        video.pause();
      }
    }
  }

  #move(at) {
    this.#at = Math.min(Math.max(0, at), this.#length());
    this.#follow();
    this.#show();
  }

  #frame(by) {
    this.#playing = false;
    this.#wake();
    // The shortest frame of all: none is skipped.
    const frame = Math.min(...this.#loaded().map(video => Number(video.dataset.frames) > 0 ? video.duration / Number(video.dataset.frames) : 1 / 8));
    if (Number.isFinite(frame)) this.#move(Math.min((Math.round(this.#at / frame) + by) * frame, this.#length() - frame));
  }

  #measure() {
    const length = this.#length();
    this.#seek.max = length;
    this.#seek.disabled = length === 0;
    if (!this.#playing) this.#move(this.#at);
    this.#show();
  }

  #show() {
    const length = this.#length(), words = this.#words.replace("{0}", this.#at.toFixed(2)).replace("{1}", length.toFixed(2));
    this.#bar.classList.toggle("together-playing", this.#playing);
    this.#seek.value = this.#at;
    this.#seek.setAttribute("aria-valuetext", words);
    this.#bar.querySelector("[data-time]").textContent = words;
  }
}
