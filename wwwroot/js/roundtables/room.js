// A roundtable in the browser: the stage and the audience's lists, drawn from whole states. Live they come from the hub, in the
// replay from the server's fold of the log at a second; the same code draws both. Texts of people become text, never markup.
import { Scene } from './scene.js';

const room = document.querySelector('[data-room]');
const slug = room.dataset.room;
const way = room.dataset.way;
const texts = JSON.parse(room.dataset.texts);
const mayAct = room.dataset.mayAct === 'true' && way === 'live';
const presents = room.dataset.presents === 'true' && way === 'live';
// From the projector's picture the presenter turns pages too: its window may be the one with the focus.
const turns = room.dataset.presents === 'true' && way !== 'replay';
const find = selector => room.querySelector(selector);
const say = (key, ...values) => (texts[key] ?? key).replace(/\{(\d)\}/g, (_, at) => values[at]);
const api = path => `/api/roundtables/${encodeURIComponent(slug)}/${path}`;
const settings = JSON.parse(room.dataset.settings);
// A setting as people call it: "training.learning_rate=5e-4" is "Peak rate: 5e-4" in the reader's language.
const setting = text => text.replace(/^([^=]+)=(.*)$/, (_, path, value) => `${settings[path] ?? path}: ${value}`);
const scene = new Scene(find('[data-scene]'), say, setting);

let state = null;
let aim = null;
let turning = false;
let mine = { prompt: null, questions: [], polls: {} };

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function complainAtTop(message) {
  tellAt('[data-problem]', message);
}

function tellAt(selector, message) {
  const place = find(selector);
  place.textContent = message ?? '';
  place.hidden = !message;
}

async function act(type, data = {}, complain = complainAtTop) {
  complain(null);
  try {
    const answer = await fetch(api('act'), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ type, ...data }) });
    if (answer.status === 422) complain((await answer.json()).reasons.map(reason => reason.message).join(' '));
    else if (!answer.ok) complain(say('Room.Failed'));
    if (answer.ok && type.endsWith('vote')) await readMine();
    return answer.ok;
  } catch {
    complain(say('Room.Failed'));
    return false;
  }
}

// Pages are counted from where the last press leads, not from what was drawn: three quick presses are three pages. One is sent after the other,
// since of two on the way at once the first may arrive last.
async function turn(step) {
  const { slides, slide } = state?.scene ?? { slides: [] };
  if (!slides.length) return;
  const from = aim ?? slide;
  const at = Math.min(slides.length - 1, Math.max(0, from + step));
  if (step && at === from) return;
  aim = at;
  if (turning) return;
  turning = true;
  for (let sent = null; sent !== aim;) {
    sent = aim;
    if (!await act('slide', { at: sent })) aim = sent = null;
  }
  turning = false;
  // What the room says next counts, or said already.
  if (state.scene.slide === aim) aim = null;
}

async function readMine() {
  if (!mayAct) return;
  const answer = await fetch(api('mine'));
  if (answer.ok) mine = await answer.json();
  if (state) draw();
}

function votes(count, on, label, send) {
  if (!mayAct) return make('span', { className: 'votes num' }, `▲ ${count}`);
  const button = make('button', { type: 'button', className: 'button mark votes num', onclick: send }, `▲ ${count}`);
  button.setAttribute('aria-pressed', String(on));
  button.setAttribute('aria-label', `${label} ▲ ${count}`);
  return button;
}

const nothing = key => make('li', { className: 'muted' }, say(key));

