// A student is one organisation: what it sees of itself, of those it knows and of its teams, and
// what it decides.

import { byId, make } from "./dom.js";
import { drawRose } from "./glyph.js";
import { formatNumber, formatPercent, t, translate } from "./i18n.js";

const TICK = 250; // milliseconds between two looks at the clock
const MOST_PEOPLE = 4; // acquaintances that are shown at once; others are behind a line
const NARROW = matchMedia("(max-width: 1000px)"); // where one part is open at a time
const listMembers = (members) => members.map((i) => i + 1).join(", ");
const listDomains = (domains) => domains.map((domain) => domain + 1).join(", ");
const makeCheckbox = (name, properties, text) =>
  make("label", {}, make("input", { type: "checkbox", name, ...properties }), ` ${text}`);

export class RoleView {
  /** @param {function} send sends a message to the server */
  constructor(send) {
    this.send = send;
    this.view = null; // what the organisation sees
  }

  /** Hide the role: the role-play is over. */
  close() {
    this.show({ over: true });
  }

  /** Show what the server sends; choices stay while the same round is open. */
  show(view) {
    const last = this.view;
    const same =
      last?.open &&
      view.open &&
      last.round === view.round &&
      last.organisation === view.organisation;
    this.view = view.over ? null : view;
    document.body.classList.toggle("in-role", !view.over);
    byId("role").hidden = Boolean(view.over);
    clearInterval(this.ticking);
    if (view.over) return;
    this.closesAt = performance.now() + 1000 * view.seconds_left;
    if (!same) this.build(view);
    this.tick();
    if (view.open) this.ticking = setInterval(() => this.tick(), TICK);
  }

  tick() {
    const { open, decided } = this.view;
    const left = Math.max(0, Math.ceil((this.closesAt - performance.now()) / 1000));
    byId("role-clock").textContent = open ? t("role.left", { n: left }) : "";
    const phase = t(!open ? "role.wait" : decided ? "role.decided" : "role.decide");
    if (byId("role-phase").textContent !== phase) byId("role-phase").textContent = phase;
  }

  build(view) {
    if (view.organisation === null) {
      byId("role").replaceChildren(
        make("h2", {}, t("role.watches")),
        make("p", {}, t("role.full")),
        this.makeBar(),
      );
      return;
    }
    const rose = make("canvas", { class: "rose", role: "img", "aria-label": t("story.rose") });
    const earned = t("role.earned", {
      last: formatNumber(view.earned),
      total: formatNumber(view.earned_total),
      alone: formatNumber(view.alone_value),
    });
    const you = make(
      "section",
      { class: "you" },
      make(
        "div",
        { class: "portrait" },
        rose,
        make("div", {}, make("p", {}, this.writeNeeds(view)), make("p", {}, earned)),
      ),
      make("h3", {}, t("role.happened")),
      make("ul", {}, ...this.writeEvents(view).map((line) => make("li", {}, line))),
    );
    const title = t("role.title", {
      n: view.organisation + 1,
      sector: translate("sectors", view.sector),
    });
    byId("role").replaceChildren(make("h2", {}, title), this.makeForm(view, you));
    drawRose(rose, view);
    this.countChoices();
  }

  /** Return what stays in sight: the time left, the choices so far, and the button. */
  makeBar(...button) {
    return make(
      "div",
      { class: "role-bar" },
      make("strong", { id: "role-clock", role: "timer" }),
      make(
        "p",
        {},
        make("span", { id: "role-phase", role: "status" }),
        make("span", { id: "chosen" }),
      ),
      ...button,
    );
  }

  writeNeeds({ needs, alone_quality, progress }) {
    return t("role.needs", {
      fields: listDomains(needs),
      alone: formatPercent(alone_quality),
      progress: formatPercent(Math.min(1, progress)),
    });
  }

