// The theme switch without a reload: system → light → dark. The cookie is what the server renders from next time.
const order = ['system', 'light', 'dark'];

document.addEventListener('click', event => {
  const button = event.target.closest?.('[data-theme-switch]');
  if (!button) return;
  event.preventDefault();
  const root = document.documentElement;
  const next = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
  root.dataset.theme = next;
  document.cookie = `minisora-theme=${next}; path=/; max-age=31536000; samesite=lax`;
  // Canvases cannot follow CSS variables by themselves.
  window.dispatchEvent(new CustomEvent('minisora:theme'));
});

document.addEventListener('keydown', event => {
  const button = event.key === ' ' && event.target.closest?.('[data-theme-switch]');
  if (!button) return;
  event.preventDefault();
  button.click();
});
