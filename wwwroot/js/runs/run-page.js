// The moving parts of a run's page. Blazor renders the frame; everything that changes several times a second is written
// here, straight into the page, and never travels through the circuit.
import { Estimates } from "./estimates.js";
import { LiveRun } from "./live.js";
import { Log } from "./log.js";
import { Metrics } from "./metrics.js";
import { Previews } from "./previews.js";
import { duration, integer, metric, pace } from "./format.js";

/**
 * @param root element of the page
 * @param page .NET object with Snapshot(): { log, previews, estimates, metricNames, lastSeq }
 * @param options { runId, texts }
 * @param snapshot what Snapshot() gives, as of now
 */
export function mount(root, page, options, snapshot) {
  return new RunPage(root, page, options, snapshot);
}

class RunPage {
  #root;
  #page;
  #texts;
  #metrics;
  #log;
  #previews;
  #estimates;
  #live;

  constructor(root, page, { runId, texts }, snapshot) {
    this.#root = root;
    this.#page = page;
    this.#texts = texts;
    this.#metrics = new Metrics(root, runId, texts);
    this.#log = new Log(root.querySelector("[data-log]"), texts.log);
    const previews = root.querySelector("[data-previews]");
    this.#previews = previews ? new Previews(previews, texts) : null;
    this.#estimates = new Estimates(root, texts);
    this.#take(snapshot);
    this.#live = new LiveRun(runId, snapshot.lastSeq, {
      event: event => this.#on(event),
      reset: async () => {
        const fresh = await this.#page.invokeMethodAsync("Snapshot");
        this.#take(fresh);
        await this.#metrics.reload();
        return fresh.lastSeq;
      },
      connected: yes => root.classList.toggle("run-offline", !yes),
    });
  }

  async dispose() {
    this.#metrics.close();
    this.#log.close();
    this.#previews?.close();
    await this.#live.close();
  }

  #take({ log, previews, estimates, metricNames }) {
    this.#log.replace(log);
    this.#previews?.replace(previews);
    estimates.forEach(estimate => this.#estimates.add(estimate));
    this.#metrics.offer(metricNames);
  }

  #on({ at, type, data }) {
    switch (type) {
      case "step":
        this.#metrics.add(data.points ?? {});
        this.#progress(data);
        break;
      case "started":
        this.#estimates.restart();
        if (data.resumedFromStep > 0) this.#metrics.rewind(data.resumedFromStep);
        break;
      case "phase":
        this.#put("phase", this.#texts.phases[data.key] ?? "");
        break;
      case "log":
        this.#log.add({ at, ...data });
        break;
      case "artifact":
        if (data.kind === "preview") this.#previews?.add(data);
        if (data.kind === "estimate") this.#estimates.add(data);
        break;
    }
  }

  #progress({ step, totalSteps, stepsPerSecond, secondsLeft }) {
    this.#put("step", integer(step));
    this.#put("pace", pace(stepsPerSecond, this.#texts));
    this.#put("left", duration(secondsLeft, this.#texts));
    const loss = this.#metrics.last("loss");
    if (loss !== null) this.#put("loss", metric("loss", loss));
    if (!(totalSteps > 0)) return;
    const share = Math.min(1, step / totalSteps);
    this.#put("percent", `${Math.floor(share * 100)} %`);
    const bar = this.#root.querySelector("[data-bar]");
    if (bar) bar.value = share;
  }

  /** Keeps Blazor's text node, so that a later render finds what it expects. */
  #put(name, text) {
    for (const element of this.#root.querySelectorAll(`[data-live=${name}]`)) {
      if (element.firstChild?.nodeType === Node.TEXT_NODE) element.firstChild.data = text;
      else element.textContent = text;
    }
  }
}
