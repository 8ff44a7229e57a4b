// Play, pause, step, back, begin again, speed, and the slider through the rounds.

import { byId, throttle } from "./dom.js";
import { formatNumber, t } from "./i18n.js";

const SEEK_EVERY = 40; // milliseconds, while the slider is dragged
const IN_FIELDS = "input, select, textarea, dialog *";

export class Transport {
  /**
   * @param {number[]} speeds rounds per second that the page offers, from slow to fast
   * @param {function} send sends a message to the server
   */
  constructor(speeds, send) {
    Object.assign(this, { speeds, send });
    this.playing = false;
    this.shown = { round: 0, frontier: 0 };
    this.dragging = false;
    const seek = throttle((round) => this.send({ kind: "seek", round }), SEEK_EVERY);
    byId("play").addEventListener("click", () => this.toggle());
    byId("step").addEventListener("click", () => this.send({ kind: "step" }));
    byId("back").addEventListener("click", () => this.stepBack());
    byId("reset").addEventListener("click", () => this.send({ kind: "reset" }));
    byId("round").addEventListener("input", (event) => {
      this.dragging = true;
      seek(Number(event.target.value));
    });
    byId("round").addEventListener("change", () => {
      this.dragging = false;
    });
    byId("speed").max = speeds.length - 1;
    byId("speed").addEventListener("input", (event) =>
      this.send({ kind: "speed", per_second: speeds[event.target.value] }),
    );
    document.addEventListener("keydown", (event) => this.handleKey(event));
  }

  toggle() {
    this.send({ kind: this.playing ? "pause" : "play" });
  }

  stepBack() {
    if (this.shown.round > 0) this.send({ kind: "seek", round: this.shown.round - 1 });
  }

  handleKey(event) {
    if (event.target.closest(IN_FIELDS) || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest("button, summary, a");
    const onCanvas = event.target.closest("canvas");
    const actions = {
      " ": () => !onButton && this.toggle(),
      ArrowRight: () => !onCanvas && this.send({ kind: "step" }),
      ArrowLeft: () => !onCanvas && this.stepBack(),
      Home: () => this.send({ kind: "seek", round: 0 }),
      End: () => this.send({ kind: "seek", round: this.shown.frontier }),
    };
    if (actions[event.key] && actions[event.key]() !== false) event.preventDefault();
  }

  /** Show the state of the clock. */
  show({ playing, speed, round, most_rounds }) {
    this.playing = playing;
    byId("play").classList.toggle("playing", playing);
    byId("play-text").textContent = t(playing ? "pause" : "play");
    const distances = this.speeds.map((one) => Math.abs(one - speed));
    const nearest = distances.indexOf(Math.min(...distances));
    byId("speed").value = nearest;
    byId("speed-text").textContent = t("speed", { n: formatNumber(this.speeds[nearest], 0) });
    byId("speed").setAttribute("aria-valuetext", byId("speed-text").textContent);
    byId("play").disabled = byId("step").disabled = round >= most_rounds;
  }

  /** Show which round is on the screen. */
  showRound(round, frontier) {
    this.shown = { round, frontier };
    const slider = byId("round");
    slider.max = frontier;
    if (!this.dragging) slider.value = round;
    byId("round-text").textContent =
      round < frontier ? t("round.of", { round, frontier }) : t("round", { round });
    slider.setAttribute("aria-valuetext", byId("round-text").textContent);
    byId("back").disabled = round === 0;
  }
}
