// The class: how to join, a scenario for everybody, the projector, and the clock of a role-play.

import { remember } from "./connection.js";
import { byId, make } from "./dom.js";
import { language, t, tCount } from "./i18n.js";
import { RoleView } from "./role.js";

/** Note from the address how this page takes part: as a student or a projector, with which code. */
export function noteArrival() {
  const query = new URLSearchParams(location.search);
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (query.has("join")) remember({ as_student: true });
  if (query.get("view") === "projector") remember({ watch: true });
  if (code) remember({ code });
}

export class Room {
  constructor(page) {
    this.page = page;
    this.status = { students: 0, roles: null };
    this.roleView = new RoleView((message) => page.connection.send(message));
    byId("show-room").addEventListener("click", () => this.open(byId("room").hidden));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.open(false);
    });
  }

  // --- messages of the server ---

  makeHandlers() {
    return {
      welcome: (message) => this.handleWelcome(message),
      room: (message) => this.handleRoom(message),
      sent: ({ pages }) =>
        this.page.notify(pages === undefined ? t("sent.here") : tCount("sent.to", pages)),
      role: (message) => this.roleView.show(message),
    };
  }

  handleWelcome(message) {
    this.invitation = message.invitation;
    byId("show-room").hidden = !message.teacher;
    document.body.classList.toggle("projector", message.session === null);
    if (!message.in_role_play) this.roleView.close(); // it may have ended while this page was away
    if (message.incomplete) this.page.notify(t("status.incomplete"), true);
  }

  handleRoom(message) {
    this.status = message;
    if (!byId("room").hidden) this.fill();
  }

  // --- what the teacher does ---

  open(open) {
    byId("show-room").setAttribute("aria-expanded", String(open));
    byId("room").hidden = !open;
    if (!open) return;
    this.page.closeStory();
    this.page.openLegend(false);
    this.build();
    this.fill();
    byId("room").focus();
  }

  build() {
    const { choices, default: usual } = this.page.vocabulary.decision_times;
    const makeSender = (message) => () => this.page.connection.send(message);
    const makeButton = (id, action) =>
      make("button", { type: "button", class: "wide", id, onclick: action }, t(`room.${id}`));
    const times = make(
      "select",
      { id: "seconds" },
      ...choices.map((n) =>
        make("option", { value: n, selected: n === usual }, t("room.seconds", { n })),
      ),
    );
    const openRound = () =>
      this.page.connection.send({ kind: "open_round", seconds: Number(times.value) });
    byId("room").replaceChildren(
      make(
        "header",
        {},
        make("h2", {}, t("room.title")),
        make(
          "button",
          { type: "button", class: "close", onclick: () => this.open(false) },
          t("close"),
        ),
      ),
      ...this.makeInvitation(),
      make("p", { id: "present", role: "status" }),
      makeButton("everyone", makeSender({ kind: "everyone" })),
      make(
        "a",
        {
          class: "button wide",
          id: "projector",
          href: `?view=projector&lang=${language}`,
          target: "_blank",
          rel: "noopener",
        },
        t("room.projector"),
      ),
      make("h3", {}, t("room.roles")),
      make("p", { id: "explained" }, t("room.roles.explained")),
      makeButton("begin", makeSender({ kind: "roles", begin: true })),
      make(
        "div",
        { id: "clockwork" },
        make("label", {}, `${t("room.time")} `, times),
        makeButton("open", openRound),
        makeButton("now", makeSender({ kind: "close_round" })),
        make("p", { id: "players" }),
        makeButton("end", makeSender({ kind: "roles", begin: false })),
      ),
    );
  }

  makeInvitation() {
    if (!this.invitation) return [make("p", {}, t("room.alone"))];
    const { address, code } = this.invitation;
    return [
      make("p", {}, t("room.join", { address })),
      make("p", { class: "code" }, code),
      make("img", { class: "qr", src: "invitation.svg", alt: t("room.qr", { address }) }),
    ];
  }

  fill() {
    const { students, roles } = this.status;
    byId("present").textContent = tCount("room.present", students);
    byId("everyone").disabled = students === 0;
    byId("begin").hidden = byId("explained").hidden = roles !== null;
    byId("clockwork").hidden = roles === null;
    if (!roles) return;
    byId("open").disabled = roles.open;
    byId("now").disabled = !roles.open;
    const decided = new Set(roles.decided);
    const of = roles.players.length;
    byId("players").replaceChildren(
      roles.open ? t("room.decided", { n: decided.size, of }) : t("room.waits", { of }),
      " ",
      ...roles.players.map((i) =>
        make(
          "span",
          { class: decided.has(i) ? "player done" : "player" },
          `${i + 1}${decided.has(i) ? " ✓" : ""}`,
        ),
      ),
    );
  }
}
