// The page speaks the reader's language, and no word of it stands outside of the tables.

import assert from 'node:assert/strict';
import { roomStates, talkStates } from './page-states.mjs';

export const scenarios = {
  'speaks the language of the browser, or the one chosen': languages,
  'has no word outside of its tables: talk, menus, dialogs': talkTables,
  'has no word outside of its tables: private, moderated, narrow, locked': roomTables,
};

async function languages({ open }) {
  const anna = await open('Anna', { context: { locale: 'de-DE' } });
  const bob = await open('Bob', { context: { locale: 'fr-FR' } });
  const lang = ({ page }) => page.evaluate(() => document.documentElement.lang);
  assert.deepEqual([await lang(anna), await lang(bob)], ['de', 'en'], 'what there is no table for is English');
  assert.equal(await anna.page.textContent('#leave'), 'Verlassen');
  assert.match(await anna.page.textContent('[data-role=event][data-what=joined] .text'), /^Bob ist eingetreten$/);
  assert.match(await anna.page.textContent('[data-role=event] time'), /^\d\d:\d\d$/, 'a clock of 24 hours');

  // Switched in the page: what stands there already changes too.
  await bob.say('/help');
  await bob.more();
  await bob.choose('preferences');
  await bob.page.selectOption('#preferences-language', 'de');
  await bob.page.waitForFunction(() => document.documentElement.lang === 'de');
  assert.equal(await bob.page.textContent('#preferences-dialog h2'), 'Deine Einstellungen');
  await bob.page.keyboard.press('Escape');
  assert.ok((await bob.notes()).some((note) => note.includes('sagen, was du tust')), 'a note of before');
  assert.equal(await bob.page.getAttribute('#input', 'placeholder'), `Nachricht an #${await bob.page.textContent('#channel')}`);
  await bob.reload();
  assert.equal(await lang(bob), 'de', 'remembered');
  await bob.say('/leave');
  await bob.page.waitForSelector('#landing:not([hidden])');
  assert.equal(await bob.page.textContent('#landing [type=submit]'), 'Eintreten');
  await bob.page.selectOption('#landing-language', 'en');
  assert.equal(await bob.page.textContent('#landing [type=submit]'), 'Join');
  assert.equal(await bob.page.title(), 'Web chat');
}

function talkTables(stage) {
  return tables(stage, talkStates);
}

function roomTables(stage) {
  return tables(stage, roomStates);
}

/**
 * The tables are replaced by one whose every string stands in brackets: then whatever a reader could see or hear
 * without brackets is either somebody's own text, or a string that no translation reaches.
 */
async function tables(stage, states) {
  const before = (page) =>
    page.route('**/js/lang/*.js', async (route) => {
      const text = await (await route.fetch()).text();
      const marked = text.replace(/: '((?:[^'\\]|\\.)*)'/gu, (_, words) => `: '⟦${words}⟧'`);
      await route.fulfill({ body: marked, contentType: 'text/javascript' });
    });
  const marked = {
    ...stage,
    open: (nick, options = {}) => stage.open(nick, { ...options, before }),
    openBehind: (nick, options = {}) => stage.openBehind(nick, { ...options, before }),
  };
  const look = async (window, state) =>
    assert.deepEqual(await window.page.evaluate(outsideOfTables), [], `words outside of the tables: ${state}`);
  await states(marked, look);
}

/** In the page: texts, labels and titles that hold letters outside of ⟦ ⟧ and are not what somebody wrote. */
function outsideOfTables() {
  const own = 'bdi, time, code, .message:not([data-retracted]) .text, .quote .words, #topic, #channel, #own-nick, .whole-topic, .languages, noscript, title, script, style, .reaction, [role=menuitemcheckbox], dd a, .bullets a:not([data-t]), .count, input, textarea';
  const left = (text) => {
    let rest = text;
    // Phrases may stand within phrases.
    for (let before = null; before !== rest; ) {
      before = rest;
      rest = rest.replace(/⟦[^⟦⟧]*⟧/gu, '');
    }
    return rest;
  };
  const found = [];
  const check = (element, text) => {
    if (/\p{L}{2}/u.test(left(text))) found.push(`${element.tagName}#${element.id}.${element.className}: ${text}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element.closest(own) || element.closest('[hidden]')) continue;
    // A phrase with names in it is judged as a whole, without them.
    const whole = element.closest('.text')?.cloneNode(true);
    for (const theirs of whole?.querySelectorAll('bdi') ?? []) theirs.remove();
    check(element, whole?.textContent ?? node.data);
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
    for (const name of ['aria-label', 'placeholder', 'title']) {
      const text = element.getAttribute(name);
      const theirs = name === 'title' && element.matches('time, bdi, .reaction');
      if (text && !theirs && !element.closest('[hidden]')) check(element, text);
    }
  }
  return [...new Set(found)];
}
