// <details class="menu"> closes as menus do: on a click elsewhere, on Escape, and when focus moves on.
function closeAll(except) {
  for (const menu of document.querySelectorAll('details.menu[open]'))
    if (menu !== except) menu.open = false;
}

document.addEventListener('click', event => closeAll(event.target.closest?.('details.menu')));
document.addEventListener('focusin', event => closeAll(event.target.closest?.('details.menu')));
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  const open = document.querySelector('details.menu[open]');
  if (!open) return;
  open.open = false;
  open.querySelector('summary').focus();
});
