// Posters become videos while the pointer rests on them or the keyboard focus is inside. A tile is
// <a data-hover-play="video address"><img …></a>; the video is made only when it is first wanted, over the poster,
// so that nothing moves in the layout. Whoever asked for less motion keeps posters under the pointer.
const calm = matchMedia('(prefers-reduced-motion: reduce)');

// A player costs some megabytes: the last few stay ready, however many tiles were passed over.
const ready = [];
const mostReady = 6;

function keep(video) {
  const at = ready.indexOf(video);
  if (at >= 0) ready.splice(at, 1);
  ready.push(video);
  while (ready.length > mostReady) {
    const old = ready.shift();
    old.pause();
    old.removeAttribute('src');
    old.load();
    old.remove();
  }
}

function start(tile) {
  if (calm.matches) return;
  let video = tile.querySelector('video');
  if (!video) {
    video = document.createElement('video');
    video.muted = true;
    video.loop = true;
    video.playsInline = true;
    video.preload = 'auto';
    video.setAttribute('aria-hidden', 'true');
    video.tabIndex = -1;
    video.src = tile.dataset.hoverPlay;
    video.addEventListener('playing', () => video.classList.add('on'));
    tile.querySelector('img')?.after(video);
  }
  keep(video);
  video.currentTime = 0;
  video.play().catch(() => { /* left before it could start */ });
}

function stop(tile) {
  const video = tile.querySelector('video');
  if (!video) return;
  video.pause();
  video.classList.remove('on');
}

function tileOf(event) {
  return event.target.closest?.('[data-hover-play]');
}

function wireUp(into, out) {
  document.addEventListener(into, event => { const tile = tileOf(event); if (tile && !tile.contains(event.relatedTarget)) start(tile); });
  document.addEventListener(out, event => { const tile = tileOf(event); if (tile && !tile.contains(event.relatedTarget)) stop(tile); });
}

wireUp('pointerover', 'pointerout');
wireUp('focusin', 'focusout');

// The player of an item page starts by itself, silently, unless less motion is wanted.
for (const video of document.querySelectorAll('video[data-autoplay]'))
  if (!calm.matches) video.play().catch(() => { /* the visitor presses play */ });
