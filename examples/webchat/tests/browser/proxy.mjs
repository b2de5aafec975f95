// A TCP proxy between a browser and the server that can cut: everything at once, in the middle of
// what the server sends, or behind what the client sent; and that can refuse for a while. It remembers
// what the server sent.

import net from 'node:net';
import { once } from 'node:events';

export class Proxy {
  #target;
  #server = null;
  #port = 0;
  #pairs = new Set();
  #cut = null;
  #sent = [];

  /** `target`: { host, port } of the server. */
  constructor(target) {
    this.#target = target;
  }

  get origin() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** All that the server sent, handed on or not. */
  get sent() {
    return Buffer.concat(this.#sent).toString();
  }

  async listen() {
    for (let attempt = 1; ; attempt += 1) {
      const server = net.createServer((client) => this.#connect(client));
      try {
        server.listen(this.#port, '127.0.0.1');
        await once(server, 'listening');
        this.#port = server.address().port;
        this.#server = server;
        return this;
      } catch (error) {
        // While the port was free, a connection of somebody may have got it for a moment.
        if (error.code !== 'EADDRINUSE' || attempt === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Cuts every connection; new ones are refused until `listen`. */
  refuse() {
    for (const pair of this.#pairs) pair.end();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server = null;
    return closed;
  }

  /**
   * The next time the server sends `marker`, only half of what follows the headers passes; then all is
   * cut and refused. Resolves once that has happened.
   */
  cutInside(marker) {
    return this.#arm({ from: 'server', marker });
  }

  /** What the client sends next (with `marker` in it, if given) reaches the server, its answer does not. */
  cutBehind(marker = '') {
    return this.#arm({ from: 'client', marker });
  }

  async close() {
    if (this.#server) await this.refuse();
  }

  #arm(cut) {
    return new Promise((resolve) => (this.#cut = { ...cut, done: () => resolve(this.refuse()) }));
  }

  #connect(client) {
    const server = net.connect(this.#target);
    const pair = {
      end: () => {
        this.#pairs.delete(pair);
        client.destroy();
        server.destroy();
      },
    };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', pair.end);
      socket.on('close', pair.end);
    }
    client.on('data', (chunk) => {
      server.write(chunk);
      const cut = this.#cut;
      if (cut?.from === 'client' && chunk.includes(cut.marker)) {
        this.#cut = null;
        client.pause();
        server.removeAllListeners('data'); // the answer goes nowhere
        server.once('data', cut.done);
      }
    });
    server.on('data', (chunk) => {
      this.#sent.push(chunk);
      const cut = this.#cut;
      if (cut?.from === 'server' && chunk.includes(cut.marker)) {
        this.#cut = null;
        const head = Math.max(0, chunk.indexOf('\r\n\r\n') + 4);
        client.write(chunk.subarray(0, head + Math.ceil((chunk.length - head) / 2)), cut.done);
      } else {
        client.write(chunk);
      }
    });
  }
}
