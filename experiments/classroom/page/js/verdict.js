// What thirty runs on each side say about a measure; nothing is known beforehand. How many runs are enough, the server says (bands.py).

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Compare two sides run by run: means, in how many runs B is higher (more) or lower (less), and the outcome: a or b in `enough` runs, or same. */
export function verdict(a, b, enough) {
  const more = b.filter((value, run) => value > a[run]).length, less = b.filter((value, run) => value < a[run]).length, of = a.length;
  const outcome = more >= enough ? "b" : less >= enough ? "a" : "same";
  return { a: mean(a), b: mean(b), more, less, of, enough, outcome };
}

/** Return the mean of a column over the second half of the first `rounds` rows. */
export function secondHalf(series, column, rounds) {
  return mean(series.slice(Math.floor(rounds / 2), rounds).map((row) => row[column]));
}

/** Return everything a lesson can tell: per measure the verdict over many runs (a message of the server), and the class's own run (`series`). */
export function findings(part, { late, enough }, series) {
  const told = [part.measure, ...part.also].map((measure) => {
    const column = part.measures.indexOf(measure);
    const own = { a: secondHalf(series.a, column, part.rounds), b: secondHalf(series.b, column, part.rounds) };
    return { measure, own, ...verdict(late.a[column], late.b[column], enough) };
  });
  return { main: told[0], all: told };
}

/** Whether the class's own run pointed elsewhere than the thirty. */
export const misled = ({ own, outcome }) => outcome !== "same" && (own.b > own.a ? "b" : "a") !== outcome;
