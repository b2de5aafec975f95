// Tests of the page's modules that need no browser, each a line `ok NAME` or `FAILED NAME`. Started by
// tests/browser.rs; by hand: node modules.mjs

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(import.meta.dirname, '..', '..', 'page');
globalThis.navigator ??= { languages: ['en'] };
const module = (name) => import(join(PAGE, 'js', name));
const source = (name) => readFileSync(join(PAGE, name), 'utf8');

const { default: en } = await module('lang/en.js');
const { default: de } = await module('lang/de.js');
const { given, mayChangeAffiliation, mayChangeRole, permitted } = await module('privileges.js');
const { problemOf, namedField } = await module('dataform.js').catch(() => ({}));
const { Timeline } = await module('timeline.js');

const cases = {
  'tables: both languages have the same keys and places': sameKeys,
  'tables: every key is used, and every key used is there': usedKeys,
  'tables: index.html says what the English table says': htmlIsEnglish,
  'index.html: every module is loaded ahead': preloaded,
  'privileges: MUC 9.3, RC1 to RC7': roles,
  'privileges: MUC 9.4, RA1 to RA5 and RS2': affiliations,
  'privileges: what a menu offers': menu,
  'timeline: order, doubles and pending messages': timelineOrder,
  'timeline: corrections and annotations by their author': timelineAuthors,
};

// ---- words

const forms = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
const places = (entry) => [...new Set(forms(entry).flatMap((text) => text.match(/\{\w+\}/gu) ?? []))].toSorted();

function sameKeys() {
  assert.deepEqual(Object.keys(de).toSorted(), Object.keys(en).toSorted());
  for (const key of Object.keys(en)) {
    // A singular may do without its number.
    const without = (entry) => places(entry).filter((place) => place !== '{n}');
    assert.deepEqual(without(de[key]), without(en[key]), key);
    for (const table of [en, de]) {
      assert.ok(forms(table[key]).every((text) => text.trim() === text && text !== ''), key);
      if (typeof table[key] !== 'string') assert.deepEqual(Object.keys(table[key]), ['one', 'other'], key);
    }
  }
}

