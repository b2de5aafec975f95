// Where one writes: Enter sends, Shift+Enter breaks the line, Tab completes a name, and the arrow up
// in an empty field brings back what was sent before.

const REMEMBERED = 50;

export class Composer {
  #input = document.getElementById('input');
  #handlers;
  #sent = [];
  #at = 0;
  #completion = null;

  /** `handlers`: `send(text)`, `nicks()` for completion. */
  constructor(handlers) {
    this.#handlers = handlers;
    document.getElementById('composer').addEventListener('submit', (event) => {
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

  set label(text) {
    this.#input.placeholder = text;
  }

  #submit() {
    const text = this.#input.value.replace(/\s+$/u, '');
    if (text.trim() === '') return;
    this.#input.value = '';
    this.#grow();
    this.#sent = [...this.#sent.filter((old) => old !== text), text].slice(-REMEMBERED);
    this.#at = this.#sent.length;
    this.#handlers.send(text);
    this.focus();
  }

  #key(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key !== 'Tab') this.#completion = null;
    if (event.key === 'Enter' && !event.shiftKey) {
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
