// What happens, in words: captions of the round, and summaries of what the networks show.

import { formatNumber, t, tCount, translate } from "./i18n.js";
import { formatSide } from "./sides.js";

const MOST_CAPTIONS = 2;

/** Return the caption of what happened on a side, or ""; the server sorts the endings. */
export function writeCaption(world) {
  if (!world.hasEvents) return "";
  const captions = world.renewed.length
    ? [t("caption.renewed", { field: world.renewed.at(-1) + 1 })]
    : [];
  const counts = [
    ...Object.entries(world.ended),
    ["entered", world.entered],
    ["started", world.started],
    ["copied", world.copied],
  ];
  captions.push(...counts.filter(([, n]) => n).map(([what, n]) => tCount(`caption.${what}`, n)));
  return captions.slice(0, MOST_CAPTIONS).join(" · ");
}

/** Return one sentence on what the network of a side shows. */
export function writeSummary(world, count) {
  const teams = world.teams.size;
  return teams
    ? tCount("summary", teams, { working: world.countWorking(), count })
    : t("summary.none", { count });
}

/** Return what else the network shows: the largest team, and in how many domains some are best. */
function writeDetail(world) {
  const largest = Math.max(0, ...[...world.teams.values()].map((team) => team.members.length));
  return t("summary.detail", { largest, fields: new Set(world.strongest).size });
}

/** Return what a screen reader reads of both sides. */
export function writeSpokenSummary(worlds, measures) {
  const describe = (side) => {
    const { series } = worlds[side];
    const at = worlds.round - 1;
    const values = measures
      .filter(({ name }) => series[name]?.[at] !== undefined)
      .map(({ name }) => `${translate("charts", name)} ${formatNumber(series[name][at])}`)
      .join(", ");
    const summary = writeSummary(worlds[side], worlds.places.length);
    return `${formatSide(side)}: ${summary}. ${writeDetail(worlds[side])} ${values}`;
  };
  return `${t("round", { round: worlds.round })}. ${describe("a")}. ${describe("b")}.`;
}
