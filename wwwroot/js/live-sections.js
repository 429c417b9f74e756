// A static page that shows something in progress: <section data-live="3" id="…"> is fetched again every 3 seconds and
// replaced as long as the answer still has the attribute. No circuit; a hidden tab does not ask.
const section = () => document.querySelector('[data-live]');

async function refresh() {
  const old = section();
  if (!old) return;
  if (!document.hidden && !old.contains(document.activeElement)) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const fresh = page.getElementById(old.id);
        if (fresh) {
          old.replaceWith(document.adoptNode(fresh));
          document.dispatchEvent(new CustomEvent('minisora:refreshed'));
        }
      }
    } catch { /* the portal restarts: ask again later */ }
  }
  const next = section();
  if (next) setTimeout(refresh, Number(next.dataset.live) * 1000);
}

const first = section();
if (first) setTimeout(refresh, Number(first.dataset.live) * 1000);
