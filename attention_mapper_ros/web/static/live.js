// The connection to the page's server: opens it, keeps it open, calls back with what arrives.

const RETRY_MS = 1000;

export class Live {
  /** handlers: onState(state), onPicture(camera, blob) -> promise, onConnected(bool, node) */
  constructor(handlers) {
    this.handlers = handlers;
    this.socket = null;
    this.token = null;
    document.addEventListener('visibilitychange', () => this.tellWatching());
  }

  async start() {
    try {
      // A restarted server has a new token.
      const response = await fetch('/api/session');
      const session = await response.json();
      this.token = session.token;
      this.open(session.node);
    } catch {
      this.lost();
    }
  }

  open(node) {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const token = encodeURIComponent(this.token);
    const socket = new WebSocket(`${scheme}://${location.host}/api/live?token=${token}`);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.socket = socket;
      this.handlers.onConnected(true, node);
      this.tellWatching();
    };
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => this.lost();
  }

  lost() {
    this.socket = null;
    this.handlers.onConnected(false);
    setTimeout(() => this.start(), RETRY_MS);
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  // A hidden page wants no pictures, so that nobody computes them.
  tellWatching() {
    this.send({ watching: document.visibilityState !== 'hidden' });
  }

  async receive(data) {
    if (typeof data === 'string') {
      this.handlers.onState(JSON.parse(data));
      return;
    }
    const length = new DataView(data).getUint16(0);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2, length)));
    const blob = new Blob([new Uint8Array(data, 2 + length)], { type: 'image/jpeg' });
    try {
      await this.handlers.onPicture(head.camera, blob);
    } finally {
      this.send({ drawn: head.camera });
    }
  }

  /** Use a switch; resolves to {success, message}. */
  async post(path, body = {}) {
    try {
      const response = await fetch(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Page-Token': this.token ?? '' },
        body: JSON.stringify(body),
      });
      if (response.ok) return await response.json();
      return { success: false, message: await response.text() };
    } catch {
      return { success: false, message: 'the page has lost its server' };
    }
  }
}
