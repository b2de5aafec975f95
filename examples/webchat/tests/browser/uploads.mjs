// Files in our page: by the button, dropped and pasted; pictures are shown, other files are links; what is refused is
// said. The files are served so that nothing in them can run.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { OurPage } from './ours.mjs';

/** A picture of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const PAGE = '<!doctype html><script>document.title = "ran"</script>';

export const cases = ['bosh', 'websocket'].map((transport) => ({
  name: `page, ${transport}: files by button, drop and paste`,
  run: (stage) => play(stage, transport),
}));

async function play({ browser, origin, pictures }, transport) {
  const room = `u-${randomBytes(5).toString('hex')}`;
  const windows = [];
  try {
    for (const nick of ['Anna', 'Bob']) windows.push(await OurPage.open(browser, { origin, room, nick, transport }));
    await files(browser, ...windows);
    for (const window of windows) assert.deepEqual(window.faults, [], 'what a page complained of');
    await Promise.all(windows.map((window, i) => window.picture(pictures, `upload-${transport}-${i + 1}`)));
  } catch (error) {
    await Promise.all(windows.map((window, i) => window.picture(pictures, `FAILED-upload-${transport}-${i + 1}`)));
    throw error;
  } finally {
    await Promise.all(windows.map((window) => window.close()));
  }
}

async function files(browser, anna, bob) {
  await anna.page.waitForSelector('#attach:not([hidden])');

  await anna.page.setInputFiles('#attach-file', { name: 'Kätzchen & <b>.png', mimeType: 'image/png', buffer: PNG });
  for (const { page } of [anna, bob]) {
    await page.waitForFunction(() => {
      const image = document.querySelector('.picture img');
      return image?.complete && image.naturalWidth === 1;
    });
    assert.equal(await page.getAttribute('.picture img', 'alt'), 'Kätzchen & <b>.png');
  }
  assert.equal(await anna.page.locator('#uploads li').count(), 0, 'its line is gone');

  await drop(anna.page, 'notes.txt', 'text/plain', 'some notes');
  const [notes] = await links(bob.page, 'notes.txt');
  assert.equal(await read(bob.page, notes), 'some notes');

  await paste(anna.page, 'pasted.png', 'image/png', PNG.toString('base64'));
  await bob.page.waitForFunction(() => document.querySelectorAll('.picture img').length === 2);

  // A page of somebody's, opened by its address: it is only downloaded, or at least runs nothing.
  await drop(anna.page, 'evil.html', 'text/html', PAGE);
  const [evil] = await links(bob.page, 'evil.html');
  const visit = await browser.newPage();
  const download = visit.waitForEvent('download', { timeout: 5000 }).catch(() => null);
  await visit.goto(evil).catch(() => null);
  assert.ok((await download) !== null || (await visit.title()) !== 'ran');
  assert.notEqual(await visit.title(), 'ran');
  await visit.close();

  // Refused for its size, in words; the line can be removed.
  await anna.page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(1_200_000)], 'huge.bin'));
    document.getElementById('chat').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await anna.page.waitForSelector('#uploads li[data-state=failed] .problem:not(:empty)');
  await anna.page.click('#uploads li[data-state=failed] button:last-child');
  assert.equal(await anna.page.locator('#uploads li').count(), 0);
}

function drop(page, name, type, text) {
  return page.evaluate(
    (file) => {
      const data = new DataTransfer();
      data.items.add(new File([file.text], file.name, { type: file.type }));
      const chat = document.getElementById('chat');
      for (const event of ['dragenter', 'dragover', 'drop']) {
        chat.dispatchEvent(new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    },
    { name, type, text },
  );
}

function paste(page, name, type, base64) {
  return page.evaluate(
    (file) => {
      const bytes = Uint8Array.from(atob(file.base64), (c) => c.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], file.name, { type: file.type }));
      document.getElementById('input').dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    },
    { name, type, base64 },
  );
}

/** The links in messages whose address ends so, once there are any. */
async function links(page, name) {
  await page.waitForSelector(`[data-role=message] a[href$="${name}"]`);
  return page.$$eval(`[data-role=message] a[href$="${name}"]`, (all) => all.map((a) => a.href));
}

const read = (page, url) => page.evaluate(async (address) => (await fetch(address)).text(), url);
