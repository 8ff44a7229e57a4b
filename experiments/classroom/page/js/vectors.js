// A pen that draws into SVG what it would draw on a canvas: figures come from the same drawing code as the page.

const DIGITS = 2;
const round = (value) => Number(value.toFixed(DIGITS));
const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);

/** As much of a canvas and its pen as networks and charts use. */
export class Paper {
  constructor(width, height) {
    Object.assign(this, { clientWidth: width, clientHeight: height, parts: [], path: "", dash: [] });
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, font: "12px sans-serif", textAlign: "left",
      textBaseline: "alphabetic", lineJoin: "miter" });
  }

  /** Take the place of a canvas that was made sharp. */
  openVector() { return { pen: this, width: this.clientWidth, height: this.clientHeight }; }

  setAttribute() {}
  setLineDash(dash) { this.dash = dash; }
  beginPath() { this.path = ""; }
  moveTo(x, y) { this.path += `M${round(x)} ${round(y)}`; }
  lineTo(x, y) { this.path += `${this.path ? "L" : "M"}${round(x)} ${round(y)}`; }
  closePath() { this.path += "Z"; }

  arc(x, y, radius, from, to) {
    const at = (angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    const whole = Math.abs(to - from) >= 2 * Math.PI - 1e-9, end = whole ? from + Math.PI : to;
    const bow = (angle) => `A${round(radius)} ${round(radius)} 0 ${!whole && Math.abs(to - from) > Math.PI ? 1 : 0} 1 ${at(angle).map(round).join(" ")}`;
    this.lineTo(...at(from));
    this.path += bow(end) + (whole ? bow(from + 2 * Math.PI) : "");
  }

  fill() { this.add(`<path d="${this.path}" fill="${this.fillStyle}"${this.writeOpacity()}/>`); }

  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.add(`<path d="${this.path}" fill="none" stroke="${this.strokeStyle}" stroke-width="${round(this.lineWidth)}" stroke-linejoin="${this.lineJoin}"${dash}${this.writeOpacity()}/>`);
  }

  fillText(text, x, y) {
    const [, weight, size] = /^(bold )?(\d+)px/.exec(this.font);
    const anchor = { left: "start", right: "end", center: "middle" }[this.textAlign], middle = this.textBaseline === "middle" ? 0.35 * size : 0;
    this.add(`<text x="${round(x)}" y="${round(y + middle)}" font-size="${size}"${weight ? ' font-weight="bold"' : ""} text-anchor="${anchor}" fill="${this.fillStyle}"${this.writeOpacity()}>${escape(text)}</text>`);
  }

  writeOpacity() { return this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : ""; }
  add(part) { if (this.path || part.startsWith("<text")) this.parts.push(part); }
}

/** Return one drawing of several papers at their places: `[paper, x, y]`. */
export function composeSheet(width, height, placed) {
  const groups = placed.map(([paper, x, y]) => `<g transform="translate(${x} ${y})">\n${paper.parts.join("\n")}\n</g>`);
  const size = `width="${width}" height="${height}"`, paper = `<rect ${size} fill="#fff"/>`;
  const opening = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${size} font-family="Arial, Helvetica, sans-serif">`;
  return [opening, paper, ...groups, "</svg>", ""].join("\n");
}
