// Blazor tells this element how the connection to the circuit fares. The page is only a view of what runs on the
// server: when the circuit is gone for good, the same address is loaded again.
const bar = document.getElementById('components-reconnect-modal');
let waiting = false;

bar.addEventListener('components-reconnect-state-changed', async event => {
  const state = event.detail.state;
  if (state === 'hide') {
    bar.classList.remove('on');
  } else {
    bar.classList.add('on');
    if (state === 'failed' || state === 'rejected') await reloadWhenThere();
  }
});

async function reloadWhenThere() {
  if (waiting) return;
  waiting = true;
  for (;;) {
    try {
      const answer = await fetch('/theme.css', { cache: 'no-store' });
      if (answer.ok) break;
    } catch { /* still away */ }
    await new Promise(done => setTimeout(done, 1000));
  }
  location.reload();
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && bar.classList.contains('on')) Blazor.reconnect?.().then(ok => { if (ok === false) reloadWhenThere(); }, () => {});
});
