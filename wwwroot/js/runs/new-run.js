// What the new-run form needs from the browser: a draft that survives reloads and restarts, files dropped on the page,
// and images sent by HTTP instead of through the circuit.

/**
 * @param root element around the form
 * @param page .NET object: TakeYaml(text), TakeImage(sha256), TakeVideo(path, sha256), ImageNeedsSampling(),
 *             Refuse(path, sentences), RefuseLarge(path, mebibytes); path is the field that the file was chosen at, "" for a dropped one
 * @param key name of the draft, e.g. "recipe:tiny-emoji"
 */
export function mount(root, page, key) {
  return new NewRun(root, page, key);
}

const prefix = "minisora.draft.";

class NewRun {
  #root;
  #page;
  #key;
  #stop = new AbortController();

  constructor(root, page, key) {
    this.#root = root;
    this.#page = page;
    this.#key = prefix + key;
    const on = { signal: this.#stop.signal };
    // Written at every key, without asking the server: a lost connection loses no letter.
    root.addEventListener("input", event => this.#typed(event.target), on);
    root.addEventListener("change", event => {
      this.#typed(event.target);
      if (event.target.matches("[data-image-upload]") && event.target.files.length) this.#sendImage(event.target.files[0], "image", event.target);
      if (event.target.matches("[data-video-upload]") && event.target.files.length) this.#sendVideo(event.target.dataset.videoUpload, event.target.files[0], event.target);
    }, on);
    root.addEventListener("dragover", event => this.#over(event), on);
    root.addEventListener("dragleave", event => {
      if (!root.contains(event.relatedTarget)) root.classList.remove("dropping");
    }, on);
    root.addEventListener("drop", event => this.#drop(event), on);
    root.addEventListener("click", event => {
      if (event.target.closest("[data-open-file]")) root.querySelector("[data-file]").click();
    }, on);
    root.querySelector("[data-file]")?.addEventListener("change", event => {
      const [file] = event.target.files;
      event.target.value = "";
      if (file) this.#take(file);
    }, on);
    root.dataset.mounted = "";
  }

  /** The draft kept under this key, or null. */
  load() {
    try {
      return JSON.parse(localStorage.getItem(this.#key));
    } catch {
      return null;
    }
  }

  /** Keeps the whole form: { kind, typed, yaml }. */
  save(draft) {
    try {
      localStorage.setItem(this.#key, JSON.stringify(draft));
    } catch { /* storage is full or forbidden: the form works without */ }
  }

  clear() {
    localStorage.removeItem(this.#key);
  }

  /** Brings a field into view and puts the cursor there. */
  show(id) {
    const element = document.getElementById(id);
    element?.closest("details")?.setAttribute("open", "");
    element?.scrollIntoView({ block: "center" });
    element?.focus({ preventScroll: true });
  }

  toTop() {
    this.#root.scrollIntoView({ block: "start" });
  }

  dispose() {
    this.#stop.abort();
  }

  #typed(element) {
    const draft = this.load() ?? { kind: this.#root.dataset.kind, typed: {} };
    if (draft.kind !== this.#root.dataset.kind) return;
    if (element.dataset.path) draft.typed[element.dataset.path] = element.value;
    else if ("yaml" in element.dataset) draft.yaml = element.value;
    else return;
    this.save(draft);
  }

  #over(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    this.#root.classList.add("dropping");
  }

  #drop(event) {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    this.#root.classList.remove("dropping");
    this.#take(event.dataTransfer.files[0]);
  }

  async #take(file) {
    if (/\.ya?ml$/i.test(file.name)) {
      await this.#page.invokeMethodAsync("TakeYaml", (await file.text()).slice(0, 200001));
    } else if (file.type.startsWith("image/")) {
      if (this.#root.dataset.kind === "sampling") await this.#sendImage(file, "");
      else await this.#page.invokeMethodAsync("ImageNeedsSampling");
    } else {
      const answer = await this.#send("/api/specs/from-video", file, "", this.#root.dataset.mostOfDocument);
      if (answer) await this.#page.invokeMethodAsync("TakeYaml", answer.specYaml);
    }
  }

  async #sendImage(file, path, input) {
    const answer = await this.#send("/api/uploads/images", file, path, this.#root.dataset.mostOfImage);
    if (answer) await this.#page.invokeMethodAsync("TakeImage", answer.sha256);
    else if (input) input.value = ""; // the same file, mended, can be chosen again
  }

  async #sendVideo(path, file, input) {
    const answer = await this.#send("/api/uploads/videos", file, path, this.#root.dataset.mostOfClip);
    if (answer) await this.#page.invokeMethodAsync("TakeVideo", path, answer.sha256);
    else input.value = "";
  }

  /** The JSON answer; null after the page was told why not. */
  async #send(address, file, path, mostMebibytes) {
    // A server cannot answer before it has read everything: what is too large is not sent.
    if (file.size > mostMebibytes * 1048576) {
      await this.#page.invokeMethodAsync("RefuseLarge", path, Number(mostMebibytes));
      return null;
    }
    this.#root.classList.add("sending");
    try {
      const answer = await fetch(address, { method: "POST", body: file, headers: { "Content-Type": file.type || "application/octet-stream" } });
      if (answer.ok) return await answer.json();
      const problem = await answer.json().catch(() => ({}));
      await this.#page.invokeMethodAsync("Refuse", path, problem.message ? [problem.message] : []);
    } catch {
      await this.#page.invokeMethodAsync("Refuse", path, []);
    } finally {
      this.#root.classList.remove("sending");
    }
    return null;
  }
}