// Lists are drawn anew, but the button one has the focus on keeps it.
function fill(selector, children) {
  const list = find(selector);
  if (!list) return;
  const key = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  list.replaceChildren(...children);
  if (key) list.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

function keyed(element, key) {
  element.dataset.key = key;
  return element;
}

function drawLists() {
  fill('[data-prompts]', state.prompts.length === 0 ? [nothing('Prompts.None')] : state.prompts.map(prompt => {
    const row = make('li', { className: prompt.taken ? 'done' : '' });
    row.append(prompt.taken ? make('span', { className: 'badge badge-quiet' }, say('Prompts.Taken')) : keyed(votes(prompt.votes, mine.prompt === prompt.id, say('Prompts.Vote', prompt.text), () => act('prompt_vote', { id: prompt.id })), `p${prompt.id}`));
    row.append(make('span', { className: 'queue-text' }, make('span', {}, prompt.text), make('span', { className: 'muted small' }, prompt.by)));
    if (prompt.runId) row.append(make('a', { href: `/runs/${prompt.runId}` }, say('Prompts.Run')));
    if (presents && !prompt.taken) row.append(keyed(make('button', { type: 'button', className: 'button', onclick: () => act('prompt_taken', { id: prompt.id }) }, say('Prompts.Take')), `t${prompt.id}`));
    return row;
  }));
  fill('[data-questions]', state.questions.length === 0 ? [nothing('Questions.None')] : state.questions.map(question => {
    const row = make('li', { className: question.answered ? 'done' : '' });
    row.append(question.answered ? make('span', { className: 'badge badge-quiet' }, say('Questions.Answered')) : keyed(votes(question.votes, mine.questions.includes(question.id), say('Questions.Vote', question.text), () => act('question_vote', { id: question.id })), `q${question.id}`));
    row.append(make('span', { className: 'queue-text' }, make('span', {}, question.text), make('span', { className: 'muted small' }, question.by)));
    if (presents && !question.answered) row.append(keyed(make('button', { type: 'button', className: 'button', onclick: () => act('answered', { id: question.id }) }, say('Questions.Answer')), `a${question.id}`));
    return row;
  }));
  fill('[data-polls]', state.polls.length === 0 ? [make('p', { className: 'muted' }, say('Polls.None'))] : state.polls.map(poll => {
    const all = Math.max(1, poll.options.reduce((sum, option) => sum + option.votes, 0));
    const forks = poll.runId !== null;
    const block = make('div', { className: 'poll' }, make('h3', {}, poll.question || say('Fork.Question')));
    poll.options.forEach((option, at) => {
      const text = forks ? setting(option.text) : option.text;
      const bar = make('progress', { max: all, value: option.votes });
      bar.setAttribute('aria-label', `${text}: ${option.votes}`);
      const label = make('span', { className: 'poll-label' }, make('span', {}, poll.chosen === at ? `✓ ${text}` : text), make('span', { className: 'num' }, String(option.votes)));
      if (poll.open && mayAct) {
        const button = keyed(make('button', { type: 'button', className: 'button poll-option', onclick: () => act('poll_vote', { id: poll.id, option: at }) }, label, bar), `o${poll.id}-${at}`);
        button.setAttribute('aria-pressed', String(mine.polls[poll.id] === at));
        block.append(button);
      } else {
        block.append(make('div', { className: 'poll-option' }, label, bar));
      }
    });
    if (poll.forkId) block.append(make('p', { className: 'small' }, make('a', { href: `/runs/${poll.forkId}` }, say('Fork.Run'))));
    else if (!poll.open) block.append(make('p', { className: 'muted small' }, say(forks ? 'Fork.Nobody' : 'Polls.Closed')));
    else if (presents) block.append(keyed(make('button', { type: 'button', className: 'button', onclick: () => act('poll_closed', { id: poll.id }) }, say('Polls.Close')), `c${poll.id}`));
    return block;
  }));
}

function drawNotes() {
  for (const place of room.querySelectorAll('[data-notes]')) {
    const notes = state.notes[place.dataset.notes];
    if (place.dataset.seq === String(notes.seq)) continue;
    place.dataset.seq = notes.seq;
    // The server made this HTML from Markdown and left nothing in it that runs.
    if (notes.html) place.innerHTML = notes.html;
    else place.replaceChildren(make('p', { className: 'muted' }, say('Notes.None')));
    const form = place.parentElement.querySelector('form');
    if (form && !form.dataset.dirty) {
      form.elements.text.value = notes.text;
      form.dataset.base = notes.seq;
    }
  }
}

function draw() {
  find('[data-status]').textContent = say(state.ended ? 'Room.Over' : state.began ? 'Room.Live' : 'Room.Waiting');
  if (way === 'live') {
    find('[data-here]').textContent = say('Room.Here', state.here);
    const live = state.began && !state.ended;
    find('[data-fork-vote]')?.toggleAttribute('hidden', !live || state.scene.kind !== 'run' || state.polls.some(poll => poll.open && poll.runId));
    for (const button of room.querySelectorAll('[data-slide]')) button.hidden = state.scene.slides.length === 0;
    for (const [act, fits] of [['began', !live], ['ended', live]]) find(`[data-act=${act}]`)?.toggleAttribute('hidden', !fits);
  }
  scene.show(state.scene);
  if (way === 'stage') return;
  drawLists();
  drawNotes();
}

function take(fresh) {
  // A whole state never goes back: what overtook it on the way is newer.
  if (way !== 'replay' && state && fresh.seq < state.seq) return;
  state = fresh;
  if (!turning) aim = null;
  room.dataset.seq = fresh.seq;
  draw();
}

function listen() {
  const connection = new globalThis.signalR.HubConnectionBuilder().withUrl('/hubs/roundtables')
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: context => Math.min(5000, 250 * 2 ** Math.min(context.previousRetryCount, 5)) })
    .configureLogging(globalThis.signalR.LogLevel.None).build();
  const lost = () => { find('[data-status]').textContent = say('Room.Lost'); };
  const join = async () => { const now = await connection.invoke('Join', slug); if (now) take(now); };
  connection.on('state', take);
  connection.onreconnecting(lost);
  connection.onreconnected(join);
  const start = async () => {
    try {
      await connection.start();
      await join();
    } catch {
      lost();
      setTimeout(start, 2000);
    }
  };
  connection.onclose(() => setTimeout(start, 1000));
  start();
}

