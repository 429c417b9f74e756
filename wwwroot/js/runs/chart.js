// One metric chart: the raw values as a ghost line, the smoothed ones on top, a read-out under the pointer.
import { nearest, smooth } from "./series.js";
import { integer, metric } from "./format.js";
import { logTicks } from "./ticks.js";

let library;

/** uPlot, loaded once and only when the first chart comes into view. */
export function loadPlot() {
  library ??= new Promise((resolve, reject) => {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("../../lib/uplot/uPlot.min.css", import.meta.url);
    document.head.append(style);
    const script = document.createElement("script");
    script.src = new URL("../../lib/uplot/uPlot.iife.min.js", import.meta.url);
    script.onload = () => resolve(globalThis.uPlot);
    script.onerror = () => reject(new Error("uPlot did not load"));
    document.head.append(script);
  });
  return library;
}

export const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

export class Chart {
  #host;
  #readout;
  #series;
  #options;
  #plot = null;
  #pending = false;
  #closed = false;
  #resize;
  #theme;

  /**
   * @param host empty element with a fixed height
   * @param readout element that shows the values under the pointer
   * @param series the Series to draw
   * @param options { name, label, smoothing, logarithmic, texts, band }; band { steps, low, high } or null: where earlier runs were
   */
  constructor(host, readout, series, options) {
    this.#host = host;
    this.#readout = readout;
    this.#series = series;
    this.#options = options;
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#resize.observe(host);
    // A canvas cannot follow the style sheet: colours are read again when the theme changes.
    this.#theme = new MutationObserver(() => this.rebuild());
    this.#theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.rebuild();
  }

  set smoothing(value) {
    this.#options.smoothing = value;
    this.draw();
  }

  set band(value) {
    this.#options.band = value;
    this.draw();
  }