  writeEvents(view) {
    const lines = Object.entries(view.answers ?? {}).map(([what, answer]) =>
      t(`role.${what}.${answer}`),
    );
    if (view.answers === null) lines.push(t("role.by_rules"));
    lines.push(...view.happened.map(writeEvent));
    return lines.length ? [...new Set(lines)] : [t("role.nothing")];
  }

  makeForm(view, you) {
    const teams = view.teams.length
      ? view.teams.map((team) => this.makeTeam(team, view))
      : [make("p", {}, t("role.no_teams"))];
    const known = [
      make("p", {}, t("role.known.explained", { n: view.meetings })),
      ...this.makeAcquaintances(view),
      this.makeStrangers(view),
    ];
    const accepts = make(
      "label",
      { class: "line" },
      make("input", { type: "checkbox", name: "accepts", checked: true }),
      ` ${t("role.accepts")}`,
    );
    const parts = make(
      "fieldset",
      { class: "parts", disabled: !view.open },
      this.makePart("role.teams", !view.free, view.teams.length, teams),
      this.makePart("role.known", view.free, view.known.length, known),
      this.makePart("role.more", false, null, [
        this.makeJoining(view),
        ...this.makeCopying(view),
        accepts,
      ]),
    );
    const decide = (event) => {
      event.preventDefault();
      this.decide(event.target);
    };
    return make(
      "form",
      { class: "choices", onsubmit: decide, onchange: (event) => this.countChoices(event.target) },
      make("div", { class: "role-columns" }, you, parts),
      this.makeBar(
        make("button", { class: "loud", id: "decide", disabled: !view.open }, t("role.send")),
      ),
    );
  }

  /** Return a part that opens; on a narrow screen one is open at a time. */
  makePart(key, first, count, rows) {
    const properties = NARROW.matches ? { name: "role-part", open: first } : { open: true };
    const heading = make("h3", {}, t(key), count === null ? "" : ` (${count})`);
    return make("details", { class: "part", ...properties }, make("summary", {}, heading), ...rows);
  }

  /** Show the choices so far; meetings are limited, and one collaboration can be left. */
  countChoices(changed) {
    const form = byId("role").querySelector("form");
    const count = (name) => [...new FormData(form).getAll(name)].filter(Boolean).length;
    if (changed?.name === "leave" && changed.checked)
      for (const other of form.querySelectorAll("[name=leave]")) other.checked = other === changed;
    const { meetings: most, open } = this.view;
    const meetings = count("meet") + count("stranger");
    const counts = {
      meet: meetings,
      invite: count("invite"),
      join: count("join"),
      copy: count("copy_from"),
      leave: count("leave"),
    };
    const choices = Object.entries(counts)
      .filter(([, n]) => n)
      .map(([what, n]) => t(`role.chosen.${what}`, { n }))
      .join(" · ");
    const tooMany = meetings > most;
    byId("chosen").textContent = !open
      ? ""
      : tooMany
        ? t("role.chosen.too_many", { n: most })
        : choices || t("role.chosen.nothing");
    byId("decide").disabled = !open || tooMany;
  }

  makeTeam({ serial, members, quality, needs, gain, rounds_left }, view) {
    const own = formatNumber(gain[members.indexOf(view.organisation)]);
    return make(
      "div",
      { class: "person team" },
      make(
        "p",
        {},
        t("role.team", {
          members: listMembers(members),
          quality: formatPercent(quality),
          fields: listDomains(needs),
          gain: own,
          rounds: rounds_left,
        }),
      ),
      makeCheckbox("leave", { value: serial }, t("role.leave")),
    );
  }

  /** Return the acquaintances: with room first, then by how well they are known. */
  makeAcquaintances(view) {
    const sorted = [...view.known].sort(
      (p, q) => q.joint - p.joint || q.trust - p.trust || p.partner - q.partner,
    );
    const makeRows = (list) => list.map((one) => this.makeAcquaintance(one, view));
    const makeHidden = (kind, list) =>
      list.length
        ? [
            make(
              "details",
              { class: kind },
              make("summary", {}, t(`role.${kind}`, { n: list.length })),
              ...makeRows(list),
            ),
          ]
        : [];
    const free = sorted.filter((one) => one.free);
    const busy = sorted.filter((one) => !one.free);
    return [
      ...makeRows(free.slice(0, MOST_PEOPLE)),
      ...makeHidden("others", free.slice(MOST_PEOPLE)),
      ...makeHidden("busy", busy),
    ];
  }

