// Files in messages (XEP-0066): those of our own server are shown, pictures as such and others by their names. What
// another server has stays an address: a picture of it would tell that server who reads here, and a name might mislead.

import { h, icon } from './dom.js';

const PICTURE = /\.(?:avif|gif|jpe?g|png|webp)$/iu;

/** What to show for the address of a file, or null where its text does; `loaded()` when it has its size. */
export function showFile(address, loaded) {
  const url = URL.parse(address);
  if (!url || url.origin !== location.origin) return null;
  const name = fileName(url);
  const link = (className, ...children) =>
    h('a', { class: className, href: url.href, target: '_blank', rel: 'noopener noreferrer' }, ...children);
  if (!PICTURE.test(url.pathname)) return link('file', icon('file'), h('bdi', {}, name));
  const image = h('img', { alt: name, loading: 'lazy', decoding: 'async' });
  const picture = link('picture', image);
  image.addEventListener('load', loaded);
  // It may have expired: its name stays.
  image.addEventListener('error', () => picture.replaceWith(link('file', icon('file'), h('bdi', {}, name))));
  image.src = url.href;
  return picture;
}

function fileName({ pathname }) {
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
