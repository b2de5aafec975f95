// A line of the log for each kind of entry (timeline.js). Texts of others are text nodes, and links
// that text.js makes.

import { h, icon } from './dom.js';
import { clock, fullDate, nodes, t, words } from './i18n.js';
import { showFile } from './files.js';
import { isAction, mentions, named, textNodes } from './text.js';

/** Characters of a message that a reply quotes. */
const QUOTED = 140;

/**
 * The row of an entry. `view`: `nick` one's own name, `find(stanzaId)` an entry, and what a row's controls do:
 * `menu(entry, button)`, `react(entry, emoji)`, `jump(stanzaId)`, `again(entry)`, `drop(entry)`, `answer(entry, allow)`,
 * `isMe(author, nick)`, `grew()` when a picture has come.
 */
export function makeRow(entry, view) {
  const row = h('div', { class: `row ${entry.kind}`, data: { role: entry.kind } });
  row.entry = entry;
  const when = new Date(entry.time);
  const time = h('time', { datetime: when.toISOString() }, clock(when));
  time.title = fullDate(when);
  row.append(time);
  FILL[entry.kind](row, entry, view);
  return row;
}

const FILL = { message: fillMessage, event: fillEvent, note: fillNote, request: fillRequest };

// ---- messages

function fillMessage(row, entry, view) {
  const { nick, text, own, retracted } = entry;
  const action = !retracted && isAction(text);
  row.dataset.nick = nick;
  row.dataset.id = entry.id ?? '';
  if (entry.state) row.dataset.state = entry.state;
  row.toggleAttribute('data-own', Boolean(own));
  row.toggleAttribute('data-retracted', Boolean(retracted));
  row.classList.toggle('action', action);
  row.classList.toggle('mention', !own && mentions(text, view.nick));

  const name = named('bdi', 'nick', nick);
  name.title = nick;
  const body = h('div', { class: 'body' });
  if (entry.reply) body.append(quote(entry.reply, view));
  const said = h('span', { class: 'text', dir: 'auto' });
  if (retracted) said.append(words(retraction(entry)));
  else said.append((entry.file && showFile(entry.file, view.grew)) ?? fragment(textNodes(action ? `${nick} ${text.slice(4)}` : text)));
  body.append(said);
  if (entry.edited) body.append(h('span', { class: 'mark', t: 'message.edited' }));
  if (entry.state === 'sent') body.append(h('span', { class: 'mark', t: 'message.sending' }));
  if (entry.state === 'failed') body.append(failure(entry, view));
  if (entry.reactions?.length) body.append(reactions(entry, view));
  row.append(name, body);
  if (entry.state === 'reflected' && !retracted) row.append(menuButton(entry, view));
}

function fragment(nodes) {
  const all = document.createDocumentFragment();
  all.append(...nodes);
  return all;
}

function retraction({ retracted: { by, reason, moderated } }) {
  const key = moderated ? (by ? 'message.moderated-by' : 'message.moderated') : 'message.retracted';
  return { key: reason ? `${key}-why` : key, values: { by, reason } };
}

/** What a reply answers; a button that leads there. */
function quote({ id, nick, text: sent }, view) {
  const original = view.find(id);
  const text = original ? original.text : sent;
  const shown = !text || original?.retracted ? t('reply.gone') : shorten(text);
  const button = h(
    'button',
    { class: 'quote', on: { click: () => view.jump(id) }, title: 'reply.jump' },
    icon('reply'),
    h('span', { class: 'hidden-text', t: 'reply.to' }),
    named('bdi', 'quoted', original?.nick ?? nick),
    h('span', { class: 'words', dir: 'auto' }, shown),
  );
  return button;
}

const shorten = (text) => {
  const line = text.replace(/\s+/gu, ' ').trim();
  const points = [...line];
  return points.length > QUOTED ? `${points.slice(0, QUOTED).join('')}…` : line;
};

