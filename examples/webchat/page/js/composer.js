// Where one writes: Enter sends, Shift+Enter breaks the line, Tab completes a name, and the arrow up
// in an empty field brings back what was sent before. Above the field stands what a text is about: the
// message that it answers or corrects. What is attached has its place in `attachments`, the control for
// it in `attachPlace`.

import { $ } from './dom.js';
import { onLanguage, words } from './i18n.js';

const REMEMBERED = 50;

export class Composer {
  /** Where what is attached to the next message is shown: hidden while empty. */
  attachments = $('attachments');
  /** Where a button to attach something belongs. */
  attachPlace = $('attach-place');
  #input = $('input');
  #handlers;
  #sent = [];
  #at = 0;
  #completion = null;
  #label = '';
  #about = null;

  /** `handlers`: `send(text, about)` with what `about` set or null, `nicks()` for completion, `askVoice()`. */
  constructor(handlers) {
    this.#handlers = handlers;
    $('context-drop').addEventListener('click', () => {
      this.about(null);
      this.focus();
    });
    $('ask-voice').addEventListener('click', () => handlers.askVoice());
    onLanguage(() => this.#show());
    $('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('input', () => this.#grow());
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** Puts a name where the caret is, as an address at the start of the line. */
  address(nick) {
    const { selectionStart: at, value } = this.#input;
    const before = value.slice(0, at);
    const address = before.trim() === '' ? `${nick}: ` : `${before.endsWith(' ') ? '' : ' '}${nick} `;
    this.#input.setRangeText(address, at, this.#input.selectionEnd, 'end');
    this.focus();
  }

  /** What one writes here, as a phrase. */
  set label(what) {
    this.#label = what;
    this.#show();
  }

  /** Whether one may not speak to all; `canAsk` for a request of voice. */
  silence(silenced, canAsk) {
    $('silenced').hidden = !silenced;
    $('ask-voice').hidden = !canAsk;
    $('writing').hidden = silenced;
    if (silenced) this.about(null);
  }

  /**
   * What the next text is about: `{ replyTo: entry, words }` or `{ replaces: entry, words }`, or null. A text to
   * correct is put into the field.
   */
  about(what) {
    const text = this.#about?.replaces ? '' : this.#input.value;
    this.#about = what;
    this.#input.value = what?.replaces?.text ?? text;
    this.#show();
    this.#grow();
    if (what) this.focus();
  }

  #show() {
    this.#input.placeholder = words(this.#label);
    $('context').hidden = !this.#about;
    $('context-words').textContent = words(this.#about?.words);
  }

  #submit() {
    const text = this.#input.value.replace(/\s+$/u, '');
    if (text.trim() === '' || $('writing').hidden) return;
    const about = this.#about;
    this.about(null);
    this.#input.value = '';
    this.#grow();
    this.#sent = [...this.#sent.filter((old) => old !== text), text].slice(-REMEMBERED);
    this.#at = this.#sent.length;
    this.#handlers.send(text, about);
    this.focus();
  }

  #key(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key !== 'Tab') this.#completion = null;
    if (event.key === 'Escape' && this.#about) {
      event.stopPropagation();
      this.about(null);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Tab' && !event.shiftKey && this.#complete()) {
      event.preventDefault();
    } else if (event.key === 'ArrowUp' && this.#recall(-1)) {
      event.preventDefault();
    } else if (event.key === 'ArrowDown' && this.#recall(1)) {
      event.preventDefault();
    }
  }

  /** Completes the word before the caret; Tab again offers the next name. */
  #complete() {
    const { value, selectionStart: at } = this.#input;
    if (this.#completion?.end !== at) {
      const word = value.slice(0, at).match(/\S+$/u)?.[0] ?? '';
      const start = at - word.length;
      const folded = word.toLocaleLowerCase();
      const names = this.#handlers.nicks().filter((nick) => nick.toLocaleLowerCase().startsWith(folded));
      if (word === '' || names.length === 0) return false;
      this.#completion = { start, names: names.sort(), next: 0 };
    }
    const { start, names, next } = this.#completion;
    this.#input.setRangeText(names[next] + (start === 0 ? ': ' : ' '), start, at, 'end');
    Object.assign(this.#completion, { next: (next + 1) % names.length, end: this.#input.selectionStart });
    return true;
  }

  #recall(step) {
    const current = this.#sent[this.#at] ?? '';
    if (this.#input.value !== current || (step < 0 && this.#at === 0)) return false;
    this.#at = Math.min(this.#at + step, this.#sent.length);
    this.#input.value = this.#sent[this.#at] ?? '';
    this.#grow();
    return true;
  }

  /** For browsers without `field-sizing`. */
  #grow() {
    if (CSS.supports('field-sizing', 'content')) return;
    this.#input.rows = Math.min(8, this.#input.value.split('\n').length);
  }
}
