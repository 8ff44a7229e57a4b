// Small helpers to make and find elements. Text is always set as text, never as markup.

/** Return the element with this id. */
export const byId = (id) => document.getElementById(id);

/** Make an element: `properties` are set on it (`class`, `for`, `on…` and attributes with a dash too), children appended. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "for" || name === "role" || name === "list") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Whether the reader asked for little motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Call `action` at most every `pause` milliseconds, the last time always. */
export function throttled(action, pause) {
  let waiting = null, last = 0, given = [];
  return (...now) => {
    given = now;
    if (waiting !== null) return;
    waiting = setTimeout(() => { waiting = null; last = performance.now(); action(...given); }, Math.max(0, last + pause - performance.now()));
  };
}
