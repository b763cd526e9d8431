// The drawing area: mouse, pen, touch and keyboard, on a surface of `surfaces.js`.

import { el } from "./dom.js";
import { makeCanvas } from "./pixels.js";

const HELP =
  "Drawing area. Arrow keys move the cursor, with Shift by one pixel; Space draws at the cursor, " +
  "P holds the pen down while the cursor moves; for a rectangle, Space sets one corner and then the other.";

/**
 * @param {{surface: Object, tool: Function, diameter: Function, changed: Function, say: Function}} pad
 *     tool() -> "brush", "rectangle" or "fill"; changed(done): after each piece of a stroke, done
 *     with its last
 */
export function pad({ surface, tool, diameter, changed, say }) {
  const [height, width] = surface.size;
  const canvas = makeCanvas(height, width, { class: "picture", "data-testid": "canvas" });
  const over = makeCanvas(height, width, { class: "picture over", "aria-hidden": "true" });
  const element = el(
    "div",
    { class: "pad", role: "application", tabindex: 0, "aria-label": HELP },
    canvas,
    over,
  );
  const listen = (names) =>
    Object.entries(names).forEach(([name, listener]) => element.addEventListener(name, listener));
  listen({ pointerdown, pointermove, pointerup, pointercancel, keydown, blur });
  let stroke = null; // {id, at, corner} of a pointer that is down
  let cursor = [width >> 1, height >> 1];
  let keys = { shown: false, down: false, corner: null };

  function redraw() {
    canvas.getContext("2d").putImageData(surface.image(), 0, 0);
  }

  function pixelOf(event) {
    const box = canvas.getBoundingClientRect();
    return [
      Math.floor(((event.clientX - box.left) / box.width) * width),
      Math.floor(((event.clientY - box.top) / box.height) * height),
    ];
  }

  function inside([x, y]) {
    return [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
  }

  function pointerdown(event) {
    if (stroke || event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    keys = { shown: false, down: false, corner: null };
    const at = pixelOf(event);
    stroke = { id: event.pointerId, at, corner: at };
    if (tool() === "brush") drawn(() => surface.stroke(at, at, diameter()), false);
    mark(at);
  }

  function pointermove(event) {
    const at = pixelOf(event);
    if (stroke?.id === event.pointerId && tool() === "brush") {
      // All that the pointer did since the last frame, not only where it is now.
      // (Browsers tell it on encrypted addresses alone.)
      const passed = event.getCoalescedEvents?.().map(pixelOf) ?? [];
      drawn(() => {
        for (const next of passed.length ? passed : [at]) {
          surface.stroke(stroke.at, next, diameter());
          stroke.at = next;
        }
      }, false);
    }
    mark(at);
  }

  function pointerup(event) {
    if (stroke?.id !== event.pointerId) return;
    const at = pixelOf(event);
    const { corner } = stroke;
    stroke = null;
    drawn(() => {
      if (tool() === "rectangle") surface.rectangle(corner, at);
      else if (tool() === "fill") surface.fill(inside(at));
    }, true);
    mark(at);
  }

  function pointercancel(event) {
    if (stroke?.id !== event.pointerId) return;
    const brush = tool() === "brush";
    stroke = null;
    unmark();
    if (brush) changed(true);
  }

  function drawn(work, done) {
    work();
    redraw();
    changed(done);
  }

  function keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    const key = event.key.toLowerCase();
    if (move) {
      const step = event.shiftKey ? 1 : Math.max(1, diameter() >> 1);
      const before = cursor;
      cursor = inside([cursor[0] + step * move[0], cursor[1] + step * move[1]]);
      if (keys.down && tool() === "brush")
        drawn(() => surface.stroke(before, cursor, diameter()), true);
    } else if (key === " " || key === "enter") {
      press();
    } else if (key === "p" && tool() === "brush") {
      keys.down = !keys.down;
      say(keys.down ? "The pen is down." : "The pen is up.");
      if (keys.down) press();
    } else if (key === "escape" && keys.corner) {
      keys.corner = null;
    } else {
      return;
    }
    event.preventDefault();
    keys.shown = true;
    mark(cursor);
    say(`Row ${cursor[1] + 1}, column ${cursor[0] + 1}`, { quiet: true });
  }

  function press() {
    if (tool() === "brush") drawn(() => surface.stroke(cursor, cursor, diameter()), true);
    else if (tool() === "fill") drawn(() => surface.fill(cursor), true);
    else if (keys.corner) {
      drawn(() => surface.rectangle(keys.corner, cursor), true);
      keys.corner = null;
    } else keys.corner = cursor;
  }

  function blur() {
    keys = { shown: false, down: false, corner: null };
    unmark();
  }

  element.addEventListener("pointerleave", () => stroke || keys.shown || unmark());

  /** Where the brush is, or the rectangle that would be drawn. */
  function mark([x, y]) {
    const context = unmark();
    const corner = stroke ? stroke.corner : keys.corner;
    const thick = Math.max(1, Math.round(width / 200));
    for (const [colour, grow] of [
      ["#000", thick],
      ["#fff", 0],
    ]) {
      context.strokeStyle = colour;
      context.lineWidth = thick + grow;
      context.beginPath();
      if (tool() === "rectangle" && corner) {
        const [left, top] = [Math.min(x, corner[0]), Math.min(y, corner[1])];
        context.rect(left, top, Math.abs(x - corner[0]) + 1, Math.abs(y - corner[1]) + 1);
      } else if (tool() === "brush") {
        context.arc(x + 0.5, y + 0.5, Math.max(1, diameter() / 2), 0, 2 * Math.PI);
      } else {
        const arm = 3 * thick;
        context.moveTo(x + 0.5 - arm, y + 0.5);
        context.lineTo(x + 0.5 + arm, y + 0.5);
        context.moveTo(x + 0.5, y + 0.5 - arm);
        context.lineTo(x + 0.5, y + 0.5 + arm);
      }
      context.stroke();
    }
  }

  function unmark() {
    const context = over.getContext("2d");
    context.clearRect(0, 0, width, height);
    return context;
  }

  return { element, canvas, redraw };
}
