// The administration: it knows no command of its own. The list comes from the server (XEP-0030), and
// each command says by its forms what it wants (XEP-0050), as to any other client.

import { NS, child, children, el } from '../js/xml.js';
import { fill, result } from './forms.js';
import { Session } from './session.js';

const COMMANDS = 'http://jabber.org/protocol/commands';
const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items';

const byId = (id) => document.getElementById(id);
const [login, admin, problem] = ['login', 'admin', 'login-problem'].map(byId);
const [title, notes, step, output] = ['step-title', 'notes', 'step', 'result'].map(byId);

const PROBLEMS = {
  'not-authorized': 'That is not the token.',
  'no-account': 'This server has no admin account: its configuration names no token.',
  impostor: 'The server does not know the token: this is not the server that you think it is.',
  unreachable: 'The server cannot be reached, or it has no admin account: its configuration names no token.',
  timeout: 'The server does not answer.',
};

let session = null;
let run = 0;

function show(message) {
  problem.textContent = PROBLEMS[message] ?? message ?? '';
  problem.hidden = !message;
  login.hidden = false;
  admin.hidden = true;
  byId('login-token').focus();
}

async function start(config) {
  if (!globalThis.crypto?.subtle) {
    show('The browser allows a login only over https, or on this machine.');
    return;
  }
  show();
  byId('login-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const field = byId('login-token');
    const url = new URL(`admin/${config.websocket}`, document.baseURI);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    problem.hidden = true;
    try {
      session = new Session(url.href, config.domain, field.value, (condition) => show(`The session ended: ${condition}.`));
      byId('who').textContent = await session.open();
      field.value = '';
      await list(config.domain);
    } catch (error) {
      session?.close();
      show(error.message);
    }
  });
  byId('log-out').addEventListener('click', () => {
    session.close();
    reset('Choose a command');
    show();
  });
}

/** XEP-0050 2.2: the commands that the server lists. */
async function list(domain) {
  const items = await session.get(el('query', DISCO_ITEMS, { node: COMMANDS }));
  const buttons = children(items, 'item', DISCO_ITEMS)
    .filter((item) => item.getAttribute('jid') === domain)
    .map((item) => {
      const button = document.createElement('button');
      const node = item.getAttribute('node');
      button.type = 'button';
      button.dataset.node = node;
      button.textContent = item.getAttribute('name') || node;
      button.addEventListener('click', () => begin(button, node));
      const entry = document.createElement('li');
      entry.append(button);
      return entry;
    });
  byId('commands').replaceChildren(...buttons);
  login.hidden = true;
  admin.hidden = false;
  reset('Choose a command');
  title.focus();
}

function reset(words) {
  title.textContent = words;
  for (const part of [notes, step, output]) part.replaceChildren();
}

function begin(button, node) {
  for (const other of byId('commands').querySelectorAll('button')) other.removeAttribute('aria-current');
  button.setAttribute('aria-current', 'true');
  reset(button.textContent);
  run += 1;
  send(node, null, 'execute', null);
}

/** Sends one step of a command and shows what comes of it, unless another was begun meanwhile. */
async function send(node, sessionid, action, form) {
  const mine = run;
  const busy = (on) => {
    step.inert = on;
    step.setAttribute('aria-busy', String(on));
  };
  busy(true);
  try {
    const command = await session.set(el('command', COMMANDS, { node, sessionid, action }, form));
    if (mine !== run) return;
    // What is inert takes no focus.
    busy(false);
    present(command);
  } catch (error) {
    if (mine !== run) return;
    busy(false);
    note(error.message, 'error');
  }
}

function note(text, kind) {
  const paragraph = document.createElement('p');
  paragraph.className = kind;
  paragraph.textContent = text;
  notes.replaceChildren(paragraph);
}

function present(command) {
  for (const part of [notes, step, output]) part.replaceChildren();
  for (const said of children(command, 'note', COMMANDS)) {
    note(said.textContent, said.getAttribute('type') ?? 'info');
  }
  const form = child(command, 'x', NS.FORMS);
  if (command.getAttribute('status') === 'executing' && form) {
    ask(command, form);
    return;
  }
  if (command.getAttribute('status') === 'canceled') note('Canceled.', 'info');
  if (form) output.append(...result(form));
  title.focus();
}

function ask(command, form) {
  const node = command.getAttribute('node');
  const sessionid = command.getAttribute('sessionid');
  const actions = child(command, 'actions', COMMANDS);
  const can = (name) => actions !== null && child(actions, name, COMMANDS) !== null;
  const go = can('next') ? 'next' : 'complete';
  const read = fill(form, step);
  const row = document.createElement('div');
  row.className = 'actions';
  const button = (words, act, type = 'button') => {
    const made = document.createElement('button');
    made.type = type;
    made.textContent = words;
    if (act) made.addEventListener('click', act);
    row.append(made);
    return made;
  };
  if (can('prev')) button('Back', () => send(node, sessionid, 'prev', null));
  button(go === 'next' ? 'Next' : 'Carry out', null, 'submit').className = 'primary';
  button('Cancel', () => send(node, sessionid, 'cancel', null));
  step.append(row);
  step.onsubmit = (event) => {
    event.preventDefault();
    const missing = step.querySelector(':invalid');
    if (missing) {
      note('A required field is empty.', 'error');
      missing.focus();
    } else {
      send(node, sessionid, go, read());
    }
  };
  (step.querySelector('input, select, textarea') ?? title).focus();
}

fetch('config.json')
  .then((response) => response.json())
  .then(start)
  .catch(() => show('unreachable'));
