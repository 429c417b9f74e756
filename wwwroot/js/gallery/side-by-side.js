// The videos of a comparison on one clock. They start by themselves, silently, unless less motion is wanted.
import { Together } from "../together.js";

for (const root of document.querySelectorAll("[data-side-by-side]")) {
  const together = new Together(root.querySelector("[data-together]"), root.querySelectorAll("video"));
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) together.play();
}
