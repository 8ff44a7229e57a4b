// Play, pause, step, back, begin again, speed, and the slider through the rounds.

import { byId, throttled } from "./dom.js";
import { number, t } from "./i18n.js";

const SPEEDS = [1, 2, 5, 10, 20, 60];  // rounds per second
const IN_FIELDS = "input, select, textarea, dialog *";

export class Transport {
  constructor(send) {
    this.send = send;
    this.state = { playing: false, round: 0, frontier: 0 };
    this.shown = { round: 0, frontier: 0 };
    this.dragging = false;
    const seek = throttled((round) => this.send({ kind: "seek", round }), 40);
    byId("play").addEventListener("click", () => this.toggle());
    byId("step").addEventListener("click", () => this.send({ kind: "step" }));
    byId("back").addEventListener("click", () => this.back());
    byId("reset").addEventListener("click", () => this.send({ kind: "reset" }));
    byId("round").addEventListener("input", (event) => { this.dragging = true; seek(Number(event.target.value)); });
    byId("round").addEventListener("change", () => { this.dragging = false; });
    byId("speed").addEventListener("input", (event) => this.send({ kind: "speed", per_second: SPEEDS[event.target.value] }));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  toggle() { this.send({ kind: this.state.playing ? "pause" : "play" }); }

  back() { if (this.shown.round > 0) this.send({ kind: "seek", round: this.shown.round - 1 }); }

  key(event) {
    if (event.target.closest(IN_FIELDS) || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest("button, summary, a"), onCanvas = event.target.closest("canvas");
    const actions = {
      " ": () => !onButton && this.toggle(),
      ArrowRight: () => !onCanvas && this.send({ kind: "step" }),
      ArrowLeft: () => !onCanvas && this.back(),
      Home: () => this.send({ kind: "seek", round: 0 }),
      End: () => this.send({ kind: "seek", round: this.shown.frontier }),
    };
    if (actions[event.key] && actions[event.key]() !== false) event.preventDefault();
  }

  /** Show the clock as the server says it is. */
  show(state) {
    this.state = state;
    byId("play").classList.toggle("playing", state.playing);
    byId("play-text").textContent = t(state.playing ? "pause" : "play");
    const nearest = SPEEDS.reduce((best, one, at) => (Math.abs(one - state.speed) < Math.abs(SPEEDS[best] - state.speed) ? at : best), 0);
    byId("speed").value = nearest;
    byId("speed-text").textContent = t("speed", { n: number(SPEEDS[nearest], 0) });
    byId("speed").setAttribute("aria-valuetext", byId("speed-text").textContent);
    byId("play").disabled = byId("step").disabled = state.round >= state.most;
  }

  /** Show which round is painted. */
  at(round, frontier) {
    this.shown = { round, frontier };
    const slider = byId("round");
    slider.max = frontier;
    if (!this.dragging) slider.value = round;
    byId("round-text").textContent = round < frontier ? t("round.of", { round, frontier }) : t("round", { round });
    slider.setAttribute("aria-valuetext", byId("round-text").textContent);
    byId("back").disabled = round === 0;
  }
}
