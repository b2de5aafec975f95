// What only our page has, each in the transport where it is quickest: see the files that are named here.

import { OurPage } from './ours.mjs';
import { scenarios as access } from './page-access.mjs';
import { scenarios as messages } from './page-messages.mjs';
import { scenarios as moderation } from './page-moderation.mjs';
import { scenarios as settings } from './page-settings.mjs';
import { scenarios as words } from './page-words.mjs';
import { play } from './stage.mjs';

/** Each case: { name, run({ browser, origin, pictures, modules }) }. */
export const cases = [access, messages, moderation, settings, words].flatMap((scenarios) =>
  Object.entries(scenarios).map(([what, scenario]) => ({
    name: `page: ${what}`,
    run: (surroundings) => play(scenario, { ...surroundings, Client: OurPage, transport: 'bosh' }),
  })),
);
