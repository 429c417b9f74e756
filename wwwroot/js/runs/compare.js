// Several runs over each other: a chart a metric, drawn only while in view; clips of all runs at the same step.
import { Together } from "../together.js";
import { colour, drawable, frame, loadPlot, sizeOf } from "./chart.js";
import { duration, integer, metric } from "./format.js";
import { loadHistory, Series, smooth, tableRows } from "./series.js";

const Buckets = 400, LookAgain = 10_000;

class Comparison {
  #runs;
  #texts;
  #cards = new Map();
  #state = { axis: "step", smoothing: 0.8, logarithmic: true, shown: [] };

  constructor(root) {
    const { runs, texts } = JSON.parse(root.dataset.compare);
    this.#runs = runs;
    this.#texts = texts;
    this.#state.shown = runs.map(() => true);
    for (const box of document.querySelectorAll("[data-line]")) {
      // A browser that comes back to the page keeps what was ticked.
      this.#state.shown[box.dataset.line] = box.checked;
      box.addEventListener("change", () => this.#set(state => state.shown[box.dataset.line] = box.checked));
    }
    const axis = root.querySelector("[data-axis]"), smoothing = root.querySelector("[data-smoothing]"), logarithmic = root.querySelector("[data-logarithmic]");
    Object.assign(this.#state, { axis: axis.value, smoothing: Number(smoothing.value), logarithmic: logarithmic.checked });
    axis.addEventListener("change", () => this.#set(state => state.axis = axis.value));
    smoothing.addEventListener("input", () => this.#set(state => state.smoothing = Number(smoothing.value)));
    logarithmic.addEventListener("change", () => this.#set(state => state.logarithmic = logarithmic.checked));
    const watch = new IntersectionObserver(entries => entries.forEach(entry => this.#inView(entry.target.dataset.metric, entry.isIntersecting)), { rootMargin: "200px" });
    for (const element of root.querySelectorAll("[data-metric]")) {
      this.#cards.set(element.dataset.metric, { element, series: runs.map(() => new Series()), chart: null, loaded: false });
      element.querySelector("[data-table]").addEventListener("toggle", () => this.#fillTable(element.dataset.metric));
      watch.observe(element);
    }
    if (runs.some(run => !run.over)) setInterval(() => this.#follow(), LookAgain);
  }

  #set(change) {
    change(this.#state);
    for (const card of this.#cards.values()) card.chart?.draw();
  }

  async #inView(name, visible) {
    const card = this.#cards.get(name);
    if (!visible) {
      card.chart?.close();
      card.chart = null;
      return;
    }
    card.chart ??= new Overlay(card.element, name, card.series, this.#runs, this.#state, this.#texts);
    if (!card.loaded) {
      card.loaded = true;
      await this.#load(name, this.#runs);
    }
  }

  async #load(name, runs) {
    const card = this.#cards.get(name);
    await Promise.all(runs.map(async run => {
      try {
        Object.assign(card.series[this.#runs.indexOf(run)], await loadHistory(run.id, name, Buckets) ?? { steps: [], values: [] });
      } catch {
        // The portal restarts: the next look asks again.
        card.loaded = false;
      }
    }));
    card.chart?.draw();
    this.#fillTable(name);
  }

  /** Runs that go on: what is in view is looked at again. */
  #follow() {
    if (document.hidden) return;
    for (const [name, card] of this.#cards) if (card.chart) this.#load(name, this.#runs.filter(run => !run.over));
  }

  #fillTable(name) {
    const card = this.#cards.get(name), details = card.element.querySelector("[data-table]");
    if (!details.open) return;
    const steps = [...new Set(card.series.flatMap(series => series.steps))].sort((a, b) => a - b);
    const line = (texts, tag) => {
      const row = document.createElement("tr");
      for (const text of texts) row.append(Object.assign(document.createElement(tag), { textContent: text }));
      return row;
    };
    details.querySelector("thead").replaceChildren(line([this.#texts.live.step, ...this.#runs.map(run => `#${run.number}`)], "th"));
    details.querySelector("tbody").replaceChildren(...tableRows(steps.length, 20).map(i =>
      line([integer(steps[i]), ...card.series.map(series => metric(name, at(series, steps[i])))], "td")));
  }
}

/** Value of the newest point at a step or before it, within what the run has reached. */
function at(series, step) {
  let found = null;
  for (let i = 0; i < series.steps.length && series.steps[i] <= step; i++) found = series.values[i];
  return series.steps.length && step <= series.steps[series.steps.length - 1] ? found : null;
}

class Overlay {
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
      part.textContent = `#${this.#runs[i].number} ${near >= 0 ? metric(this.#name, plot.data[drawn + 1][near]) : "–"}`;
      return part;
    }));
  }
}

/** One slider for the clips of all runs: each shows its newest one at that step or before. They play on one clock. */
function moveClips(root) {
  const together = new Together(root.querySelector("[data-together]"), root.querySelectorAll("video"));
  const slider = root.querySelector("[data-clip-slider]");
  if (!slider) return;
  const steps = slider.dataset.steps.split(",").map(Number), label = root.querySelector("[data-clip-step]");
  slider.addEventListener("input", () => {
    const step = steps[slider.value];
    label.textContent = root.dataset.compareClips.replace("{0}", integer(step)).replace("{1}", `${Number(slider.value) + 1}/${steps.length}`);
    slider.setAttribute("aria-valuetext", label.textContent);
    for (const figure of root.querySelectorAll("[data-run-clips]")) {
      const clips = JSON.parse(figure.dataset.runClips), clip = clips.findLast(other => other.step <= step) ?? clips[0], video = figure.querySelector("video");
      if (!clip || video.getAttribute("src") === clip.url) continue;
      if (clip.poster) video.poster = clip.poster;
      video.src = clip.url;
      figure.querySelector("[data-step]").textContent = clip.at;
    }
    together.restart();
  });
}

for (const root of document.querySelectorAll("[data-compare]")) new Comparison(root);
for (const root of document.querySelectorAll("[data-compare-clips]")) moveClips(root);
