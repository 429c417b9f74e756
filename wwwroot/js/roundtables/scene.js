// What the stage shows: a slide, a run's curve, or what a run sampled. Runs go on while they are shown, so they are asked again.
import { Chart } from '../runs/chart.js';
import { Overlay } from '../runs/overlay.js';
import { loadHistory, Series } from '../runs/series.js';

const PAUSE = 1500;

export class Scene {
  #host;
  #say;
  #setting;
  #key = '';
  #timer = null;
  #chart = null;
  #series = null;
  #newest = null;
  #calm = matchMedia('(prefers-reduced-motion: reduce)').matches;

  constructor(host, say, setting) {
    this.#host = host;
    this.#say = say;
    this.#setting = setting;
  }

  show(scene) {
    const key = JSON.stringify([scene.kind, scene.kind === 'slide' ? [scene.slide, scene.slides] : [scene.runId, scene.metric, scene.forkId]]);
    if (key === this.#key) return this.#made(scene, key);
    this.#key = key;
    clearTimeout(this.#timer);
    this.#chart?.close();
    this.#chart = null;
    this.#host.dataset.kind = scene.kind;
    if (scene.kind === 'slide' && scene.slides.length > 0) this.#slide(scene);
    else if (scene.kind === 'run' && scene.forkId) this.#again(key, () => this.#fork(scene, key));
    else if (scene.kind === 'run' && scene.runId) this.#again(key, () => this.#curve(scene, key));
    else if (scene.kind === 'clips' && scene.runId) {
      this.#words(this.#say('Room.NoClips'));
      this.#again(key, () => this.#clips(scene, key));
    } else this.#words(this.#say('Room.Blank'));
  }

  #words(text) {
    const words = document.createElement('p');
    words.className = 'muted';
    words.textContent = text;
    this.#host.replaceChildren(words);
  }

  #slide(scene) {
    const picture = document.createElement('img');
    picture.src = scene.slides[scene.slide];
    picture.alt = this.#say('Stage.SlideOf', scene.slide + 1, scene.slides.length);
    const page = document.createElement('figcaption');
    page.className = 'muted num';
    page.textContent = this.#say('Stage.Page', scene.slide + 1, scene.slides.length);
    const figure = document.createElement('figure');
    figure.className = 'stage-slide';
    figure.append(picture, page);
    this.#host.replaceChildren(figure);
    const next = scene.slides[scene.slide + 1];
    if (next) new Image().src = next;
  }

  // Draws, and again while the run goes on and the stage still shows it.
  async #again(key, draw) {
    let over = false;
    try {
      over = await draw();
    } catch { /* the portal restarts: ask again */ }
    if (this.#key === key && !over) this.#timer = setTimeout(() => this.#again(key, draw), PAUSE);
  }

  async #clips(scene, key) {
    const answer = await fetch(`/api/runs/${scene.runId}/clips`);
    if (!answer.ok) throw new Error(String(answer.status));
    const run = await answer.json();
    // The presenter went on while this was asked.
    if (this.#key !== key) return true;
    if (run.clips.length === 0) {
      this.#words(this.#say('Room.NoClips'));
      return run.over;
    }
    const grid = this.#grid(scene.runId, run.name);
    for (const figure of [...grid.children]) {
      if (!run.clips.some(clip => clip.index === Number(figure.dataset.clip))) figure.remove();
    }
    for (const clip of run.clips) this.#clip(grid, clip);
    return run.over;
  }

