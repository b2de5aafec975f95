// What begins with a slash. `/me` is no command: it is sent as it stands (XEP-0245).

const HELP = [
  '/me does something – say what you do',
  '/nick NAME – take another name',
  '/topic TEXT – change the topic',
  '/msg NAME TEXT – write to one person only',
  '/leave – leave the channel',
  '//text – say something that begins with a slash',
].join('\n');

/** Runs what was typed: a command or a message. `note(text, tone)` tells the person something. */
export function run(input, { room, note, leave }) {
  const [, name, rest] = input.match(/^\/([a-z]+)(?:\s+([\s\S]*))?$/iu) ?? [];
  const argument = rest?.trim() ?? '';
  switch (name?.toLowerCase()) {
    case undefined:
      if (input.startsWith('/') && !input.startsWith('//')) break;
      room.say(input.startsWith('//') ? input.slice(1) : input);
      return;
    case 'me':
      if (argument) room.say(`/me ${argument}`);
      else note('Write what you do: /me waves');
      return;
    case 'nick':
      if (argument) room.rename(argument);
      else note('Write the name you want: /nick NAME');
      return;
    case 'topic':
      if (argument) room.setSubject(argument);
      else note(room.subject ? `The topic is: ${room.subject}` : 'No topic is set.');
      return;
    case 'msg': {
      const to = recipient(argument, room.occupants);
      if (to) room.whisper(to, argument.slice(to.length).trim());
      else note('Write a name of somebody present, then the text: /msg NAME TEXT');
      return;
    }
    case 'leave':
    case 'part':
    case 'quit':
      leave(argument);
      return;
    case 'help':
      note(HELP);
      return;
    default:
  }
  note(`There is no command ${input.split(/\s/u)[0]}. Try /help.`, 'error');
}

/** The longest present name that the argument begins with: names may hold spaces. */
function recipient(argument, occupants) {
  return occupants
    .map(({ nick }) => nick)
    .filter((nick) => argument.startsWith(`${nick} `) && argument.slice(nick.length).trim())
    .sort((a, b) => b.length - a.length)[0];
}
