// What the stage shows: a slide, a run's curve, or what a run sampled. Runs go on while they are shown, so they are asked again.
const PAUSE = 1500;

export class Scene {
  #host;
  #say;
  #key = '';
  #timer = null;
  #plot = null;

  constructor(host, say) {
    this.#host = host;
    this.#say = say;
  }

  show(scene) {
    const key = JSON.stringify([scene.kind, scene.kind === 'slide' ? [scene.slide, scene.slides] : [scene.runId, scene.metric]]);
    if (key === this.#key) return;
    this.#key = key;
    clearTimeout(this.#timer);
    this.#plot?.destroy();
    this.#plot = null;
    this.#host.dataset.kind = scene.kind;
    if (scene.kind === 'slide' && scene.slides.length > 0) this.#slide(scene);
    else if (scene.kind === 'run' && scene.runId) this.#again(key, () => this.#curve(scene));
    else if (scene.kind === 'clips' && scene.runId) this.#again(key, () => this.#clips(scene));
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

  async #clips(scene) {
    const answer = await fetch(`/api/runs/${scene.runId}/clips`);
    if (!answer.ok) throw new Error(String(answer.status));
    const run = await answer.json();
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

  async #curve(scene) {
    const answer = await fetch(`/api/runs/${scene.runId}/metrics?name=${encodeURIComponent(scene.metric ?? 'loss')}&buckets=400`);
    if (!answer.ok) throw new Error(String(answer.status));
    const history = await answer.json();
    const series = history.series[0];
    if (!series) {
      this.#words(this.#say('Room.NoClips'));
      return false;
    }
    const steps = [...series.steps, ...(series.tail?.steps ?? [])];
    const values = [...series.mean, ...(series.tail?.values ?? [])];
    const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    if (this.#plot) {
      this.#plot.setData([steps, values]);
    } else {
      const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') } };
      this.#host.replaceChildren();
      this.#plot = new globalThis.uPlot({
        width: this.#host.clientWidth, height: Math.max(280, Math.round(this.#host.clientWidth * 0.5)), legend: { show: false },
        scales: { x: { time: false }, y: { distr: 3 } }, axes: [axis, axis],
        series: [{}, { label: series.name, stroke: colour('--accent'), width: 2 }],
      }, [steps, values], this.#host);
    }
    return history.step >= history.totalSteps && history.totalSteps > 0;
  }
}
