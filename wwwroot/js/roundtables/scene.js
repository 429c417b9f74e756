// What the stage shows: a slide, a run's curve, or what a run sampled. Runs go on while they are shown, so they are asked again.
import { Chart } from '../runs/chart.js';
import { loadHistory, Series } from '../runs/series.js';

const PAUSE = 1500;

export class Scene {
  #host;
  #say;
  #key = '';
  #timer = null;
  #chart = null;
  #series = null;

  constructor(host, say) {
    this.#host = host;
    this.#say = say;
  }

  show(scene) {
    const key = JSON.stringify([scene.kind, scene.kind === 'slide' ? [scene.slide, scene.slides] : [scene.runId, scene.metric]]);
    if (key === this.#key) return;
    this.#key = key;
    clearTimeout(this.#timer);
    this.#chart?.close();
    this.#chart = null;
    this.#host.dataset.kind = scene.kind;
    if (scene.kind === 'slide' && scene.slides.length > 0) this.#slide(scene);
    else if (scene.kind === 'run' && scene.runId) this.#again(key, () => this.#curve(scene, key));
    else if (scene.kind === 'clips' && scene.runId) this.#again(key, () => this.#clips(scene, key));
    else this.#words(this.#say('Room.Blank'));
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
    this.#host.replaceChildren(picture);
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
    const shown = JSON.stringify(run.clips.map(clip => clip.url));
    if (this.#host.dataset.clips !== shown || this.#host.querySelector('.muted')) {
      this.#host.dataset.clips = shown;
      if (run.clips.length === 0) {
        this.#words(this.#say('Room.NoClips'));
        return run.over;
      }
      const grid = document.createElement('div');
      grid.className = 'stage-clips';
      for (const clip of run.clips) {
        const figure = document.createElement('figure');
        const media = document.createElement(clip.isVideo ? 'video' : 'img');
        if (clip.isVideo) Object.assign(media, { muted: true, loop: true, autoplay: true, playsInline: true, controls: true });
        else media.alt = clip.prompt ?? '';
        media.src = clip.url;
        const caption = document.createElement('figcaption');
        caption.textContent = clip.prompt ?? '';
        figure.append(media, caption);
        grid.append(figure);
      }
      const name = document.createElement('p');
      const link = document.createElement('a');
      link.href = `/runs/${scene.runId}`;
      link.textContent = run.name;
      name.append(link);
      this.#host.replaceChildren(grid, name);
    }
    return run.over;
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