  // What the run on the stage made just now comes with the state: nobody has to ask for the next step of a clip on its way.
  #made(scene, key) {
    const made = scene.made;
    if (scene.kind !== 'clips' || !made || made.url === this.#newest) return;
    this.#newest = made.url;
    if (made.steps) {
      this.#clip(this.#grid(scene.runId), { ...made, isVideo: false });
      return;
    }
    clearTimeout(this.#timer);
    this.#again(key, () => this.#clips(scene, key));
  }

  #grid(runId, name) {
    let grid = this.#host.querySelector('.stage-clips');
    if (!grid) {
      grid = document.createElement('div');
      grid.className = 'stage-clips';
      const link = document.createElement('a');
      link.href = `/runs/${runId}`;
      const line = document.createElement('p');
      line.append(link);
      this.#host.replaceChildren(grid, line);
    }
    const link = this.#host.querySelector('p > a');
    link.textContent = name ?? (link.textContent || this.#say('Prompts.Run'));
    return grid;
  }

  #clip(grid, { index, url, prompt, step, steps, isVideo }) {
    let figure = grid.querySelector(`[data-clip="${index}"]`);
    if (!figure) {
      figure = document.createElement('figure');
      figure.dataset.clip = index;
      grid.insertBefore(figure, [...grid.children].find(other => Number(other.dataset.clip) > index) ?? null);
    }
    // An answer that was overtaken must not take a clip back towards noise, nor a film back to a picture.
    const older = () => figure.dataset.url === url || (steps && (figure.querySelector('video') || Number(figure.dataset.step ?? 0) >= step));
    if (older()) return;
    const media = document.createElement(isVideo ? 'video' : 'img');
    const put = () => {
      if (older()) return;
      Object.assign(figure.dataset, { url, step });
      const caption = document.createElement('figcaption');
      caption.textContent = prompt ?? '';
      if (steps) caption.append(' ', Object.assign(document.createElement('span'), { className: 'num stage-step', textContent: this.#say('Stage.StepOf', step, steps) }));
      figure.replaceChildren(media, caption);
    };
    if (isVideo) {
      Object.assign(media, { muted: true, loop: true, autoplay: !this.#calm, playsInline: true, controls: true, src: url });
      put();
      return;
    }
    media.alt = steps ? this.#say('Stage.OnItsWay', prompt ?? '') : prompt ?? '';
    // Only a picture that is there takes the place of another: one that is gone already leaves the older.
    media.addEventListener('load', put, { once: true });
    media.src = url;
  }

  // A run and the fork that the audience let start from it: two curves that go on.
  async #fork(scene, key) {
    const name = scene.metric ?? 'loss';
    const ids = [scene.runId, scene.forkId];
    const histories = await Promise.all(ids.map(id => loadHistory(id, name, 400)));
    if (this.#key !== key) return true;
    if (!this.#chart) {
      const make = (tag, data) => {
        const element = document.createElement(tag);
        element.dataset[data] = '';
        return element;
      };
      const [plot, at, readout] = [make('div', 'plot'), make('p', 'at'), make('p', 'readout')];
      plot.className = 'stage-plot';
      at.className = 'muted num';
      readout.className = 'compare-readout num';
      const labels = [this.#say('Fork.Parent'), scene.forkedBy ? this.#setting(scene.forkedBy) : this.#say('Fork.Run')];
      const links = document.createElement('p');
      links.className = 'stage-forks';
      ids.forEach((id, i) => links.append(Object.assign(document.createElement('a'), { href: `/runs/${id}`, textContent: labels[i] })));
      const status = make('p', 'starts');
      status.className = 'muted';
      status.textContent = this.#say('Fork.Starts');
      this.#host.replaceChildren(plot, at, readout, status, links);
      this.#series = ids.map(() => new Series());
      this.#chart = new Overlay(this.#host, name, this.#series, labels.map(label => ({ label })), { axis: 'step', smoothing: 0.8, logarithmic: true, shown: [true, true] },
        { live: { step: this.#say('Stage.Step'), noPoints: this.#say('Room.NoClips') } });
    }
    histories.forEach((history, i) => { if (history) this.#series[i].replace(history.steps, history.values); });
    this.#host.querySelector('[data-starts]').hidden = histories[1] !== null;
    this.#chart.draw();
    return histories.every(history => history?.over);
  }

  async #curve(scene, key) {
    const history = await loadHistory(scene.runId, scene.metric ?? 'loss', 400);
    if (this.#key !== key) return true;
    if (!history) {
      this.#words(this.#say('Room.NoClips'));
      return false;
    }
    if (!this.#chart) {
      const plot = Object.assign(document.createElement('div'), { className: 'stage-plot' });
      const readout = Object.assign(document.createElement('p'), { className: 'muted num' });
      this.#host.replaceChildren(plot, readout);
      this.#series = new Series();
      const name = scene.metric ?? 'loss';
      this.#chart = new Chart(plot, readout, this.#series, {
        name, label: name, smoothing: 0.8, logarithmic: name.includes('loss'),
        texts: { step: this.#say('Stage.Step'), raw: name, smoothed: this.#say('Stage.Smoothed'), noPoints: this.#say('Room.NoClips') },
      });
    }
    this.#series.replace(history.steps, history.values);
    this.#chart.draw();
    return history.over;
  }
}
