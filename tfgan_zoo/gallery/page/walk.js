// A walk through latents: played on a canvas, paused, or saved as a GIF.

import { button, download, el } from "./dom.js";
import { encode } from "./gif.js";
import { nearest, put } from "./pixels.js";
import { sentence } from "./problem.js";

const LEG = 1600; // milliseconds from one station to the next
const FRAMES = 16; // of a GIF, from one station to the next
const SIDE = 128; // of a GIF's small pictures, at least

/**
 * @param {{canvas: HTMLCanvasElement, stations: Function, at: Function, stopped: Function,
 *     signal: AbortSignal, name: Function, say: Function}} walk
 *     stations() -> how many; at(station, t) -> Promise of ImageData; stopped() shows
 *     the picture that stood there before
 */
export function walkControls({ canvas, stations, at, stopped, signal, name, say }) {
  let playing = false;
  let position = 0;
  const play = button("Play", () => (playing ? pause() : start()), { "aria-pressed": "false" });
  const save = button("Save as GIF", saveGif);
  signal.addEventListener("abort", () => (playing = false));

  function label() {
    play.textContent = playing ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(playing));
  }

  function pause() {
    playing = false;
    label();
  }

  async function start() {
    playing = true;
    label();
    let before = performance.now();
    try {
      while (playing) {
        const now = await new Promise(requestAnimationFrame);
        // A page in the background gets no frames: it goes on where it stopped. The first frame may
        // have begun before the button was pressed.
        position = (position + Math.min(Math.max(now - before, 0), 100) / LEG) % (stations() - 1);
        before = now;
        const picture = await at(Math.floor(position), position % 1);
        if (playing) put(canvas, picture);
      }
    } catch (error) {
      pause();
      say(sentence(error));
    }
  }

  async function saveGif() {
    pause();
    save.disabled = true;
    try {
      const frames = [];
      const legs = stations() - 1;
      let [height, width] = [0, 0];
      for (let i = 0; i < legs * FRAMES && !signal.aborted; i++) {
        const picture = await at(Math.floor(i / FRAMES), (i % FRAMES) / FRAMES);
        const scale = Math.max(1, Math.ceil(SIDE / Math.max(picture.height, picture.width)));
        [height, width] = [picture.height * scale, picture.width * scale];
        frames.push(nearest(picture, height, width).data);
        if (i % 8 === 0) say(`Drawing the GIF: ${i} of ${legs * FRAMES} pictures.`);
      }
      if (signal.aborted) return;
      const file = encode({ width, height, frames, delay: 6 });
      download(new Blob([file], { type: "image/gif" }), `${name()}.gif`);
      say(`Saved a GIF of ${frames.length} pictures.`);
      stopped();
    } catch (error) {
      say(sentence(error));
    } finally {
      save.disabled = false;
    }
  }

  return {
    element: el("div", { class: "buttons" }, play, save),
    /** Stops, and starts over the next time: the stations have changed. */
    reset() {
      pause();
      position = 0;
    },
    get playing() {
      return playing;
    },
  };
}
