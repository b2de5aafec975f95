// Who has which rank in the channel and who is banned, those not present too; for admins and owners, who may change it.

import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { phrase, words } from './i18n.js';
import { mayChangeAffiliation } from './privileges.js';
import { errorWords } from './words.js';

const LISTS = ['outcast', 'member', 'admin', 'owner'];

/** Those of the lists that the room lets one see. */
export async function showLists(room) {
  const answers = await Promise.all(LISTS.map((affiliation) => room.requests.withAffiliation(affiliation)));
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const sections = LISTS.flatMap((affiliation, index) => {
    const { list, error } = answers[index];
    return error ? [] : [section(room, affiliation, list, problem)];
  });
  return openDialog({
    name: 'lists-dialog',
    title: phrase('lists.title'),
    content: [...sections, problem],
    wide: true,
    actions: [{ label: 'close' }],
  });
}

function section(room, affiliation, list, problem) {
  const empty = h('p', { class: 'hint', t: 'lists.empty', hidden: list.length > 0 });
  const items = list.map((one) => item(room, affiliation, one, (row, error) => {
    problem.hidden = !error;
    problem.textContent = error ? words(errorWords(error.condition, error.text, 'standing')) : '';
    if (error) return;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    empty.hidden = next !== null;
    // The button that was pressed is gone.
    (next?.querySelector('button') ?? problem.closest('form').querySelector('.actions button')).focus();
  }));
  return h('section', { data: { list: affiliation } }, h('h3', { t: `lists.${affiliation}` }), h('ul', {}, ...items), empty);
}

function item(room, affiliation, { jid, nick, reason }, done) {
  const row = h('li', { class: 'listed' }, h('bdi', { class: 'jid' }, nick ? `${nick} – ${jid}` : jid));
  if (reason) row.append(h('bdi', { class: 'hint' }, reason));
  const { self } = room;
  const own = self?.jid.split('/')[0] === jid;
  if (!own && mayChangeAffiliation(self?.affiliation, own, affiliation, 'none')) {
    const button = h('button', {
      class: 'quiet',
      t: affiliation === 'outcast' ? 'lists.unban' : 'lists.remove',
      on: {
        click: async () => {
          button.disabled = true;
          const { error } = await room.requests.setAffiliation(jid, 'none', '');
          button.disabled = false;
          done(row, error);
        },
      },
    });
    row.append(button);
  }
  return row;
}