function reactions(entry, view) {
  const all = entry.reactions.map(([emoji, people]) => {
    const mine = people.some(([author, nick]) => view.isMe(author, nick));
    const names = people.map(([, nick]) => nick);
    const button = h(
      'button',
      { class: 'reaction', 'aria-pressed': String(mine), on: { click: () => view.react(entry, emoji) } },
      emoji,
      h('span', { class: 'count' }, String(people.length)),
      h('span', { class: 'hidden-text', t: 'reaction.from', values: { names } }),
    );
    button.title = names.join(', ');
    return button;
  });
  return h('div', { class: 'reactions' }, ...all);
}

function menuButton(entry, view) {
  return h(
    'button',
    {
      class: 'act',
      label: 'message.menu',
      values: { nick: entry.nick, text: shorten(entry.text) },
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      tabindex: -1,
      on: { click: ({ currentTarget }) => view.menu(entry, currentTarget) },
    },
    icon('more'),
  );
}

function failure(entry, view) {
  return h(
    'span',
    { class: 'mark' },
    `${words(entry.problem)} `,
    h('button', { class: 'quiet', t: 'message.again', on: { click: () => view.again(entry) } }),
    ' ',
    h('button', { class: 'quiet', t: 'message.drop', on: { click: () => view.drop(entry) } }),
  );
}

// ---- what happened

const SIGNS = { joined: '→', left: '←', kicked: '←', banned: '←', removed: '←' };

function fillEvent(row, entry) {
  const { what, nick, text, by, change } = entry;
  row.dataset.what = what;
  row.dataset.nick = nick;
  const who = named('bdi', '', nick);
  const values = { who, by: named('bdi', '', by ?? ''), text: h('bdi', {}, ...textNodes(words(text))) };
  let key = `event.${what}`;
  if (what === 'standing') key = `event.${change}`;
  if (what === 'topic') key = `event.topic${text ? '' : '-none'}${nick ? '' : '-room'}`;
  else if (by && by !== nick) key += '-by';
  const shown = h('span', { class: 'text' }, ...nodes(key, values));
  if (text && what !== 'topic' && what !== 'renamed') shown.append(' (', values.text, ')');
  row.append(sign(SIGNS[what] ?? '·'), shown);
}

/** Comings and goings in a row, in one line: `entries` are events joined and left. */
export function runWords(entries) {
  const people = new Map();
  for (const { what, nick } of entries) people.set(nick, [...(people.get(nick) ?? []), what]);
  const groups = { joined: [], left: [], visited: [], returned: [] };
  for (const [nick, all] of people) {
    const [first, last] = [all[0], all.at(-1)];
    if (all.length === 1) groups[first].push(nick);
    else if (first === 'joined') groups[last === 'joined' ? 'joined' : 'visited'].push(nick);
    else groups[last === 'joined' ? 'returned' : 'left'].push(nick);
  }
  const parts = Object.entries(groups)
    .filter(([, nicks]) => nicks.length > 0)
    .map(([what, nicks]) => t(`run.${what}`, { n: nicks.length, who: someOf(nicks) }));
  return parts.join(' · ');
}

const NAMED = 5;
const someOf = (nicks) =>
  nicks.length > NAMED + 1
    ? [...nicks.slice(0, NAMED), { key: 'run.others', values: { n: nicks.length - NAMED } }]
    : nicks;

function fillNote(row, { text, tone }) {
  row.dataset.tone = tone;
  row.append(sign(tone === 'error' ? '!' : '·'), h('span', { class: 'text' }, ...textNodes(words(text))));
}

/** Somebody asks a moderator for voice. */
function fillRequest(row, entry, view) {
  row.dataset.nick = entry.nick;
  row.dataset.state = entry.state;
  const shown = h('span', { class: 'text' }, ...nodes(`voice.request-${entry.state}`, { who: named('bdi', '', entry.nick) }));
  if (entry.state === 'open') {
    const button = (key, allow) => h('button', { class: 'quiet', t: key, on: { click: () => view.answer(entry, allow) } });
    shown.append(' ', button('voice.grant', true), ' ', button('voice.deny', false));
  }
  row.append(sign('?'), shown);
}

function sign(text) {
  return h('span', { class: 'sign', 'aria-hidden': 'true' }, text);
}