function usedKeys() {
  const modules = readdirSync(join(PAGE, 'js')).filter((name) => name.endsWith('.js'));
  const text = modules.map((name) => source(`js/${name}`)).join('\n');
  const html = [...source('index.html').matchAll(/data-t(?:-\w+)?="([^"]+)"/gu)].map(([, key]) => key);
  // Written out, or made of a prefix: t(`standing.${action}-done`).
  const literal = new Set([...text.matchAll(/'([a-z][\w.#-]*)'/gu)].map(([, key]) => key).concat(html));
  const made = [...text.matchAll(/`([a-z]+\.[^`]*)`/gu)].map(([, template]) =>
    new RegExp(`^${template.replace(/\$\{(?:[^{}]|\{[^}]*\})*\}/gu, '§').replace(/[.*+?^()|[\]\\#]/gu, '\\$&').replaceAll('§', '.*')}(?:-by)?$`, 'u'),
  );
  // `-by` and `-why` are the same with more to tell.
  const base = (key) => key.replace(/(?:-by)?(?:-why)?$/u, '');
  const unused = Object.keys(en).filter((key) => !literal.has(base(key)) && !made.some((pattern) => pattern.test(key)));
  assert.deepEqual(unused, [], 'unused keys');
  const dotted = [...literal].filter((key) => /^[a-z]+(\.[a-z0-9-]+)+$/u.test(key) && !key.endsWith('.js') && !key.endsWith('.json'));
  assert.ok(dotted.length > 100);
  assert.deepEqual(dotted.filter((key) => !(key in en) && !/^muc#/u.test(key)), [], 'keys that no table has');
}

/** The words that stand before the modules are loaded are the table's. */
function htmlIsEnglish() {
  const html = source('index.html').replaceAll(/<noscript>[\s\S]*<\/noscript>/gu, '');
  let checked = 0;
  for (const [tag, key, text] of html.matchAll(/<[^>]*\sdata-t="([^"]+)"[^>]*>([^<]*)/gu)) {
    assert.equal(text, en[key], tag);
    checked += 1;
  }
  for (const [tag] of html.matchAll(/<[^>]*\sdata-t-(?:label|title)="[^>]*>/gu)) {
    for (const [name, attribute] of [['label', 'aria-label'], ['title', 'title']]) {
      const key = tag.match(new RegExp(`data-t-${name}="([^"]+)"`, 'u'))?.[1];
      if (key) assert.ok(tag.includes(` ${attribute}="${en[key]}"`), tag);
      else assert.doesNotMatch(tag, new RegExp(` ${attribute}="`, 'u'), 'words without a key');
      checked += 1;
    }
  }
  assert.ok(checked > 30);
  // No other words: what is left between the tags.
  const rest = html.replaceAll(/<(\w+)[^>]*\sdata-t="[^"]+"[^>]*>[^<]*/gu, '').replaceAll(/<title>[^<]*|<[^>]*>/gu, '');
  assert.doesNotMatch(rest.replaceAll('Web chat', ''), /\p{L}{2}/u);
}

function preloaded() {
  // The administration is a page of its own.
  const ours = (name) => name.endsWith('.js') && name !== 'main.js' && !name.startsWith('admin');
  const all = readdirSync(join(PAGE, 'js'), { recursive: true }).filter(ours);
  const loaded = [...source('index.html').matchAll(/rel="modulepreload" href="js\/([^"]+)"/gu)].map(([, name]) => name);
  assert.deepEqual(loaded.toSorted(), all.toSorted());
}

// ---- who may what: the tables as they stand in the text, cell by cell

const RANKS = ['none', 'member', 'admin', 'owner'];

/** Target's affiliation → actors that may, by affiliation; the actor is a moderator. */
const ROLE_TABLE = {
  // RC1: A≥T, owners always
  'visitor>none': { none: RANKS, member: ['member', 'admin', 'owner'], admin: ['admin', 'owner'], owner: ['owner'] },
  'participant>none': { none: RANKS, member: ['member', 'admin', 'owner'], admin: ['admin', 'owner'], owner: ['owner'] },
  // RC2
  'moderator>none': { none: ['admin', 'owner'], member: ['admin', 'owner'], admin: ['admin', 'owner'], owner: ['owner'] },
  // RC3
  'visitor>participant': { none: RANKS, member: RANKS, admin: RANKS, owner: RANKS },
  // RC4: A>T, or both none; never admins and owners
  'participant>visitor': { none: RANKS, member: ['admin', 'owner'], admin: [], owner: [] },
  // RC5
  'visitor>moderator': { none: ['admin', 'owner'], member: ['admin', 'owner'], admin: ['admin', 'owner'], owner: ['admin', 'owner'] },
  'participant>moderator': { none: ['admin', 'owner'], member: ['admin', 'owner'], admin: ['admin', 'owner'], owner: ['admin', 'owner'] },
  // RC6
  'moderator>participant': { none: ['admin', 'owner'], member: ['admin', 'owner'], admin: [], owner: [] },
  'moderator>visitor': { none: ['admin', 'owner'], member: ['admin', 'owner'], admin: [], owner: [] },
};

function roles() {
  for (const [change, table] of Object.entries(ROLE_TABLE)) {
    const [from, to] = change.split('>');
    for (const [affiliation, actors] of Object.entries(table)) {
      for (const actor of RANKS) {
        const target = { role: from, affiliation };
        const may = (role) => mayChangeRole({ role, affiliation: actor }, target, false, to);
        assert.equal(may('moderator'), actors.includes(actor), `${actor} ${change} of ${affiliation}`);
        for (const role of ['participant', 'visitor', 'none']) assert.equal(may(role), false, 'moderators only');
      }
    }
  }
  for (const actor of RANKS) {
    const self = { role: 'moderator', affiliation: actor };
    assert.equal(mayChangeRole(self, self, true, 'none'), false, 'RC7');
    assert.equal(mayChangeRole(self, self, false, 'moderator'), false, 'nothing would change');
  }
}

/** Row to column; A: admin and owner, O: owner alone, =: the same. In the order of ALL. */
const ALL = ['outcast', 'none', 'member', 'admin', 'owner'];
const AFFILIATION_TABLE = ['=AAOO', 'A=AOO', 'AA=OO', 'OOO=O', 'OOOO='];

function affiliations() {
  const may = { '=': [], A: ['admin', 'owner'], O: ['owner'] };
  ALL.forEach((from, row) => ALL.forEach((to, column) => {
    for (const actor of ALL) {
      const wanted = may[AFFILIATION_TABLE[row][column]].includes(actor);
      assert.equal(mayChangeAffiliation(actor, false, from, to), wanted, `${actor}: ${from} to ${to}`);
    }
  }));
  assert.equal(mayChangeAffiliation('owner', true, 'owner', 'outcast'), false, 'RS2');
}

function menu() {
  const owner = { nick: 'O', role: 'moderator', affiliation: 'owner', jid: 'o@x' };
  const guest = { nick: 'G', role: 'participant', affiliation: 'none', jid: 'g@x' };
  assert.deepEqual(permitted(null, guest), [], 'nobody outside');
  assert.deepEqual(permitted(owner, owner), [], 'nothing to oneself');
  assert.deepEqual(permitted(guest, owner), []);
  assert.deepEqual(permitted(owner, guest), ['mute', 'moderator', 'kick', 'owner', 'admin', 'member', 'ban']);
  assert.deepEqual(permitted(owner, { ...guest, jid: '' }), ['mute', 'moderator', 'kick'], 'affiliations go by address');
  assert.deepEqual(permitted(owner, { ...guest, role: 'visitor' }).slice(0, 2), ['voice', 'moderator']);
  for (const name of permitted(owner, { ...guest, role: 'moderator', affiliation: 'member' })) {
    const { role, affiliation } = given(name);
    assert.ok(role ?? affiliation, name);
  }
}

// ---- the timeline

function makeTimeline() {
  const shown = [];
  const timeline = new Timeline({
    inserted: (entry, next) => shown.splice(next ? shown.indexOf(next) : shown.length, 0, entry),
    changed: () => {},
    removed: (entry) => shown.splice(shown.indexOf(entry), 1),
  });
  return { timeline, texts: () => shown.map(({ text }) => text), shown };
}

const said = (n, more = {}) => ({ kind: 'message', nick: 'A', author: 'a', text: `t${n}`, id: `m${n}`, stanzaId: `s${n}`, state: 'reflected', ...more });

function timelineOrder() {
  const { timeline, texts, shown } = makeTimeline();
  timeline.add(said(3));
  const mine = timeline.addPending({ nick: 'B', text: 'mine', id: 'x' });
  timeline.add(said(4));
  assert.equal(timeline.add(said(4)), null, 'a known stanza id adds nothing');
  assert.deepEqual(texts(), ['t3', 't4', 'mine'], 'what is not confirmed stands last');
  timeline.confirm(mine, { stanzaId: 's5', nick: 'B', author: 'b' });
  timeline.add(said(6));
  assert.equal(timeline.addOlder([said(1), said(2), said(3)]), 2);
  assert.deepEqual(texts(), ['t1', 't2', 't3', 't4', 'mine', 't6']);
  const other = makeTimeline();
  other.timeline.restore(JSON.parse(JSON.stringify(timeline.save())));
  assert.deepEqual(other.texts(), texts(), 'a reload changes nothing');
  for (let n = 10; n < 1100; n += 1) timeline.add(said(n));
  assert.equal(shown.length, 1000, 'bounded');
  timeline.addOlder(Array.from({ length: 300 }, (_, n) => said(n + 5000)));
  assert.equal(shown.length, 1300, 'but what was fetched from before stays while it is read');
  timeline.trim();
  assert.equal(shown.length, 1000);
  assert.equal(texts().at(-1), 't1099');
}

function timelineAuthors() {
  const { timeline, texts } = makeTimeline();
  timeline.add(said(1));
  timeline.add(said(2, { author: 'b' }));
  assert.equal(timeline.correct({ replaces: 'm1', author: 'b', text: 'forged' }), false, 'MUC MO6: another author');
  assert.equal(timeline.correct({ replaces: 'm1', author: 'a', text: 'corrected' }), true);
  timeline.add(said(3));
  assert.equal(timeline.correct({ replaces: 'm1', author: 'a', text: 'too late' }), false, 'MUC MO6: not the last one');
  timeline.annotate({ what: 'retraction', id: 's3', author: 'b', by: null, reason: '' });
  assert.deepEqual(texts(), ['corrected', 't2', 't3'], 'MUC MO3: nobody takes back what another said');
  timeline.annotate({ what: 'retraction', id: 's3', author: 'a', by: null, reason: '' });
  assert.deepEqual(texts(), ['corrected', 't2', '']);
  timeline.annotate({ what: 'reactions', id: 's9', author: 'b', nick: 'B', emoji: ['👍', '🎉'] });
  const late = timeline.add(said(9));
  assert.deepEqual(late.reactions, [['👍', [['b', 'B']]], ['🎉', [['b', 'B']]]], 'it waited for its message');
  timeline.annotate({ what: 'reactions', id: 's9', author: 'b', nick: 'B', emoji: ['🎉'] });
  assert.deepEqual(late.reactions, [['🎉', [['b', 'B']]]], 'XEP-0444 4: the last ones count');
}

// ----

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${error.stack.replace(/^/gm, '    ')}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
