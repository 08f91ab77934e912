/* The gateway connection. */

import { session } from './state.js';
import { HOME } from './rest.js';

/** A gateway client: sends heartbeats, reconnects if they are not acknowledged, and resumes or starts a new session. */
export class Gateway {
  constructor(token, onEvent, onStatus) {
    Object.assign(this, { token, onEvent, onStatus, session: null, seq: null, attempt: 0 });
    this.open();
  }

  open() {
    // use only the path of the URL: behind a proxy its host may differ from the one of this page
    const address = new URL(new URL(session.gateway_url).pathname.slice(1), HOME);
    address.protocol = HOME.protocol === 'https:' ? 'wss:' : 'ws:';
    address.search = '?v=10&encoding=json';
    const socket = (this.socket = new WebSocket(address));
    socket.onmessage = ({ data }) => this.onPayload(JSON.parse(data));
    socket.onclose = ({ code }) => this.onClose(code);
  }

  send(op, d) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ op, d }));
  }

  onPayload({ op, d, s, t }) {
    if (s) this.seq = s;
    if (op === 0) return this.onDispatch(t, d);
    if (op === 1) return this.send(1, this.seq);
    if (op === 7) return this.reconnect(0);
    if (op === 9) {
      if (!d) this.session = null;
      return this.reconnect(1000 + Math.random() * 1000);
    }
    if (op === 10) return this.onHello(d);
    if (op === 11) this.acknowledged = true;
  }

  /** Starts the heartbeat and resumes or identifies. */
  onHello({ heartbeat_interval: interval }) {
    this.acknowledged = true;
    const heartbeat = () => {
      if (!this.acknowledged) return this.reconnect(0);
      this.acknowledged = false;
      this.send(1, this.seq);
      this.timer = setTimeout(heartbeat, interval);
    };
    this.timer = setTimeout(heartbeat, interval * Math.random());
    if (this.session) this.send(6, { token: this.token, session_id: this.session, seq: this.seq });
    else this.send(2, { token: this.token, capabilities: 16381, compress: false, properties: { os: 'any', browser: 'Parley playground', device: '' } });
  }

  onDispatch(name, data) {
    if (name === 'READY') this.session = data.session_id;
    if (name === 'READY' || name === 'RESUMED') {
      this.attempt = 0;
      this.onStatus('online');
    }
    this.onEvent(name, data);
  }

  /** Replaces the connection. Close code 4000 keeps the session resumable, 1000 and 1001 would end it. */
  reconnect(delay) {
    this.close(4000);
    this.onClose(4000, delay);
  }

  onClose(code, delay = Math.min(8000, 500 * 2 ** this.attempt++) * (0.8 + Math.random() * 0.4)) {
    clearTimeout(this.timer);
    if (code === 4004) return this.onStatus('refused');
    if (code === 4007 || code === 4009) this.session = null;
    this.onStatus('reconnecting');
    this.timer = setTimeout(() => this.open(), delay);
  }

  /** Closes and ignores the socket: a dead connection may take minutes to report its close. */
  close(code = 1000) {
    clearTimeout(this.timer);
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close(code);
  }
}
