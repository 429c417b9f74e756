// One metric of several runs over each other.
import { colour, drawable, frame, loadPlot, sizeOf } from "./chart.js";
import { duration, integer, metric } from "./format.js";
import { smooth } from "./series.js";

/**
 * Draws into an element's [data-plot] and says the values under the pointer in its [data-at] and [data-readout].
 * `runs` { label, batch, secondsPerStep } and `series` belong together; batch and secondsPerStep are needed for the axes of clips and seconds only.
 * `state` { axis, smoothing, logarithmic, shown } may change: draw() reads it again. `texts.live` has the words.
 */
export class Overlay {
  #host;
  #element;
  #name;
  #series;
  #runs;
  #state;
  #texts;
  #plot = null;
  #drawn = [];
  #axis = null;
  #pending = false;
  #closed = false;
  #resize;
  #theme;

  constructor(element, name, series, runs, state, texts) {
    this.#element = element;
    this.#host = element.querySelector("[data-plot]");
    this.#name = name;
    this.#series = series;
    this.#runs = runs;
    this.#state = state;
    this.#texts = texts;
    this.#resize = new ResizeObserver(() => this.#plot && this.#host.clientWidth > 0 && this.#plot.setSize(sizeOf(this.#host)));
    this.#resize.observe(this.#host);
    this.#theme = new MutationObserver(() => this.draw());
    this.#theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.draw();
  }

  /** Once per animation frame at most. A chart somebody has zoomed into stays there. */
  draw() {
    if (this.#pending || this.#closed) return;
    this.#pending = true;
    requestAnimationFrame(async () => {
      const Plot = await loadPlot();
      this.#pending = false;
      if (!this.#closed) this.#build(Plot);
    });
  }

  close() {
    this.#closed = true;
    this.#resize.disconnect();
    this.#theme.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  #build(Plot) {
    const { axis, smoothing } = this.#state;
    const logarithmic = this.#state.logarithmic && this.#name.includes("loss");
    const zoom = this.#plot && this.#axis === axis && this.#plot.data[0].length > 1 ? this.#plot.scales.x : null;
    const zoomed = zoom && (zoom.min > this.#plot.data[0][0] || zoom.max < this.#plot.data[0].at(-1)) ? { min: zoom.min, max: zoom.max } : null;
    this.#axis = axis;
    this.#drawn = this.#runs.map((_, i) => i).filter(i => this.#state.shown[i] && this.#series[i].length > 0 && this.#scale(i) > 0);
    const tables = this.#drawn.map(i => {
      const values = drawable(this.#series[i].values, logarithmic);
      return [this.#series[i].steps.map(step => step * this.#scale(i)), smooth(this.#series[i].steps, values, smoothing)];
    });
    this.#plot?.destroy();
    this.#plot = new Plot({
      ...sizeOf(this.#host),
      ...frame(this.#host, this.#name, logarithmic, axis === "seconds" ? { values: (_, ticks) => ticks.map(value => duration(value, this.#texts.live)), space: 90 } : {}),
      series: [{}, ...this.#drawn.map(i => ({
        stroke: colour(this.#host, `--run-${i % 6}`), width: 2, dash: i < 6 ? undefined : [6, 4], spanGaps: true,
        // A line of one point is none.
        points: { show: this.#series[i].length < 8, size: 7 },
      }))],
      hooks: { setCursor: [plot => this.#read(plot.cursor.idx)] },
    }, tables.length ? Plot.join(tables) : [[]], this.#host);
    if (zoomed) this.#plot.setScale("x", zoomed);
    this.#host.dataset.lines = this.#drawn.length;
    this.#read(null);
  }

  /** How far a step of a run goes on the axis. */
  #scale(i) {
    return { step: 1, clips: this.#runs[i].batch, seconds: this.#runs[i].secondsPerStep }[this.#state.axis];
  }

  /** The values under the pointer, or the last ones. */
  #read(index) {
    const plot = this.#plot, where = this.#element.querySelector("[data-at]"), readout = this.#element.querySelector("[data-readout]");
    if (!plot || this.#drawn.length === 0) {
      where.textContent = "";
      readout.textContent = this.#texts.live.noPoints;
      return;
    }
    const end = index ?? plot.data[0].length - 1, x = plot.data[0][end];
    const { axis } = this.#state;
    where.textContent = index === null || index === undefined ? "" : axis === "step" ? `${this.#texts.live.step} ${integer(x)}` : axis === "clips" ? `${integer(x)} ${this.#texts.clips}` : duration(x, this.#texts.live);
    readout.replaceChildren(...this.#drawn.map((i, drawn) => {
      let near = end;
      while (near >= 0 && plot.data[drawn + 1][near] == null) near--;
      const part = document.createElement("span");
      part.className = `compare-value run-line-${i % 6}`;
      part.textContent = `${this.#runs[i].label} ${near >= 0 ? metric(this.#name, plot.data[drawn + 1][near]) : "–"}`;
      return part;
    }));
  }
}
