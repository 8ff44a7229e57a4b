// Colours and shapes. Every field of expertise has both, so that neither is needed alone; all reach 3:1 on white.

export const COLOURS = ["#1f66b0", "#c04b1c", "#2b8050", "#8347ad", "#96700a", "#0b7f8c", "#bd3468", "#5a6775", "#5f7d06", "#7d4a2a", "#4453cf", "#a81f1f",
  "#10746a", "#9b3fa0", "#736200", "#33618c"];
const CORNERS = [0, 4, 3, -4, 5, 6, -3, 40];  // 0 circle; corners, negative: turned; 40: a star of four
export const SIDES = { a: "#1d5fa8", b: "#b84a00" };
export const INK = "#1d2530", FAINT = "#6a7480", PALE = "#e3e6ea";

/** Return the colour of a field, faded towards grey the less an organisation stands out in it (`share` 0 to 1). */
export function fill(kind, share) {
  const part = Math.min(1, 0.15 + 1.05 * share), colour = COLOURS[kind % COLOURS.length];
  const mix = (at) => Math.round(parseInt(colour.slice(at, at + 2), 16) * part + 222 * (1 - part));
  return `rgb(${mix(1)},${mix(3)},${mix(5)})`;
}

/** Add the outline of a field's shape to the path. */
export function trace(pen, kind, x, y, radius) {
  const corners = CORNERS[kind % CORNERS.length];
  pen.beginPath();
  if (corners === 0) { pen.arc(x, y, radius, 0, 2 * Math.PI); return; }
  const star = corners === 40, count = star ? 8 : Math.abs(corners);
  const turn = star ? 0 : corners < 0 ? Math.PI / Math.abs(corners) : 0;
  const size = radius * (Math.abs(corners) === 3 ? 1.3 : Math.abs(corners) === 4 ? 1.12 : star ? 1.35 : 1.08);
  for (let corner = 0; corner < count; corner++) {
    const angle = -Math.PI / 2 + turn + corner * 2 * Math.PI / count, reach = star && corner % 2 ? size * 0.45 : size;
    pen.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  pen.closePath();
}

/** Make a canvas as sharp as the screen; return its pen, its size in CSS pixels, and how large letters are there (1 as usual, more on a projector). */
export function sharpen(canvas) {
  if (canvas.vector) return canvas.vector();
  const scale = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  const wide = Math.round(width * scale), high = Math.round(height * scale);
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high, letters: null });
  canvas.letters ??= parseFloat(getComputedStyle(canvas).fontSize) / 16;
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height, letters: canvas.letters };
}
