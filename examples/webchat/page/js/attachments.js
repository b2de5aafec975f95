// Files on their way: chosen with the button, dropped on the channel, or pasted. Each has a line with its
// progress above the field, and can be cancelled, or tried again when it failed.

import { $, h, icon } from './dom.js';
import { onLanguage, t, words } from './i18n.js';
import { UploadError } from './upload.js';

/** Files sent at a time; further ones wait for their turn. */
const AT_ONCE = 2;
/** Files taken at a time. */
const AT_MOST = 20;

export class Attachments {
  #list = h('ul', { id: 'uploads', label: 'upload.list' });
  #place;
  #button;
  #handlers;
  #items = new Set();
  #available = false;

  /**
   * `composer` has the places. `handlers`: `send(file, progress, signal)` gives a promise of the address; `sent(url)`;
   * `failed(error)` the phrase for an UploadError.
   */
  constructor(composer, handlers) {
    this.#handlers = handlers;
    this.#place = composer.attachments;
    this.#place.append(this.#list);
    const input = h('input', { type: 'file', id: 'attach-file', multiple: true, hidden: true, tabindex: -1 });
    this.#button = h(
      'button',
      { id: 'attach', class: 'quiet', label: 'upload.choose', title: 'upload.choose', hidden: true, on: { click: () => input.click() } },
      icon('attach'),
    );
    composer.attachPlace.append(this.#button, input);
    input.addEventListener('change', () => {
      this.#take(input.files);
      input.value = '';
    });
    $('input').addEventListener('paste', (event) => {
      if (event.clipboardData.files.length === 0 || !this.#available) return;
      event.preventDefault();
      this.#take(event.clipboardData.files);
    });
    this.#listenToDrops($('chat'));
    onLanguage(() => this.#items.forEach((item) => item.show()));
  }

  /** Whether the server takes files. */
  offer(available) {
    this.#available = available;
    this.#button.hidden = !available;
  }

  clear() {
    for (const item of [...this.#items]) item.cancel();
    this.offer(false);
  }

  #listenToDrops(area) {
    const carriesFiles = (event) => this.#available && event.dataTransfer?.types.includes('Files');
    let depth = 0; // of the elements entered, each of which is also left
    const over = (now) => {
      depth = Math.max(0, now);
      area.toggleAttribute('data-dropping', depth > 0);
    };
    area.addEventListener('dragenter', (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over(depth + 1);
    });
    area.addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
    area.addEventListener('dragleave', (event) => carriesFiles(event) && over(depth - 1));
    area.addEventListener('drop', (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over(0);
      this.#take(event.dataTransfer.files);
    });
  }

  #take(files) {
    for (const file of [...files].slice(0, AT_MOST)) {
      const item = new Item(file, {
        changed: () => this.#next(),
        gone: () => {
          this.#items.delete(item);
          this.#place.hidden = this.#items.size === 0;
          this.#next();
        },
        phrase: (error) => this.#handlers.failed(error),
      });
      this.#items.add(item);
      this.#list.append(item.row);
    }
    this.#place.hidden = this.#items.size === 0;
    this.#next();
  }

  #next() {
    const all = [...this.#items];
    const running = all.filter(({ state }) => state === 'sending').length;
    const waiting = all.filter(({ state }) => state === 'waiting');
    for (const item of waiting.slice(0, AT_ONCE - running)) this.#send(item);
  }

  async #send(item) {
    const signal = item.begin();
    try {
      const url = await this.#handlers.send(item.file, (fraction) => item.progress(fraction), signal);
      if (signal.aborted) return;
      item.remove();
      this.#handlers.sent(url);
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      if (!signal.aborted) item.fail(error);
    }
  }
}

/** One file and its line. */
class Item {
  file;
  state = 'waiting';
  row;
  #bar = h('progress', { max: 1, value: 0 });
  #problem = h('span', { class: 'problem', role: 'status' });
  #again;
  #drop;
  #abort = new AbortController();
  #error = null;
  #handlers;

  /** `handlers`: `changed()`, `gone()`, `phrase(error)`. */
  constructor(file, handlers) {
    this.file = file;
    this.#handlers = handlers;
    this.#again = h('button', { class: 'quiet', t: 'again', hidden: true, on: { click: () => this.#retry() } });
    this.#drop = h('button', { class: 'quiet', on: { click: () => this.cancel() } }, icon('close'));
    const name = h('bdi', { class: 'file' }, file.name);
    this.row = h('li', { data: { role: 'upload' } }, name, this.#bar, this.#problem, this.#again, this.#drop);
    this.show();
  }

  /** Starts; gives what tells that it was cancelled. */
  begin() {
    this.#become('sending');
    return this.#abort.signal;
  }

  progress(fraction) {
    this.#bar.value = fraction;
  }

  fail(error) {
    this.#error = error;
    this.#become('failed');
    this.#handlers.changed();
  }

  cancel() {
    this.#abort.abort();
    this.remove();
  }

  remove() {
    this.row.remove();
    this.#handlers.gone();
  }

  #retry() {
    this.#error = null;
    this.progress(0);
    this.#become('waiting');
    this.#handlers.changed();
  }

  #become(state) {
    this.state = state;
    this.show();
  }

  show() {
    const { name } = this.file;
    this.row.dataset.state = this.state;
    this.#bar.hidden = this.state === 'failed';
    this.#bar.setAttribute('aria-label', t('upload.progress', { name }));
    this.#again.hidden = this.state !== 'failed';
    this.#problem.textContent = this.#error ? words(this.#handlers.phrase(this.#error)) : '';
    this.#drop.setAttribute('aria-label', t(this.state === 'failed' ? 'upload.remove' : 'upload.cancel', { name }));
  }
}