  makeAcquaintance({ partner, sector, free, trust, understanding, meetings, joint, skills }, view) {
    const seen = view.needs
      .map((domain) => `${domain + 1}: ${formatPercent(skills[domain])} %`)
      .join(" · ");
    const makeBox = (name) => makeCheckbox(name, { value: partner }, t(`role.${name}`));
    return make(
      "div",
      { class: "person" },
      make("b", {}, t("role.who", { n: partner + 1, sector: translate("sectors", sector) })),
      make("span", { class: "boxes" }, makeBox("meet"), free ? makeBox("invite") : null),
      make(
        "p",
        {},
        t("role.judged", {
          trust: formatPercent(trust),
          understanding: formatPercent(understanding),
          meetings,
          joint,
        }),
      ),
      make("p", {}, t("role.seen", { seen })),
    );
  }

  makeStrangers(view) {
    const known = new Set([view.organisation, ...view.known.map((one) => one.partner)]);
    const others = Array.from({ length: view.organisations }, (_, i) => i).filter(
      (i) => !known.has(i),
    );
    return this.makeChoice(
      "stranger",
      others.map((i) => [i, t("story.title", { n: i + 1 })]),
    );
  }

  makeJoining(view) {
    const describe = ({ open, members, quality, needs }) =>
      t(open ? "role.join.open" : "role.join.closed", {
        members: listMembers(members),
        quality: formatPercent(quality),
        fields: listDomains(needs),
      });
    return this.makeChoice(
      "join",
      view.may_join.map((team) => [team.serial, describe(team)]),
    );
  }

  makeCopying(view) {
    const mates = [...new Set(view.teams.flatMap((team) => team.members))].filter(
      (i) => i !== view.organisation,
    );
    return [
      this.makeChoice(
        "copy_from",
        mates.map((i) => [i, t("story.title", { n: i + 1 })]),
      ),
      this.makeChoice(
        "copy_domain",
        view.skills.map((_, domain) => [domain, t("field", { n: domain + 1 })]),
        false,
      ),
    ];
  }

  makeChoice(name, options, mayBeNobody = true) {
    const all = mayBeNobody ? [["", t("role.nobody")], ...options] : options;
    const select = make(
      "select",
      { name, disabled: !options.length },
      ...all.map(([value, text]) => make("option", { value }, text)),
    );
    return make("label", { class: "line" }, make("span", {}, t(`role.${name}`)), select);
  }

  /** Send the decision. */
  decide(form) {
    const chosen = new FormData(form);
    const readAll = (name) => chosen.getAll(name).filter(Boolean).map(Number);
    const readOne = (name) => (chosen.get(name) ? Number(chosen.get(name)) : null);
    this.send({
      kind: "decide",
      meet: [...readAll("meet"), ...readAll("stranger")],
      invite: readAll("invite"),
      join: readOne("join"),
      copy_from: readOne("copy_from"),
      copy_domain: readOne("copy_domain") ?? 0,
      leave: readOne("leave"),
      accepts: chosen.has("accepts"),
    });
  }
}

/** Return what happened to an organisation in a sentence. */
function writeEvent(event) {
  if (event.what === "began") return t("role.began", { members: listMembers(event.members) });
  if (event.what === "copied_by") return t("role.copied_by", { n: event.copier + 1 });
  if (event.what === "copied")
    return event.model === null ? t("role.copied.mean") : t("role.copied", { n: event.model + 1 });
  return event.reason === "left"
    ? t("role.out")
    : t("role.ended", { reason: translate("reasons", event.reason) });
}
