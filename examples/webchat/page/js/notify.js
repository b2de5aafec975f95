// Drawing attention while the page is out of sight: the browser's notifications, asked for only by a
// click, and a sound, off until it is switched on.

import { remember, setting } from './settings.js';
import { t } from './i18n.js';

const QUIET_MS = 1500;

let context = null;
let soundedAt = 0;

export const canNotify = () => 'Notification' in globalThis && isSecureContext;
export const notifies = () => canNotify() && setting('notify') && Notification.permission === 'granted';

/** Called by a click: asks the browser if it has to be asked. Whether it is on afterwards. */
export async function switchNotifications(on) {
  const granted = on && canNotify() && (await Notification.requestPermission()) === 'granted';
  remember('notify', granted);
  return granted;
}

export function switchSound(on) {
  remember('sound', on);
  if (on) sound();
}

/** Somebody said something to the reader: by name, or to nobody else. */
export function attract({ channel, nick, text, isPrivate }) {
  if (setting('sound')) sound();
  if (!document.hidden || !notifies()) return;
  const title = t(isPrivate ? 'notify.private' : 'notify.mention', { nick, channel });
  try {
    const shown = new Notification(title, { body: text.slice(0, 200), tag: `${channel}/${isPrivate ? nick : ''}` });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Chrome on Android has no notifications outside of a service worker
  }
}

/** Two short tones, made here: nothing is loaded. */
function sound() {
  const Context = globalThis.AudioContext;
  if (!Context || Date.now() - soundedAt < QUIET_MS) return;
  soundedAt = Date.now();
  context ??= new Context();
  context.resume();
  for (const [at, frequency] of [[0, 660], [0.12, 880]]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const start = context.currentTime + at;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.16);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.2);
  }
}
