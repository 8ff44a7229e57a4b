// The story of one organisation: whom it met, what it learned, whom it copied, why its collaborations ended.

import { byId, make } from "./dom.js";
import { drawRose } from "./glyph.js";
import { named, number, t } from "./i18n.js";

const LINES = 5;
const MEAN = -1;

/** Show a story; `close` is called when the reader is done with it. */
export function showStory(told, close) {
  const panel = byId("story");
  const rose = make("canvas", { class: "rose", role: "img", "aria-label": t("story.rose") });
  const title = t("story.title", { n: told.organisation + 1, side: told.side.toUpperCase() });
  panel.replaceChildren(
    make("header", {}, make("h2", {}, make("span", { class: `badge ${told.side}` }, told.side.toUpperCase()), ` ${title}`),
      make("button", { type: "button", class: "close", onclick: close }, t("close"))),
    make("p", { class: "when-told" }, t("story.when", { sector: named("sectors", told.sector), round: told.round })),
    told.since ? make("p", {}, t("story.since", { round: told.since })) : "",
    make("div", { class: "portrait" }, rose, make("p", {}, needs(told))),
    ...chapter("story.worked", told.collaborations.slice(0, LINES).map(collaboration), t("story.worked.none")),
    ...chapter("story.learned", learned(told), t("story.learned.none")),
    ...chapter("story.copied", told.copied.slice(0, LINES).map(([i, times]) => copied(i, times)), t("story.copied.none")),
    ...chapter("story.met", told.partners.slice(0, LINES).map(met), t("story.met.none")),
  );
  panel.hidden = false;
  drawRose(rose, told);
}

function chapter(key, lines, none) {
  return [make("h3", {}, t(key)), make("ul", {}, ...(lines.length ? lines : [none]).map((line) => make("li", {}, line)))];
}

function needs(told) {
  const fields = told.needs.map(([field]) => field + 1).join(", ");
  return t("story.needs", { fields, alone: number(100 * told.alone_quality, 0) });
}

function collaboration(one) {
  const reason = named("reasons", one.reason);
  const size = one.members.length;
  return one.reason === "running" ? t("story.running", { from: one.started, size }) : t("story.ended", { from: one.started, to: one.ended, size, reason });
}

function learned(told) {
  const most = [...told.learned].sort((one, other) => Math.abs(other[1]) - Math.abs(one[1])).slice(0, LINES);
  const lines = most.map(([field, change]) => t(change > 0 ? "story.gained" : "story.lost", { field: field + 1, change: number(100 * Math.abs(change), 0) }));
  return [t("story.bridging", { bridging: number(100 * told.bridging, 0) }), ...lines];
}

function copied(i, times) { return i === MEAN ? t("story.copied.mean", { times }) : t("story.copied.one", { n: i + 1, times }); }

function met(known) {
  return t("story.met.one", { n: known.partner + 1, meetings: known.meetings, joint: known.joint, trust: number(100 * known.trust, 0) });
}
