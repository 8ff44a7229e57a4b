// The websocket: says hello, returns to the same session and round, and hands messages on.

const KEY = "overbruggen";
// By the reason for which the server closes.
const STATUS_BY_REASON = { moved: "elsewhere", refused: "refused" };
// Milliseconds between two attempts to connect.
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;

/** Remember what is needed to return, for this tab and this address only. */
export function remember(changes) {
  sessionStorage.setItem(KEY, JSON.stringify({ ...recall(), ...changes }));
}

/** Return what was remembered. */
export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export class Connection {
  /**
   * @param {number} protocol version of the messages
   * @param {function} getScenario returns the scenario to begin with
   * @param {function} onMessage called with every message
   * @param {function} onStatus called with open, lost, elsewhere or refused
   */
  constructor(protocol, getScenario, onMessage, onStatus) {
    Object.assign(this, { protocol, getScenario, onMessage, onStatus, attempts: 0 });
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/page`);
    this.socket.onopen = () => this.sendHello();
    this.socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    this.socket.onclose = (event) => this.close(event.reason);
  }

  sendHello() {
    const kept = recall();
    const same = kept.search === location.search;
    const { session = null, round = 0, frontier = 0, history = null } = same ? kept : {};
    const { code = null, as_student = false, watch = false } = kept;
    this.send({
      kind: "hello",
      protocol: this.protocol,
      scenario: this.getScenario(),
      session,
      round,
      frontier,
      history,
      code,
      as_student,
      watch,
    });
  }

  receive(message) {
    if (message.kind === "welcome") {
      this.attempts = 0;
      remember({ session: message.session, search: location.search });
      this.onStatus("open");
    }
    this.onMessage(message);
  }

  close(reason) {
    this.onStatus(STATUS_BY_REASON[reason] ?? "lost");
    if (reason in STATUS_BY_REASON) return;
    this.attempts += 1;
    setTimeout(
      () => this.open(),
      Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(this.attempts, 5)),
    );
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
