// The two sides of the page.

export const SIDES = ["a", "b"];

/** Return the letter that readers see. */
export const formatSide = (side) => side.toUpperCase();

/** Return what a function gives for each side. */
export const forEachSide = (build) => Object.fromEntries(SIDES.map((side) => [side, build(side)]));
