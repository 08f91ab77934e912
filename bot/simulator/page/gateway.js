/* Discord's gateway: one websocket that survives what happens to websockets. */

import { session } from './state.js';
import { HOME } from './rest.js';

/** One session with the gateway: it beats, notices silence, resumes what was cut and starts anew where resuming is refused. */
export class Gateway {
  constructor(token, receive, report) {
    Object.assign(this, { token, receive, report, session: null, seq: null, attempt: 0 });
    this.open();
  }

  open() {
    // The path alone is taken from the session: resume_gateway_url names the host as the simulator sees it, not as we do.
    const address = new URL(new URL(session.gateway_url).pathname.slice(1), HOME);
    address.protocol = HOME.protocol === 'https:' ? 'wss:' : 'ws:';
    address.search = '?v=10&encoding=json';
    const socket = (this.socket = new WebSocket(address));
    socket.onmessage = ({ data }) => this.take(JSON.parse(data));
    socket.onclose = ({ code }) => this.lost(code);
  }

  say(op, d) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ op, d }));
  }

  take({ op, d, s, t }) {
    if (s) this.seq = s;
    if (op === 0) return this.event(t, d);
    if (op === 1) return this.say(1, this.seq);
    if (op === 7) return this.again(0);
    if (op === 9) {
      if (!d) this.session = null;
      return this.again(1000 + Math.random() * 1000);
    }
    if (op === 10) return this.hello(d);
    if (op === 11) this.heard = true;
  }

  hello({ heartbeat_interval: interval }) {
    this.heard = true;
    const beat = () => {
      if (!this.heard) return this.again(0);
      this.heard = false;
      this.say(1, this.seq);
      this.timer = setTimeout(beat, interval);
    };
    this.timer = setTimeout(beat, interval * Math.random());
    if (this.session) this.say(6, { token: this.token, session_id: this.session, seq: this.seq });
    else this.say(2, { token: this.token, capabilities: 16381, compress: false, properties: { os: 'any', browser: 'Parley playground', device: '' } });
  }

  event(name, data) {
    if (name === 'READY') this.session = data.session_id;
    if (name === 'READY' || name === 'RESUMED') {
      this.attempt = 0;
      this.report('online');
    }
    this.receive(name, data);
  }

  /** Gives the connection up for a new one; 4000 keeps the session alive, as 1000 and 1001 would not. */
  again(pause) {
    this.close(4000);
    this.lost(4000, pause);
  }

  lost(code, pause = Math.min(8000, 500 * 2 ** this.attempt++) * (0.8 + Math.random() * 0.4)) {
    clearTimeout(this.timer);
    if (code === 4004) return this.report('refused');
    if (code === 4007 || code === 4009) this.session = null;
    this.report('reconnecting');
    this.timer = setTimeout(() => this.open(), pause);
  }

  /** A dead line may take minutes to say that it is closed, so nothing more is heard from it. */
  close(code = 1000) {
    clearTimeout(this.timer);
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close(code);
  }
}
