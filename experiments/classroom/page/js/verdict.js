// What many runs on each side show of a measure. The server decides how many runs are enough.

export const computeMean = (values) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Compare two sides run by run.
 *
 * Return their means, in how many runs B is higher (`more`) or lower (`less`), and the outcome:
 * `a` or `b` when that side is higher in `fewestHigher` runs, else `same`.
 */
export function compareRuns(a, b, fewestHigher) {
  const more = b.filter((value, run) => value > a[run]).length;
  const less = b.filter((value, run) => value < a[run]).length;
  const outcome = more >= fewestHigher ? "b" : less >= fewestHigher ? "a" : "same";
  return {
    a: computeMean(a),
    b: computeMean(b),
    more,
    less,
    of: a.length,
    enough: fewestHigher,
    outcome,
  };
}

/** Return the mean of values over the second half of the first `rounds` rounds. */
export const computeLateMean = (values, rounds) =>
  computeMean(values.slice(Math.floor(rounds / 2), rounds));

/**
 * Return everything that the answer of a lesson needs, per measure.
 *
 * @param {object} part the question
 * @param {object} runs the message of the server with many runs on each side
 * @param {object} series the class's own run, by side and measure
 */
export function collectFindings(part, { late, fewest_higher }, series) {
  const all = [part.measure, ...part.also].map((measure) => {
    const own = {
      a: computeLateMean(series.a[measure], part.rounds),
      b: computeLateMean(series.b[measure], part.rounds),
    };
    return { measure, own, ...compareRuns(late.a[measure], late.b[measure], fewest_higher) };
  });
  return { main: all[0], all };
}

/** Whether the class's own run pointed in another direction than the many. */
export const isMisleading = ({ own, outcome }) =>
  outcome !== "same" && (own.b > own.a ? "b" : "a") !== outcome;
