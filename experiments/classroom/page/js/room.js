// The class: who may join and how, the same scenario for everybody, the projector, and the clock of a role-play.

import { remember } from "./connection.js";
import { byId, make } from "./dom.js";
import { language, t } from "./i18n.js";
import { RoleView } from "./role.js";

const TIMES = [15, 30, 60, 120, 300];  // seconds to decide
const USUAL_TIME = 60;

/** Note what the address says of how this page takes part: as a student, as a projector, with which code. */
export function noteArrival() {
  const query = new URLSearchParams(location.search), code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (query.has("join")) remember({ joins: true });
  if (query.get("view") === "projector") remember({ watch: true });
  if (code) remember({ code });
}

export class Room {
  constructor(page) {
    this.page = page;
    this.told = { students: 0, roles: null };
    this.role_view = new RoleView((message) => page.connection.send(message));
    byId("show-room").addEventListener("click", () => this.open(byId("room").hidden));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") this.open(false); });
  }

  // --- what the server says ---------------------------------------------------------------------------------------

  welcome(message) {
    this.invitation = message.invitation;
    byId("show-room").hidden = !message.teacher;
    document.body.classList.toggle("projector", message.session === null);
    if (!message.plays) this.role_view.show({ over: true });  // the role-play ended while this page was away
    if (message.incomplete) this.page.say(t("status.incomplete"), true);
  }

  room(message) {
    this.told = message;
    if (!byId("room").hidden) this.fill();
  }

  sent(message) { this.page.say(message.pages === undefined ? t("sent.here") : t("sent.to", { n: message.pages })); }

  role(message) { this.role_view.show(message); }

  // --- what the teacher does --------------------------------------------------------------------------------------

  open(open) {
    byId("show-room").setAttribute("aria-expanded", String(open));
    byId("room").hidden = !open;
    if (!open) return;
    this.page.closeStory();
    this.page.legend(false);
    this.build();
    this.fill();
    byId("room").focus();
  }

  build() {
    const send = (message) => () => this.page.connection.send(message);
    const button = (id, action) => make("button", { type: "button", class: "wide", id, onclick: action }, t(`room.${id}`));
    const times = make("select", { id: "seconds" }, ...TIMES.map((n) => make("option", { value: n, selected: n === USUAL_TIME }, t("room.seconds", { n }))));
    const openRound = () => this.page.connection.send({ kind: "open_round", seconds: Number(times.value) });
    byId("room").replaceChildren(
      make("header", {}, make("h2", {}, t("room.title")), make("button", { type: "button", class: "close", onclick: () => this.open(false) }, t("close"))),
      ...this.invite(),
      make("p", { id: "present", role: "status" }),
      button("everyone", send({ kind: "everyone" })),
      make("a", { class: "button wide", id: "projector", href: `?view=projector&lang=${language}`, target: "_blank", rel: "noopener" }, t("room.projector")),
      make("h3", {}, t("room.roles")),
      make("p", { id: "explained" }, t("room.roles.explained")),
      button("begin", send({ kind: "roles", begin: true })),
      make("div", { id: "clockwork" }, make("label", {}, `${t("room.time")} `, times), button("open", openRound), button("now", send({ kind: "close_round" })),
        make("p", { id: "players" }), button("end", send({ kind: "roles", begin: false }))),
    );
  }

  invite() {
    if (!this.invitation) return [make("p", {}, t("room.alone"))];
    const { address, code } = this.invitation;
    return [make("p", {}, t("room.join", { address })), make("p", { class: "code" }, code), make("img", { class: "qr", src: "invitation.svg", alt: t("room.qr", { address }) })];
  }

  fill() {
    const { students, roles } = this.told;
    byId("present").textContent = t(students === 1 ? "room.present.one" : "room.present", { n: students });
    byId("everyone").disabled = students === 0;
    byId("begin").hidden = byId("explained").hidden = roles !== null;
    byId("clockwork").hidden = roles === null;
    if (!roles) return;
    byId("open").disabled = roles.open;
    byId("now").disabled = !roles.open;
    const decided = new Set(roles.decided);
    byId("players").replaceChildren(roles.open ? t("room.decided", { n: decided.size, of: roles.players.length }) : t("room.waits", { of: roles.players.length }), " ",
      ...roles.players.map((i) => make("span", { class: decided.has(i) ? "player done" : "player" }, `${i + 1}${decided.has(i) ? " ✓" : ""}`)));
  }
}
