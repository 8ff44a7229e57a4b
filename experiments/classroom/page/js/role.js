// A student is one organisation: what it is, whom it knows and how it judges them, its teams, what happened - and what it decides.

import { byId, make } from "./dom.js";
import { drawRose } from "./glyph.js";
import { named, number, t } from "./i18n.js";

const TICK = 250;  // milliseconds between two looks at the clock
const MOST_PEOPLE = 4;  // acquaintances that are shown at once; others wait behind a line
const NARROW = matchMedia("(max-width: 1000px)");  // one part is open at a time there
const percent = (share) => number(100 * share, 0);
const names = (members) => members.map((i) => i + 1).join(", ");
const fields = (list) => list.map((k) => k + 1).join(", ");

export class RoleView {
  /** `send(message)` says something to the server. */
  constructor(send) {
    this.send = send;
    this.told = null;
  }

  /** Show what the server tells; what is being decided stays while the same round is open. */
  show(told) {
    const same = this.told && this.told.round === told.round && this.told.open && told.open && this.told.organisation === told.organisation;
    this.told = told.over ? null : told;
    document.body.classList.toggle("in-role", !told.over);
    byId("role").hidden = Boolean(told.over);
    clearInterval(this.ticking);
    if (told.over) return;
    this.until = performance.now() + 1000 * told.left;
    if (!same) this.build(told);
    this.tick();
    if (told.open) this.ticking = setInterval(() => this.tick(), TICK);
  }

  tick() {
    const { open, decided } = this.told, left = Math.max(0, Math.ceil((this.until - performance.now()) / 1000));
    byId("role-clock").textContent = open ? t("role.left", { n: left }) : "";
    const key = !open ? "role.wait" : decided ? "role.decided" : "role.decide";
    if (byId("role-phase").textContent !== t(key)) byId("role-phase").textContent = t(key);
  }

  build(told) {
    if (told.organisation === null) {
      byId("role").replaceChildren(make("h2", {}, t("role.looks_on")), make("p", {}, t("role.full")), this.bar());
      return;
    }
    const rose = make("canvas", { class: "rose", role: "img", "aria-label": t("story.rose") });
    const you = make("section", { class: "you" },
      make("div", { class: "portrait" }, rose, make("div", {}, make("p", {}, this.needs(told)), make("p", {}, t("role.earned", { last: number(told.earned), total: number(told.earned_total), alone: number(told.alone_value) })))),
      make("h3", {}, t("role.happened")), make("ul", {}, ...this.happened(told).map((line) => make("li", {}, line))));
    byId("role").replaceChildren(make("h2", {}, t("role.title", { n: told.organisation + 1, sector: named("sectors", told.sector) })), this.form(told, you));
    drawRose(rose, told);
    this.count();
  }

  /** What stays in sight: the time that is left, what was chosen so far, and the button. */
  bar(...button) {
    return make("div", { class: "role-bar" }, make("strong", { id: "role-clock", role: "timer" }),
      make("p", {}, make("span", { id: "role-phase", role: "status" }), make("span", { id: "chosen" })), ...button);
  }

  needs(told) {
    return t("role.needs", { fields: fields(told.needs), alone: percent(told.alone_quality), progress: percent(Math.min(1, told.progress)) });
  }

  happened(told) {
    const lines = Object.entries(told.answers ?? {}).map(([what, answer]) => t(`role.${what}.${answer}`));
    if (told.answers === null) lines.push(t("role.by_rules"));
    for (const one of told.happened) {
      if (one.what === "began") lines.push(t("role.began", { members: names(one.members) }));
      if (one.what === "ended" && one.reason === "left") lines.push(t("role.out"));
      else if (one.what === "ended") lines.push(t("role.ended", { reason: named("reasons", one.reason) }));
      if (one.what === "copied") lines.push(one.from < 0 ? t("role.copied.mean") : t("role.copied", { n: one.from + 1 }));
      if (one.what === "copied_by") lines.push(t("role.copied_by", { n: one.by + 1 }));
    }
    return lines.length ? [...new Set(lines)] : [t("role.nothing")];
  }

  form(told, you) {
    const teams = told.teams.length ? told.teams.map((team) => this.team(team, told)) : [make("p", {}, t("role.no_teams"))];
    const parts = make("fieldset", { class: "parts", disabled: !told.open },
      this.part("role.teams", !told.free, told.teams.length, teams),
      this.part("role.known", told.free, told.known.length, [make("p", {}, t("role.known.explained", { n: told.meetings })), ...this.acquaintances(told), this.strangers(told)]),
      this.part("role.more", false, null, [this.join(told), ...this.copying(told),
        make("label", { class: "line" }, make("input", { type: "checkbox", name: "accepts", checked: true }), ` ${t("role.accepts")}`)]));
    const decide = (event) => { event.preventDefault(); this.decide(event.target); };
    return make("form", { class: "choices", onsubmit: decide, onchange: (event) => this.count(event.target) },
      make("div", { class: "role-columns" }, you, parts), this.bar(make("button", { class: "loud", id: "decide", disabled: !told.open }, t("role.send"))));
  }

