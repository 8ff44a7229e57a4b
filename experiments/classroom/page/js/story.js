// The story of one organisation: whom it met and copied, what it learned, how collaborations ended.

import { byId, make } from "./dom.js";
import { drawRose } from "./glyph.js";
import { formatPercent, t, translate } from "./i18n.js";
import { formatSide } from "./sides.js";

const MOST_LINES = 5;

/** Show a story; `close` is called when the reader closes it. */
export function showStory(story, close) {
  const panel = byId("story");
  const rose = make("canvas", { class: "rose", role: "img", "aria-label": t("story.rose") });
  const title = t("story.title", { n: story.organisation + 1 });
  const badge = make("span", { class: `badge ${story.side}` }, formatSide(story.side));
  panel.replaceChildren(
    make(
      "header",
      {},
      make("h2", {}, badge, ` ${title}`),
      make("button", { type: "button", class: "close", onclick: close }, t("close")),
    ),
    make(
      "p",
      { class: "when-shown" },
      t("story.when", { sector: translate("sectors", story.sector), round: story.round }),
    ),
    story.since ? make("p", {}, t("story.since", { round: story.since })) : "",
    make("div", { class: "portrait" }, rose, make("p", {}, writeNeeds(story))),
    ...makeChapter(
      "story.worked",
      story.collaborations.slice(0, MOST_LINES).map(writeCollaboration),
      t("story.worked.none"),
    ),
    ...makeChapter("story.learned", writeLearned(story), t("story.learned.none")),
    ...makeChapter(
      "story.copied",
      story.copied.slice(0, MOST_LINES).map(writeCopied),
      t("story.copied.none"),
    ),
    ...makeChapter(
      "story.met",
      story.partners.slice(0, MOST_LINES).map(writeMet),
      t("story.met.none"),
    ),
  );
  panel.hidden = false;
  drawRose(rose, story);
}

function makeChapter(key, lines, none) {
  return [
    make("h3", {}, t(key)),
    make("ul", {}, ...(lines.length ? lines : [none]).map((line) => make("li", {}, line))),
  ];
}

function writeNeeds({ needs, alone_quality }) {
  return t("story.needs", {
    fields: needs.map(({ domain }) => domain + 1).join(", "),
    alone: formatPercent(alone_quality),
  });
}

function writeCollaboration({ reason, members, started, ended }) {
  const size = members.length;
  if (reason === "running") return t("story.running", { from: started, size });
  return t("story.ended", { from: started, to: ended, size, reason: translate("reasons", reason) });
}

function writeLearned({ learned, bridging }) {
  const most = [...learned]
    .sort((one, other) => Math.abs(other.change) - Math.abs(one.change))
    .slice(0, MOST_LINES);
  const lines = most.map(({ domain, change }) =>
    t(change > 0 ? "story.gained" : "story.lost", {
      field: domain + 1,
      change: formatPercent(Math.abs(change)),
    }),
  );
  return [t("story.bridging", { bridging: formatPercent(bridging) }), ...lines];
}

function writeCopied({ organisation, times }) {
  return organisation === null
    ? t("story.copied.mean", { times })
    : t("story.copied.one", { n: organisation + 1, times });
}

function writeMet({ partner, meetings, joint, trust }) {
  return t("story.met.one", { n: partner + 1, meetings, joint, trust: formatPercent(trust) });
}
