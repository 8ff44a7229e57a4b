// What thirty runs on each side say about a measure; nothing is known beforehand.

// A sign test over 30 runs with the same luck on both sides: where there is no difference, one side is higher in 22 or more in 1.6 % of lessons.
const ENOUGH = { of: 30, runs: 22 };

/** Return how many runs a side must win to count as higher. */
export const enough = (of) => Math.ceil(of * ENOUGH.runs / ENOUGH.of);

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Compare two sides run by run: means, in how many runs B is higher (more) or lower (less), and the outcome a, b or same. */
export function verdict(a, b) {
  const more = b.filter((value, run) => value > a[run]).length, less = b.filter((value, run) => value < a[run]).length, of = a.length;
  const outcome = more >= enough(of) ? "b" : less >= enough(of) ? "a" : "same";
  return { a: mean(a), b: mean(b), more, less, of, outcome };
}

/** Return the mean of a column over the second half of the first `rounds` rows. */
export function secondHalf(series, column, rounds) {
  return mean(series.slice(Math.floor(rounds / 2), rounds).map((row) => row[column]));
}

/** Return everything a lesson can tell: per measure the verdict over many runs, and the class's own run. */
export function findings(part, late, series) {
  const told = [part.measure, ...part.also].map((measure) => {
    const column = part.measures.indexOf(measure);
    const own = { a: secondHalf(series.a, column, part.rounds), b: secondHalf(series.b, column, part.rounds) };
    return { measure, own, ...verdict(late.a[column], late.b[column]) };
  });
  return { main: told[0], all: told };
}

/** Whether the class's own run pointed elsewhere than the thirty. */
export const misled = ({ own, outcome }) => outcome !== "same" && (own.b > own.a ? "b" : "a") !== outcome;