function wire() {
  room.addEventListener('click', event => {
    const button = event.target.closest('[data-act], [data-slide]');
    if (!button) return;
    if (button.dataset.act) act(button.dataset.act);
    else turn(Number(button.dataset.slide));
  });
  room.addEventListener('input', event => { if (event.target.form?.dataset.form === 'note') event.target.form.dataset.dirty = 'true'; });
  room.addEventListener('submit', async event => {
    const form = event.target;
    event.preventDefault();
    const field = name => form.elements[name]?.value ?? '';
    switch (form.dataset.form) {
      case 'prompt':
      case 'question':
        if (await act(form.dataset.form, { text: field('text') })) form.reset();
        break;
      case 'poll':
        if (await act('poll', { text: field('text'), options: field('options').split('\n') })) form.reset();
        break;
      case 'fork': {
        // An option without a value is one that was not wanted.
        const values = [...form.querySelectorAll('[name=value]')], paths = [...form.querySelectorAll('[name=path]')];
        const options = values.map((value, at) => value.value.trim() && `${paths[at].value}=${value.value.trim()}`).filter(Boolean);
        const { runId, forkId } = state.scene;
        if (await act('poll', { text: field('text'), options, runId: forkId ?? runId }, message => tellAt('[data-fork-problem]', message))) {
          form.reset();
          form.closest('details').open = false;
        }
        break;
      }
      case 'note':
        if (await act('note', { language: form.dataset.language, text: field('text'), base: Number(form.dataset.base ?? 0) })) {
          delete form.dataset.dirty;
          form.closest('details').open = false;
        }
        break;
      case 'scene': {
        const id = field('run').match(/[0-9a-f]{8}-[0-9a-f-]{27}/i)?.[0] ?? field('run');
        await act(event.submitter?.value ?? 'clips', { runId: id });
        break;
      }
    }
  });
  find('[data-slides]')?.addEventListener('change', async event => {
    const files = [...event.target.files].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    const urls = [];
    for (const file of files) {
      const answer = await fetch(`/api/uploads/images?name=${encodeURIComponent(file.name)}`, { method: 'POST', headers: { 'Content-Type': file.type }, body: file });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) return complainAtTop(`${file.name}: ${said.message ?? say('Room.Failed')}`);
      urls.push(said.url);
    }
    await act('slides', { urls });
    event.target.value = '';
  });
  find('[data-pdf]')?.addEventListener('change', event => sendPdf(event.target));
}

async function sendPdf(input) {
  const [file] = input.files;
  const complain = message => tellAt('[data-pdf-problem]', message);
  complain(null);
  if (file.size > Number(input.dataset.most)) {
    complain(input.dataset.tooLarge);
  } else {
    tellAt('[data-pdf-status]', say('Stage.PdfSending'));
    try {
      const answer = await fetch(api('slides'), { method: 'POST', headers: { 'Content-Type': 'application/pdf' }, body: file });
      if (answer.status === 422) complain((await answer.json()).reasons.map(reason => reason.message).join(' '));
      else if (!answer.ok) complain(say('Room.Failed'));
    } catch {
      complain(say('Room.Failed'));
    }
    tellAt('[data-pdf-status]', null);
  }
  // The same file, corrected, may be chosen again.
  input.value = '';
}

function keys() {
  document.addEventListener('keydown', event => {
    // With Alt, arrows lead through the browser's history.
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest?.('input, textarea, select, video')) return;
    const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (!step || !state?.scene.slides.length) return;
    event.preventDefault();
    turn(step);
  });
}

function replay() {
  const scrubber = find('[data-scrub]');
  const play = find('[data-play]');
  let asked = -1;
  let busy = false;
  let timer = null;

  async function look() {
    const second = Number(scrubber.value);
    find('[data-clock]').textContent = `${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')}`;
    if (busy || asked === second) return;
    busy = true;
    asked = second;
    try {
      const answer = await fetch(api(`state?at=${second}`));
      if (answer.ok) take(await answer.json());
      room.dataset.second = second;
      // From the path on: against the base address a mere query would be the home page's.
      history.replaceState(null, '', `${location.pathname}?t=${second}`);
    } catch { /* the next move asks again */ }
    busy = false;
    if (Number(scrubber.value) !== asked) look();
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = say('Replay.Play');
  }

  scrubber.addEventListener('input', look);
  play.addEventListener('click', () => {
    if (timer) return stop();
    if (Number(scrubber.value) >= Number(scrubber.max)) scrubber.value = 0;
    play.textContent = say('Replay.Pause');
    timer = setInterval(() => {
      scrubber.value = Number(scrubber.value) + 1;
      look();
      if (Number(scrubber.value) >= Number(scrubber.max)) stop();
    }, 1000);
  });
  look();
}

if (way === 'replay') {
  replay();
} else {
  if (way === 'live') wire();
  if (turns) keys();
  readMine();
  listen();
}
