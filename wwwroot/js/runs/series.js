// One metric of one run: points in step order, each step once. No DOM in here.

export class Series {
  constructor() {
    this.steps = [];
    this.values = [];
  }

  get length() {
    return this.steps.length;
  }

  /**
   * Takes points in any order. A step seen before is overwritten: history and live tail overlap on purpose,
   * and a run that goes on from a checkpoint repeats steps.
   */
  add(steps, values) {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i], last = this.steps.length - 1;
      if (last < 0 || step > this.steps[last]) {
        this.steps.push(step);
        this.values.push(values[i]);
      } else if (step === this.steps[last]) {
        this.values[last] = values[i];
      } else {
        this.#insert(step, values[i]);
      }
    }
  }

  /** Takes a history, ascending; live points after its end stay. */
  replace(steps, values) {
    const end = steps.length ? steps[steps.length - 1] : -1;
    const later = this.steps.findIndex(step => step > end);
    this.steps = steps.concat(later < 0 ? [] : this.steps.slice(later));
    this.values = values.concat(later < 0 ? [] : this.values.slice(later));
  }

  /** Forgets everything after a step: the run went back to a checkpoint. */
  truncateAfter(step) {
    let end = this.steps.length;
    while (end > 0 && this.steps[end - 1] > step) end--;
    this.steps.length = end;
    this.values.length = end;
  }

  last() {
    return this.steps.length ? this.values[this.values.length - 1] : null;
  }

  #insert(step, value) {
    let low = 0, high = this.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] < step) low = middle + 1;
      else high = middle;
    }
    if (this.steps[low] === step) {
      this.values[low] = value;
    } else {
      this.steps.splice(low, 0, step);
      this.values.splice(low, 0, value);
    }
  }
}

/** What is stored of one metric of a run, down-sampled, its newest points as they are, and whether its last step is among them; null when there is nothing yet. Throws when the portal does not answer. */
export async function loadHistory(runId, name, buckets) {
  const answer = await fetch(`/api/runs/${runId}/metrics?name=${encodeURIComponent(name)}&buckets=${buckets}`);
  if (!answer.ok) throw new Error(`metrics: ${answer.status}`);
  const { series: [history], step, totalSteps } = await answer.json();
  return history ? {
    steps: [...history.steps, ...history.tail.steps],
    values: [...history.mean, ...history.tail.values].map(value => value ?? NaN),
    over: totalSteps > 0 && step >= totalSteps,
  } : null;
}

/** Where earlier runs of the same recipe were: { run, runs, steps, low, high }; null when too few are known. Throws when the portal does not answer. */
export async function loadBand(runId, name) {
  const answer = await fetch(`/api/runs/${runId}/band?name=${encodeURIComponent(name)}`);
  if (!answer.ok) throw new Error(`band: ${answer.status}`);
  const band = await answer.json();
  return band.steps.length > 0 ? band : null;
}

/** Index of the entry of ascending steps that is nearest to a step. */
export function nearest(steps, step) {
  let best = 0;
  for (let i = 1; i < steps.length; i++) if (Math.abs(steps[i] - step) < Math.abs(steps[best] - step)) best = i;
  return best;
}

/**
 * Exponential moving average with bias correction, weighted by the distance between steps, so that a
 * down-sampled history and a dense tail are smoothed alike. smoothing 0…0.999; 0 returns the values.
 */
export function smooth(steps, values, smoothing) {
  if (smoothing <= 0) return values;
  const out = new Array(values.length);
  // One unit of distance is the typical gap of the points shown.
  const span = values.length > 1 ? (steps[values.length - 1] - steps[0]) / (values.length - 1) : 1;
  let total = 0, weight = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || !Number.isFinite(value)) {
      out[i] = null;
      continue;
    }
    const distance = i === 0 || span <= 0 ? 1 : (steps[i] - steps[i - 1]) / span;
    const keep = Math.pow(smoothing, Math.min(distance, 50));
    total = total * keep + value * (1 - keep);
    weight = weight * keep + (1 - keep);
    out[i] = total / weight;
  }
  return out;
}

/** At most `count` indices spread over the series, the last always among them: the rows of the text table. */
export function tableRows(length, count) {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round(i * (length - 1) / (count - 1)));
}