  set logarithmic(value) {
    if (this.#options.logarithmic === value) return;
    this.#options.logarithmic = value;
    this.rebuild();
  }

  async rebuild() {
    const Plot = await loadPlot();
    if (this.#closed) return;
    this.#plot?.destroy();
    const { label, name, logarithmic, texts } = this.#options;
    const line = colour(this.#host, "--accent");
    const ghost = line + "55";
    this.#plot = new Plot({
      ...sizeOf(this.#host),
      ...frame(this.#host, name, logarithmic),
      series: [
        { label: texts.step },
        { label: texts.raw, stroke: ghost, width: 1, points: { show: false }, spanGaps: true },
        // A single point has no line.
        { label: label, stroke: line, width: 2, points: { show: plot => plot.data[0].length === 1, size: 7, fill: line }, spanGaps: true },
      ],
      hooks: { drawClear: [plot => this.#paintBand(plot)], setCursor: [plot => this.#read(plot.cursor.idx)] },
    }, this.#data(), this.#host);
    this.#read(null);
  }

  /** Draws once per animation frame at most, whatever arrives. */
  draw() {
    if (this.#pending || this.#closed) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      if (!this.#plot || this.#closed) return;
      // A zoomed chart stays where the person looks.
      const zoomed = this.#isZoomed();
      this.#plot.setData(this.#data(), !zoomed);
      if (zoomed) this.#plot.redraw();
      if (this.#plot.cursor.idx === null || this.#plot.cursor.idx === undefined) this.#read(null);
    });
  }

  close() {
    this.#closed = true;
    this.#resize.disconnect();
    this.#theme.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  #isZoomed() {
    const steps = this.#plot.data[0], scale = this.#plot.scales.x;
    return steps.length > 1 && (scale.min > steps[0] || scale.max < steps[steps.length - 1]);
  }

  #data() {
    const { steps, values } = this.#series;
    const shown = drawable(values, this.#options.logarithmic);
    return [steps.slice(), shown, smooth(steps, shown, this.#options.smoothing)];
  }

  /** Behind everything else, as far as the axes reach. */
  #paintBand(plot) {
    const { band } = this.#options;
    if (!band) return;
    const { left, top, width, height } = plot.bbox;
    const x = step => plot.valToPos(step, "x", true);
    // A logarithmic axis has no place for 0.
    const y = value => plot.valToPos(Math.max(value, plot.scales.y.min), "y", true);
    const pen = plot.ctx;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    pen.beginPath();
    band.steps.forEach((step, i) => pen.lineTo(x(step), y(band.high[i])));
    for (let i = band.steps.length - 1; i >= 0; i--) pen.lineTo(x(band.steps[i]), y(band.low[i]));
    pen.closePath();
    pen.globalAlpha = 0.2;
    pen.fillStyle = pen.strokeStyle = colour(this.#host, "--muted");
    pen.lineWidth = 3 * devicePixelRatio;
    pen.fill();
    // Where there is one value only, or where all runs were alike, an area has no width.
    pen.stroke();
    pen.restore();
  }

  #fit() {
    if (this.#plot && this.#host.clientWidth > 0) this.#plot.setSize(sizeOf(this.#host));
  }

  #read(index) {
    const { steps, values } = this.#series;
    const { name, texts } = this.#options;
    const at = index ?? steps.length - 1;
    if (at < 0 || at >= steps.length) {
      this.#readout.textContent = texts.noPoints;
      return;
    }
    const smoothed = this.#plot?.data[2]?.[at];
    this.#readout.textContent = `${texts.step} ${integer(steps[at])} · ${metric(name, values[at])}`
      + (this.#options.smoothing > 0 && Number.isFinite(smoothed) ? ` · ${texts.smoothed} ${metric(name, smoothed)}` : "")
      + this.#earlier(steps[at]);
  }

  #earlier(step) {
    const { band, name, texts } = this.#options;
    if (!band || step > band.steps[band.steps.length - 1] + (band.steps.length > 1 ? band.steps[1] - band.steps[0] : 0)) return "";
    const at = nearest(band.steps, step);
    return ` · ${texts.earlier} ${metric(name, band.low[at])} – ${metric(name, band.high[at])}`;
  }
}

/** Scales, axes and pointer of every chart of a metric, in the colours of the page; `lower` changes the axis of steps. */
export function frame(host, name, logarithmic, lower = {}) {
  const text = colour(host, "--muted"), grid = colour(host, "--line");
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 }, font: "11px system-ui, sans-serif" };
  return {
    scales: {
      x: { time: false },
      y: logarithmic ? { distr: 3, log: 10, range: (_, low, high) => logRange(low, high) } : { range: (_, low, high) => linearRange(low, high) },
    },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(v => Number.isInteger(v) ? integer(v) : ""), space: 64, size: 30, ...lower },
      { ...axis, values: (_, ticks) => ticks.map(v => v === null ? "" : metric(name, v)), size: 62, space: 34, ...(logarithmic ? logAxis : {}) },
    ],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
  };
}

export function sizeOf(host) {
  return { width: Math.max(160, host.clientWidth), height: Math.max(120, host.clientHeight) };
}

/** Values with null where there is nothing to draw. */
export function drawable(values, logarithmic) {
  return values.map(value => Number.isFinite(value) && (!logarithmic || value > 0) ? value : null);
}

/** What makes an axis of uPlot logarithmic in its numbers. */
const logAxis = {
  splits: (plot, _, low, high) => logTicks(low, high, Math.max(3, Math.floor(plot.height / 44))),
  filter: (_, ticks) => ticks,
};

function linearRange(low, high) {
  if (low === null || high === null) return [0, 1];
  const gap = high - low || Math.abs(high) * 0.1 || 1;
  return [low - gap * 0.06, high + gap * 0.06];
}

function logRange(low, high) {
  if (low === null || high === null || !(high > 0)) return [0.1, 1];
  const bottom = low > 0 ? low : high / 1000;
  const factor = Math.pow(Math.max(high / bottom, 1.5), 0.06);
  return [bottom / factor, high * factor];
}