  /** A part that opens; where there is little room, the one that is needed most is open, and opening another closes it. */
  part(key, first, count, rows) {
    const properties = NARROW.matches ? { name: "role-part", open: first } : { open: true };
    return make("details", { class: "part", ...properties }, make("summary", {}, make("h3", {}, t(key), count === null ? "" : ` (${count})`)), ...rows);
  }

  /** Say what is chosen so far; one collaboration is left a round, and meetings are limited. */
  count(changed) {
    const form = byId("role").querySelector("form"), chosen = (name) => [...new FormData(form).getAll(name)].filter(Boolean).length;
    if (changed?.name === "leave" && changed.checked) for (const other of form.querySelectorAll("[name=leave]")) other.checked = other === changed;
    const meetings = chosen("meet") + chosen("stranger"), most = this.told.meetings;
    const said = [["meet", meetings], ["invite", chosen("invite")], ["join", chosen("join")], ["copy", chosen("copy_from")], ["leave", chosen("leave")]]
      .filter(([, n]) => n).map(([what, n]) => t(`role.chosen.${what}`, { n }));
    byId("chosen").textContent = !this.told.open ? "" : meetings > most ? t("role.chosen.too_many", { n: most }) : said.join(" · ") || t("role.chosen.nothing");
    byId("decide").disabled = !this.told.open || meetings > most;
  }

  team(team, told) {
    const mine = team.members.indexOf(told.organisation), gain = number(team.gain[mine]);
    return make("div", { class: "person team" },
      make("p", {}, t("role.team", { members: names(team.members), quality: percent(team.quality), fields: fields(team.needs), gain, rounds: team.rounds_left })),
      make("label", {}, make("input", { type: "checkbox", name: "leave", value: team.serial }), ` ${t("role.leave")}`));
  }

  /** Those with room first, the best known first; others wait behind a line. */
  acquaintances(told) {
    const sorted = [...told.known].sort((p, q) => q.joint - p.joint || q.trust - p.trust || p.partner - q.partner), rows = (list) => list.map((one) => this.acquaintance(one, told));
    const behind = (kind, list) => (list.length ? [make("details", { class: kind }, make("summary", {}, t(`role.${kind}`, { n: list.length })), ...rows(list))] : []);
    const free = sorted.filter((one) => one.free);
    return [...rows(free.slice(0, MOST_PEOPLE)), ...behind("others", free.slice(MOST_PEOPLE)), ...behind("busy", sorted.filter((one) => !one.free))];
  }

  acquaintance(one, told) {
    const seen = told.needs.map((k) => `${k + 1}: ${percent(one.skills[k])} %`).join(" · ");
    const box = (name) => make("label", {}, make("input", { type: "checkbox", name, value: one.partner }), ` ${t(`role.${name}`)}`);
    return make("div", { class: "person" }, make("b", {}, t("role.who", { n: one.partner + 1, sector: named("sectors", one.sector) })),
      make("span", { class: "boxes" }, box("meet"), one.free ? box("invite") : null),
      make("p", {}, t("role.judged", { trust: percent(one.trust), understanding: percent(one.understanding), meetings: one.meetings, joint: one.joint })), make("p", {}, t("role.seen", { seen })));
  }

  strangers(told) {
    const known = new Set([told.organisation, ...told.known.map((one) => one.partner)]);
    const others = Array.from({ length: told.organisations }, (_, i) => i).filter((i) => !known.has(i));
    return this.line("stranger", others.map((i) => [i, t("story.title", { n: i + 1 })]));
  }

  join(told) {
    return this.line("join", told.may_join.map((team) => [team.serial, t(team.open ? "role.join.open" : "role.join.closed", { members: names(team.members), quality: percent(team.quality), fields: fields(team.needs) })]));
  }

  copying(told) {
    const mates = [...new Set(told.teams.flatMap((team) => team.members))].filter((i) => i !== told.organisation);
    return [this.line("copy_from", mates.map((i) => [i, t("story.title", { n: i + 1 })])), this.line("field", told.skills.map((_, k) => [k, t("field", { n: k + 1 })]), false)];
  }

  line(name, options, none = true) {
    const all = none ? [["", t("role.nobody")], ...options] : options;
    return make("label", { class: "line" }, make("span", {}, t(`role.${name}`)), make("select", { name, disabled: !options.length }, ...all.map(([value, text]) => make("option", { value }, text))));
  }

  /** Say what is decided. */
  decide(form) {
    const chosen = new FormData(form), number_of = (name) => (chosen.get(name) ? Number(chosen.get(name)) : null), all = (name) => chosen.getAll(name).filter(Boolean).map(Number);
    this.send({ kind: "decide", meet: [...all("meet"), ...all("stranger")], invite: all("invite"), join: number_of("join"), copy_from: number_of("copy_from"),
      field: Number(chosen.get("field") ?? 0), leave: number_of("leave"), accepts: chosen.has("accepts") });
  }
}
