// <button data-copy="id of the element whose text is copied" data-copied="Copied">: says that it did, then returns.
document.addEventListener('click', async event => {
  const button = event.target.closest?.('[data-copy]');
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector('[data-label]') ?? button;
  await copy(source.textContent);
  label.dataset.before ??= label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => { label.textContent = label.dataset.before; }, 1600);
});

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http on a local network has no clipboard interface.
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
