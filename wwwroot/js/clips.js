// Clips straight from a dataset: <div data-clips="address" data-frames="16" data-size="32"> with one <canvas> per clip.
// The answer is uint8 [clips, frames, size, size, 3]. Plays while it is in view; whoever asked for less motion sees the
// first frame. Wanted again after js/live-sections.js replaced a section.
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const framesPerSecond = 8;

async function play(strip) {
  if (strip.dataset.started) return;
  strip.dataset.started = 'yes';
  const frames = Number(strip.dataset.frames);
  const size = Number(strip.dataset.size);
  const answer = await fetch(strip.dataset.clips);
  if (!answer.ok) return;
  const rgb = new Uint8Array(await answer.arrayBuffer());
  const canvases = [...strip.querySelectorAll('canvas')].map(canvas => canvas.getContext('2d'));
  const picture = new ImageData(size, size);

  function draw(frame) {
    canvases.forEach((context, clip) => {
      let from = (clip * frames + frame) * size * size * 3;
      for (let to = 0; to < picture.data.length; to += 4) {
        picture.data[to] = rgb[from++];
        picture.data[to + 1] = rgb[from++];
        picture.data[to + 2] = rgb[from++];
        picture.data[to + 3] = 255;
      }
      context.putImageData(picture, 0, 0);
    });
  }

  draw(0);
  if (calm.matches) return;
  let visible = false;
  new IntersectionObserver(entries => { visible = entries.at(-1).isIntersecting; }).observe(strip);
  let frame = 0;
  const timer = setInterval(() => {
    if (!strip.isConnected) clearInterval(timer);
    else if (visible && !document.hidden) draw(frame = (frame + 1) % frames);
  }, 1000 / framesPerSecond);
}

export function playAll() {
  for (const strip of document.querySelectorAll('[data-clips]')) play(strip);
}

playAll();
document.addEventListener('minisora:refreshed', playAll);
