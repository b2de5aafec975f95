// Leads windows of our page through all that it can look like, and stops at each: `look(window, state)`.

/** The first page, talk, menus and dialogs. */
export async function talkStates({ open }, look) {
  const landing = await open('Nobody', { by: 'landing' });
  await look(landing, 'landing');
  await landing.page.fill('#landing-form [name=channel]', 'a b@c');
  await landing.page.fill('#landing-form [name=nick]', 'Nobody');
  await landing.page.press('#landing-form [name=nick]', 'Enter');
  await look(landing, 'landing, refused');

  const anna = await open('Anna');
  await look(anna, 'empty room');
  const bob = await open('Bob');
  await open('Chiara');
  await conversation(anna, bob);
  await look(anna, 'conversation');
  await menusAndDialogs(anna, look);

  const taken = await open('Anna', { waitFor: 'conflict' });
  await look(taken, 'name taken');
}

/** Private talks, somebody away, a lost connection, a moderated room, phones, a password. */
export async function roomStates({ open, openBehind }, look) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await open('Chiara');
  await anna.say('Hello');
  await bob.shows('Hello');

  // A private talk, read and unread.
  await bob.say('/msg Anna only for you');
  await bob.toChannel();
  await anna.page.waitForSelector('[data-role=talk][data-nick=Bob]');
  await look(anna, 'private message unread');
  await anna.page.click('[data-role=talk][data-nick=Bob] button');
  await look(anna, 'private talk');
  await anna.page.click('[data-role=talk][data-nick=Bob] .close');

  await withoutConnection(openBehind, look);

  // A moderated room: Bob has no voice and asks for it.
  await configure(anna, { 'muc#roomconfig_moderatedroom': true });
  await anna.menuOf('Bob');
  await anna.choose('mute');
  await look(anna, 'reason asked');
  await anna.page.click('#reason-dialog .danger');
  await bob.page.waitForSelector('#silenced:not([hidden])');
  await look(bob, 'without voice');
  await bob.page.click('#ask-voice');
  await anna.page.waitForSelector('[data-role=request]');
  await look(anna, 'voice asked for');
  await anna.menuOf('Bob');
  await anna.choose('kick');
  await anna.page.fill('#reason-dialog-input', 'shouting');
  await anna.page.click('#reason-dialog .danger');
  await bob.page.waitForSelector('#notice:not([hidden])');
  await look(bob, 'removed');

  await anna.page.setViewportSize({ width: 390, height: 760 });
  await look(anna, 'phone');
  await anna.page.click('#people-toggle');
  await look(anna, 'phone, people');
  await anna.page.setViewportSize({ width: 1000, height: 700 });

  await configure(anna, { 'muc#roomconfig_passwordprotectedroom': true, 'muc#roomconfig_roomsecret': 'sesame' });
  const locked = await open('Dora', { waitFor: 'nothing' });
  await locked.page.waitForSelector('#password-dialog');
  await look(locked, 'password');
}

/** What the page knew is still there, and what is said meanwhile waits. */
async function withoutConnection(openBehind, look) {
  // Over WebSocket the session is over with the connection: whether the others are still there is not known.
  const [emil, way] = await openBehind('Emil', { transport: 'websocket' });
  await emil.present('Anna', 'Bob', 'Chiara', 'Emil');
  // Our page never says so of itself; what others say of themselves ends in this attribute (people.js).
  await emil.page.$eval('[data-role=occupant][data-nick=Bob] button', (button) => button.setAttribute('data-away', ''));
  emil.cutAllowed = true;
  await way.refuse();
  await emil.offline();
  await emil.say('into the dark');
  await emil.page.waitForSelector('[data-role=message][data-state=sent]');
  await emil.page.waitForSelector('#notice:not([hidden])');
  await look(emil, 'without connection');
  await way.listen();
  await emil.inside();
  await emil.shows('into the dark');
}

/** Something of everything that can be said. */
async function conversation(anna, bob) {
  await anna.say('/topic Where it is quiet: https://example.org/');
  await anna.say('Hello, see https://example.org/plan');
  await bob.shows('Hello, see https://example.org/plan');
  await bob.say('Anna: I see');
  await bob.say('/me waves');
  await bob.menuAt('Hello, see');
  await bob.page.click('.menu [role=menuitemcheckbox] >> nth=0');
  await bob.menuAt('Hello, see');
  await bob.choose('reply');
  await bob.say('an answer');
  await anna.shows('an answer');
  await anna.page.waitForSelector('.reaction');
  await anna.menuAt('Hello, see');
  await anna.choose('edit');
  await anna.say('Hello, see https://example.org/plans');
  await anna.shows('Hello, see https://example.org/plans');
  await bob.menuAt('waves');
  await bob.choose('retract');
  await bob.page.click('#retract-dialog .danger');
  await anna.page.waitForSelector('[data-retracted]');
  await anna.say('/nonsense');
  await anna.say('/help');
}

async function menusAndDialogs(anna, look) {
  const { page } = anna;
  const close = () => page.keyboard.press('Escape');
  await anna.menuOf('Bob');
  await look(anna, "an occupant's menu");
  await close();
  await anna.menuAt('an answer');
  await look(anna, "a message's menu");
  await anna.choose('reply');
  await look(anna, 'replying');
  await page.click('#context-drop');
  for (const [name, dialog] of [['topic', 'topic'], ['rename', 'nick'], ['clients', 'clients'], ['preferences', 'preferences'], ['lists', 'lists'], ['config', 'settings']]) {
    await anna.more();
    if (name === 'topic') await look(anna, "the channel's menu");
    await anna.choose(name);
    await page.waitForSelector(`#${dialog}-dialog[open]`);
    await look(anna, `${dialog} dialog`);
    if (name === 'config') {
      await page.fill('[name="muc#roomconfig_lang"]', 'not a language');
      await page.click('#settings-dialog .primary');
      await page.waitForSelector('#settings-dialog [aria-invalid=true]');
      await look(anna, 'settings refused');
      await page.click('#settings-dialog [data-value=destroy]');
      await page.waitForSelector('#destroy-dialog[open]');
      await look(anna, 'destroy dialog');
    }
    await close();
    await page.waitForSelector('dialog[open]', { state: 'detached' });
  }
}

/** Sets fields of the owner's form. */
export async function configure(owner, values) {
  const { page } = owner;
  await owner.more();
  await owner.choose('config');
  await page.waitForSelector('#settings-dialog[open]');
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`#settings-dialog [name="${name}"]`);
    if (typeof value === 'boolean') await field.setChecked(value);
    else if (await field.evaluate((element) => element.tagName === 'SELECT')) await field.selectOption(value);
    else await field.fill(value);
  }
  await page.click('#settings-dialog .primary');
  await page.waitForSelector('#settings-dialog', { state: 'detached' });
}
