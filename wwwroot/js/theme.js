// The theme switch without a reload. From "system" it goes to the opposite of what is seen, so that the first press
// always changes something; then to the other one, then back to the system's. The cookie is what the server renders from.
const system = matchMedia('(prefers-color-scheme: dark)');

function after(theme) {
  const own = system.matches ? 'dark' : 'light';
  const opposite = system.matches ? 'light' : 'dark';
  return theme === 'system' ? opposite : theme === opposite ? own : 'system';
}

document.addEventListener('click', event => {
  const button = event.target.closest?.('[data-theme-switch]');
  if (!button) return;
  event.preventDefault();
  const root = document.documentElement;
  const next = after(root.dataset.theme);
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

system.addEventListener('change', () => window.dispatchEvent(new CustomEvent('minisora:theme')));
