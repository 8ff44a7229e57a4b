// The websocket: says hello, comes back after a break to the same session and round, and hands messages on.

const PROTOCOL = 1;
const KEY = "overbruggen";
const GONE_ELSEWHERE = 4001, NOT_ALLOWED = 4003;

/** Remember what is needed to come back; it holds for this tab and this address alone. */
export function remember(changes) {
  const held = { ...recall(), ...changes };
  sessionStorage.setItem(KEY, JSON.stringify(held));
}

/** Return what was remembered. */
export function recall() {
  try { return JSON.parse(sessionStorage.getItem(KEY)) ?? {}; } catch { return {}; }
}

export class Connection {
  /** `hear(message)` is called for every message, `tell(status)` with open, lost, elsewhere or refused. */
  constructor(scenario, hear, tell) {
    this.scenario = scenario;
    this.hear = hear;
    this.tell = tell;
    this.tries = 0;
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/page`);
    this.socket.onopen = () => this.greet();
    this.socket.onmessage = (event) => this.take(JSON.parse(event.data));
    this.socket.onclose = (event) => this.lost(event.code);
  }

  greet() {
    const held = recall();
    const same = held.search === location.search;
    const { round = 0, frontier = 0, course = null } = same ? held : {};
    this.send({ kind: "hello", protocol: PROTOCOL, session: same ? held.session ?? null : null, code: held.code ?? null, scenario: this.scenario(), round, frontier, course,
      joins: held.joins ?? false, watch: held.watch ?? false });
  }

  take(message) {
    if (message.kind === "welcome") {
      this.tries = 0;
      remember({ session: message.session, search: location.search });
      this.tell("open");
    }
    this.hear(message);
  }

  lost(code) {
    if (code === GONE_ELSEWHERE) return this.tell("elsewhere");
    if (code === NOT_ALLOWED) return this.tell("refused");
    this.tell("lost");
    this.tries += 1;
    setTimeout(() => this.open(), Math.min(5000, 250 * 2 ** Math.min(this.tries, 5)));
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
