// Says how many videos are ticked and keeps it at as many as can be played side by side. The form works without this.
const form = document.getElementById("side-by-side");

function count() {
  const boxes = [...document.querySelectorAll('.tile-pick input')], chosen = boxes.filter(box => box.checked).length, most = Number(form.dataset.most);
  for (const box of boxes) box.disabled = !box.checked && chosen >= most;
  form.querySelector("[data-chosen]").textContent = chosen === 0 ? "" : form.dataset.words.replace("{0}", chosen).replace("{1}", most);
  form.querySelector("[type=submit]").disabled = chosen < 2;
}

if (form) {
  document.addEventListener("change", event => event.target.matches?.(".tile-pick input") && count());
  form.addEventListener("reset", () => setTimeout(count));
  // A browser that comes back to the page keeps what was ticked.
  addEventListener("pageshow", count);
  count();
}
