// The charts of a run. Loss has its place on the page; every other metric gets a card, and a chart only while in view.
import { Chart } from "./chart.js";
import { loadBand, loadHistory, Series, tableRows } from "./series.js";
import { integer, metric } from "./format.js";

const Buckets = 600;

/** Of these, people want to know whether they are where they should be. */
const Expected = ["loss", "validation_loss"];

export class Metrics {
  #runId;
  #texts;
  #cards = new Map();
  #grid;
  #smoothing = 0.8;
  #logarithmic = true;
  #watch;

  constructor(root, runId, texts) {
    this.#runId = runId;
    this.#texts = texts;
    this.#grid = root.querySelector("[data-more-charts]");
    this.#watch = new IntersectionObserver(entries => entries.forEach(entry => this.#inView(entry.target.dataset.metric, entry.isIntersecting)), { rootMargin: "200px" });
    this.#register("loss", root.querySelector("[data-metric=loss]"));
    const smoothing = root.querySelector("[data-smoothing]"), logarithmic = root.querySelector("[data-logarithmic]");
    smoothing.value = this.#smoothing;
    logarithmic.checked = this.#logarithmic;
    smoothing.addEventListener("input", () => {
      this.#smoothing = Number(smoothing.value);
      for (const card of this.#cards.values()) if (card.chart) card.chart.smoothing = this.#smoothing;
    });
    logarithmic.addEventListener("change", () => {
      this.#logarithmic = logarithmic.checked;
      const chart = this.#cards.get("loss").chart;
      if (chart) chart.logarithmic = this.#logarithmic;
    });
  }

  /** Makes a card for each metric that has none yet. */
  offer(names) {
    for (const name of names) {
      if (this.#cards.has(name)) continue;
      const card = document.createElement("section");
      card.className = "chart-card";
      card.dataset.metric = name;
      const head = document.createElement("div");
      head.className = "chart-head";
      const title = document.createElement("h3");
      title.textContent = this.#label(name);
      const readout = document.createElement("span");
      readout.className = "chart-readout num";
      readout.dataset.readout = "";
      head.append(title, readout);
      const plot = document.createElement("div");
      plot.className = "chart-plot chart-plot-small";
      plot.dataset.plot = "";
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", this.#label(name));
      card.append(head, plot);
      if (Expected.includes(name)) {
        const note = document.createElement("p");
        note.className = "chart-note";
        note.dataset.band = "";
        note.hidden = true;
        card.append(note);
      }
      // The loss on fixed clips is the first thing to look at after the loss itself.
      if (name === "validation_loss") this.#grid.prepend(card);
      else if (/^validation_loss_t\d\d$/.test(name)) this.#levels().append(card);
      else this.#grid.insertBefore(card, this.#grid.querySelector("[data-levels]"));
      this.#register(name, card);
    }
  }

  /** Where the ten curves by noise level are: folded, since few look at them, and last. */
  #levels() {
    let group = this.#grid.querySelector("[data-levels]");
    if (!group) {
      group = document.createElement("details");
      group.className = "chart-group";
      group.dataset.levels = "";
      const title = document.createElement("summary");
      title.textContent = this.#texts.levels;
      const grid = document.createElement("div");
      grid.className = "more-charts";
      group.append(title, grid);
      this.#grid.append(group);
    }
    return group.lastElementChild;
  }

  /** Points of one step event: { name: [[step, value], …] }. */
  add(points) {
    this.offer(Object.keys(points));
    for (const [name, pairs] of Object.entries(points)) {
      const card = this.#cards.get(name);
      card.series.add(pairs.map(pair => pair[0]), pairs.map(pair => pair[1] ?? NaN));
      card.chart?.draw();
    }
  }

  /** The run went back to a checkpoint: steps after it did not happen. */
  rewind(step) {
    for (const card of this.#cards.values()) {
      card.series.truncateAfter(step);
      card.chart?.draw();
    }
  }

  /** History of every metric somebody has looked at, once more. */
  async reload() {
    await Promise.all([...this.#cards].filter(([, card]) => card.wanted).map(([name]) => this.#load(name)));
  }

  last(name) {
    return this.#cards.get(name)?.series.last() ?? null;
  }

  close() {
    this.#watch.disconnect();
    for (const card of this.#cards.values()) card.chart?.close();
  }

  #register(name, element) {
    this.#cards.set(name, { element, series: new Series(), chart: null, wanted: false, band: null });
    const table = element.querySelector("[data-table]");
    table?.addEventListener("toggle", () => table.open && this.#fillTable(name, table));
    this.#watch.observe(element);
  }

  async #inView(name, visible) {
    const card = this.#cards.get(name);
    if (!visible) {
      card.chart?.close();
      card.chart = null;
      return;
    }
    card.chart ??= new Chart(card.element.querySelector("[data-plot]"), card.element.querySelector("[data-readout]"), card.series, {
      name, label: this.#label(name), smoothing: this.#smoothing, logarithmic: name === "loss" && this.#logarithmic, texts: this.#texts, band: card.band,
    });
    if (!card.wanted) {
      card.wanted = true;
      await this.#load(name);
    }
  }

  async #load(name) {
    const card = this.#cards.get(name);
    try {
      const history = await loadHistory(this.#runId, name, Buckets);
      if (history) card.series.replace(history.steps, history.values);
      card.chart?.draw();
      if (Expected.includes(name) && !card.band) await this.#expect(name, card);
    } catch {
      // The portal restarts: the next look or the next reset asks again, the live tail goes on meanwhile.
      card.wanted = false;
    }
  }

  async #expect(name, card) {
    card.band = await loadBand(this.#runId, name);
    if (!card.band) return;
    if (card.chart) card.chart.band = card.band;
    const note = card.element.querySelector("[data-band]");
    const link = document.createElement("a");
    link.href = `/compare?runs=${[card.band.run, ...card.band.runs].join(",")}`;
    link.textContent = this.#texts.compare;
    note.replaceChildren(this.#texts.band.replace("{0}", card.band.runs.length), " ", link);
    note.hidden = false;
  }

  #label(name) {
    return this.#texts.metrics[name] ?? name;
  }

  #fillTable(name, table) {
    const { steps, values } = this.#cards.get(name).series;
    table.querySelector("tbody").replaceChildren(...tableRows(steps.length, 20).map(i => {
      const row = document.createElement("tr");
      for (const text of [integer(steps[i]), metric(name, values[i])]) {
        const cell = document.createElement("td");
        cell.textContent = text;
        row.append(cell);
      }
      return row;
    }));
  }
}
