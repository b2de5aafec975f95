// What begins with a slash. `/me` is no command: it is sent as it stands (XEP-0245).

import { phrase } from './i18n.js';

/**
 * Runs what was typed: a command or a message. `say(text)` speaks where the reader is, `whisper(nick, text)` to one
 * person, `note(phrase, tone)` tells the person something.
 */
export function run(input, { room, say, whisper, note, leave }) {
  const [, name, rest] = input.match(/^\/([a-z]+)(?:\s+([\s\S]*))?$/iu) ?? [];
  const argument = rest?.trim() ?? '';
  switch (name?.toLowerCase()) {
    case undefined:
      if (input.startsWith('/') && !input.startsWith('//')) break;
      say(input.startsWith('//') ? input.slice(1) : input);
      return;
    case 'me':
      if (argument) say(`/me ${argument}`);
      else note(phrase('command.me'));
      return;
    case 'nick':
      if (argument) room.rename(argument);
      else note(phrase('command.nick'));
      return;
    case 'topic':
      if (argument) room.setSubject(argument);
      else note(room.subject ? phrase('command.topic-is', { topic: room.subject }) : phrase('command.topic-none'));
      return;
    case 'msg': {
      const to = recipient(argument, room.occupants);
      if (to) whisper(to, argument.slice(to.length).trim());
      else note(phrase('command.msg'));
      return;
    }
    case 'leave':
    case 'part':
    case 'quit':
      leave(argument);
      return;
    case 'help':
      note(phrase('command.help'));
      return;
    default:
  }
  note(phrase('command.unknown', { command: input.split(/\s/u)[0] }), 'error');
}

/** The longest present name that the argument begins with: names may hold spaces. */
function recipient(argument, occupants) {
  return occupants
    .map(({ nick }) => nick)
    .filter((nick) => argument.startsWith(`${nick} `) && argument.slice(nick.length).trim())
    .sort((a, b) => b.length - a.length)[0];
}
