// Single sign-on: a site that has logged its user in hands the page a token, in the fragment of the page's address
// (`#token=…`), which no server gets. It is for this page alone: not kept, and out of the address bar before anything else
// happens.

import { has, phrase } from './i18n.js';

/** What a token is made of (RFC 6750 2.1, and whatever else can be seen). */
const TOKEN = /^[\x21-\x7e]+$/u;

/** Who the person is, for all channels of this page. */
export class Account {
  /** Shows who the person is, as long as it is good. */
  token;
  /** Whether the person came signed in: then nobody else is made of them without asking. */
  signedOn;

  constructor(token = null, signedOn = token !== null) {
    this.token = token;
    this.signedOn = signedOn;
  }

  /** From now on the person is a guest. */
  forget() {
    this.token = null;
    this.signedOn = false;
  }
}

/** Takes the token out of the page's address. */
export function takeAccount() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(history.state, '', location.pathname + location.search);
  return new Account(token !== null && TOKEN.test(token) ? token : null, token !== null);
}

/** The page of the site where one signs in and is sent back to `channel`. */
export function loginAddress({ sign_on: signOn }, channel) {
  if (!signOn?.login_url) return null;
  const address = new URL(signOn.login_url);
  if (channel) address.searchParams.set('channel', channel);
  return address.href;
}

/** Whether people who are not signed in are let in. */
export const admitsGuests = ({ sign_on: signOn }) => signOn?.anonymous ?? true;

/** Why nobody was let in, where that has to do with signing in; else null. */
export function signOnWords(account, condition) {
  const key = `connection.sign-on-${condition}`;
  return account.signedOn && has(key) ? phrase(key) : null;
}
