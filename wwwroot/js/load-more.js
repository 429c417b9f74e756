// "Load more" adds the next page under the tiles instead of replacing the page. Without this script the link simply leads there.
document.addEventListener('click', async event => {
  const link = event.target.closest?.('a[data-more]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  if (link.getAttribute('aria-busy') === 'true') return;
  link.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(link.href, { headers: { Accept: 'text/html' } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const list = document.querySelector(link.dataset.more);
    const fresh = [...(page.querySelector(link.dataset.more)?.children ?? [])].map(tile => document.adoptNode(tile));
    list.append(...fresh);
    const next = page.querySelector('a[data-more]');
    if (next) link.href = next.href;
    else link.remove();
    // Who came by keyboard goes on where the new tiles begin.
    fresh[0]?.querySelector('a')?.focus({ preventScroll: true });
  } catch {
    location.href = link.href;
  } finally {
    link.removeAttribute('aria-busy');
  }
});
