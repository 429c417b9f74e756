// Several runs over each other: a chart a metric, drawn only while in view; clips of all runs at the same step.
import { Together } from "../together.js";
import { integer, metric } from "./format.js";
import { Overlay } from "./overlay.js";
import { loadHistory, Series, tableRows } from "./series.js";

const Buckets = 400, LookAgain = 10_000;

class Comparison {
  #runs;
  #texts;
  #cards = new Map();
  #state = { axis: "step", smoothing: 0.8, logarithmic: true, shown: [] };

  constructor(root) {
    const { runs, texts } = JSON.parse(root.dataset.compare);
    this.#runs = runs.map(run => ({ ...run, label: `#${run.number}` }));
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
    details.querySelector("thead").replaceChildren(line([this.#texts.live.step, ...this.#runs.map(run => run.label)], "th"));
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
