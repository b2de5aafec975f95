// XEP-0363, the uploader: finds the service, asks for a slot, sends the file.

import { NS, child, children, el, stanzaError } from './xml.js';

/** The only headers that a slot may ask for (XEP-0363 section 5). */
const HEADERS = new Set(['authorization', 'cookie', 'expires']);

/** Why a file was not sent: `what` is one of 'too-large', 'later', 'refused', 'failed', 'cancelled'. */
export class UploadError extends Error {
  constructor(what, detail = {}) {
    super(what);
    Object.assign(this, { what, ...detail });
  }
}

export class Uploads {
  #client;
  #domain;
  #found = null;
  #epoch = null;

  constructor(client, domain) {
    this.#client = client;
    this.#domain = domain;
  }

  /** The service, `{ jid, maxSize }`, or null; asked for once a login. */
  find() {
    if (this.#epoch !== this.#client.epoch) {
      this.#epoch = this.#client.epoch;
      this.#found = this.#discover();
    }
    return this.#found;
  }

  /**
   * Sends `file` and gives its address. `progress(fraction)` is called on the way; `signal` cancels.
   * Throws an UploadError.
   */
  async send(file, progress, signal) {
    const service = await this.find();
    if (!service) throw new UploadError('refused');
    if (service.maxSize !== null && file.size > service.maxSize) {
      throw new UploadError('too-large', { maxSize: service.maxSize });
    }
    const { put, get, headers } = await this.#slot(service, file);
    await transmit(put, headers, file, progress, signal);
    return get;
  }

  async #discover() {
    const items = await this.#client.ask('get', this.#domain, el('query', NS.DISCO_ITEMS));
    for (const item of children(child(items, 'query', NS.DISCO_ITEMS), 'item', NS.DISCO_ITEMS)) {
      const jid = item.getAttribute('jid');
      const answer = await this.#client.ask('get', jid, el('query', NS.DISCO_INFO));
      const info = child(answer, 'query', NS.DISCO_INFO);
      const features = children(info, 'feature', NS.DISCO_INFO).map((e) => e.getAttribute('var'));
      if (features.includes(NS.UPLOAD)) return { jid, maxSize: maxSize(info) };
    }
    return null;
  }

  async #slot(service, file) {
    const request = el('request', NS.UPLOAD, {
      filename: file.name || 'file',
      size: file.size,
      'content-type': file.type || null,
    });
    const answer = await this.#client.ask('get', service.jid, request);
    if (answer?.getAttribute('type') !== 'result') throw refusal(answer);
    const slot = child(answer, 'slot', NS.UPLOAD);
    const put = child(slot, 'put', NS.UPLOAD);
    const get = child(slot, 'get', NS.UPLOAD)?.getAttribute('url');
    const target = webAddress(put?.getAttribute('url'));
    if (!target || !webAddress(get)) throw new UploadError('refused');
    const headers = children(put, 'header', NS.UPLOAD)
      .map((header) => [header.getAttribute('name') ?? '', header.textContent.replace(/[\r\n]/gu, '')])
      .filter(([name]) => HEADERS.has(name.toLowerCase()));
    return { put: target, get, headers };
  }
}

/** `fetch` tells nothing of what is sent; XMLHttpRequest does. */
function transmit(url, headers, file, progress, signal) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const request = new XMLHttpRequest();
  const fail = (what) => reject(new UploadError(what, { status: request.status }));
  request.open('PUT', url);
  if (file.type) request.setRequestHeader('content-type', file.type);
  for (const [name, value] of headers) request.setRequestHeader(name, value);
  request.upload.addEventListener('progress', ({ lengthComputable, loaded, total }) => {
    if (lengthComputable && total > 0) progress(loaded / total);
  });
  request.addEventListener('load', () => {
    if (request.status >= 200 && request.status < 300) resolve();
    else fail(request.status === 413 ? 'too-large' : 'failed');
  });
  request.addEventListener('error', () => fail('failed'));
  request.addEventListener('timeout', () => fail('failed'));
  request.addEventListener('abort', () => fail('cancelled'));
  signal.addEventListener('abort', () => request.abort());
  if (signal.aborted) fail('cancelled');
  else request.send(file);
  return promise;
}

function refusal(answer) {
  if (!answer) return new UploadError('failed');
  const error = child(answer, 'error', NS.CLIENT);
  const tooLarge = child(error, 'file-too-large', NS.UPLOAD);
  if (tooLarge) {
    const max = Number.parseInt(child(tooLarge, 'max-file-size', NS.UPLOAD)?.textContent ?? '', 10);
    return new UploadError('too-large', { maxSize: Number.isNaN(max) ? null : max });
  }
  const retry = child(error, 'retry', NS.UPLOAD)?.getAttribute('stamp');
  if (retry) return new UploadError('later', { until: Date.parse(retry) });
  const { condition, text } = stanzaError(answer);
  return new UploadError('refused', { condition, text });
}

/** The limit in the service's form, in bytes. */
function maxSize(info) {
  for (const form of children(info, 'x', NS.FORMS)) {
    for (const field of children(form, 'field', NS.FORMS)) {
      if (field.getAttribute('var') !== 'max-file-size') continue;
      const max = Number.parseInt(child(field, 'value', NS.FORMS)?.textContent ?? '', 10);
      if (!Number.isNaN(max)) return max;
    }
  }
  return null;
}

function webAddress(text) {
  const url = URL.parse(text ?? '');
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null;
}
