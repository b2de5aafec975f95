// SCRAM-SHA-256 (RFC 5802, RFC 7677), the client, with the browser's own cryptography. The token is
// never sent; the server shows in the end that it knows it too.

const encoder = new TextEncoder();
const utf8 = (text) => encoder.encode(text);

const toBase64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
export const encode = (text) => toBase64(utf8(text));
export const decode = (text) => new TextDecoder().decode(fromBase64(text));

/** Fewer rounds than a server should ask for, and more than it may. */
const MIN_ROUNDS = 4096;
const MAX_ROUNDS = 1_000_000;

/** Names are sent with `=` and `,` written out (RFC 5802 5.1). */
const saslName = (name) => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

async function hmac(key, text) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, utf8(text)));
}

async function salted(password, salt, iterations) {
  const key = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveBits']);
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

const attributes = (message) =>
  Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));

export class Scram {
  #bare;
  #nonce;
  #password;
  #serverSignature = null;

  constructor(user, password, nonce = toBase64(crypto.getRandomValues(new Uint8Array(18)))) {
    this.#nonce = nonce;
    // RFC 4013 is more than this; a token of letters and digits is the same either way.
    this.#password = password.normalize('NFKC');
    this.#bare = `n=${saslName(user)},r=${nonce}`;
  }

  /** What the client says first. */
  first() {
    return `n,,${this.#bare}`;
  }

  /** The answer to the server's first message. Throws where that is not one. */
  async final(challenge) {
    const { r: nonce, s: salt, i: rounds, m } = attributes(challenge);
    const iterations = Number(rounds);
    const honest = nonce?.startsWith(this.#nonce) && nonce.length > this.#nonce.length;
    const sound = iterations >= MIN_ROUNDS && iterations <= MAX_ROUNDS;
    if (m !== undefined || !honest || !salt || !sound) throw new Error('no SCRAM challenge');
    const key = await salted(this.#password, fromBase64(salt), iterations);
    const clientKey = await hmac(key, 'Client Key');
    const storedKey = await crypto.subtle.digest('SHA-256', clientKey);
    const withoutProof = `c=biws,r=${nonce}`;
    const message = `${this.#bare},${challenge},${withoutProof}`;
    const signature = await hmac(storedKey, message);
    this.#serverSignature = toBase64(await hmac(await hmac(key, 'Server Key'), message));
    const proof = clientKey.map((byte, i) => byte ^ signature[i]);
    return `${withoutProof},p=${toBase64(proof)}`;
  }

  /** Whether the server knows the password too. */
  verify(message) {
    return this.#serverSignature !== null && attributes(message).v === this.#serverSignature;
  }
}
