// A grid of small pictures: one is shown large, and dragging one onto another mixes the two. By
// keyboard: arrows move, Enter shows, M mixes with the one shown.

import { el } from "./dom.js";
import { makeCanvas } from "./pixels.js";

const DRAG = 8; // pixels of the screen until a press is a drag

/**
 * @param {{count: number, columns: number, rowNames: ?string[], shape: number[]}} layout
 * @param {{pick: Function, mix: Function}} listeners  told numbers of tiles: pick(i), mix(i, j)
 */
export function tiles({ count, columns, rowNames, shape }, listeners) {
  const [height, width] = shape;
  const canvases = [];
  const buttons = [];
  let focused = 0;
  let shown = 0;
  let drag = null;

  for (let i = 0; i < count; i++) {
    const canvas = makeCanvas(height, width, { "aria-hidden": "true" });
    const row = rowNames ? `${rowNames[Math.floor(i / columns)]}, ` : "";
    const label = `${row}picture ${rowNames ? (i % columns) + 1 : i + 1}`;
    canvases.push(canvas);
    buttons.push(
      el(
        "button",
        {
          type: "button",
          class: "tile",
          "aria-label": label,
          tabindex: i ? -1 : 0,
          data: { tile: i },
        },
        canvas,
      ),
    );
  }
  const rows = rowNames?.map((name, row) => [
    el("span", { class: "row-name", "aria-hidden": "true" }, name),
    buttons.slice(row * columns, (row + 1) * columns),
  ]);
  const element = el(
    "div",
    {
      class: rows ? "tiles named" : "tiles",
      role: "group",
      "aria-label": "Pictures. Arrow keys move, Enter shows one, M mixes it with the one shown.",
      on: { pointerdown, pointermove, pointerup, pointercancel: ended, keydown, click },
    },
    rows ?? buttons,
  );
  element.style.setProperty("--columns", columns);

  function tileOf(target) {
    const button = target instanceof Element ? target.closest(".tile") : null;
    return button && element.contains(button) ? Number(button.dataset.tile) : null;
  }

  function pointerdown(event) {
    const from = tileOf(event.target);
    if (from !== null && event.isPrimary)
      drag = { from, x: event.clientX, y: event.clientY, ghost: null };
  }

  function pointermove(event) {
    if (!drag) return;
    if (!drag.ghost) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < DRAG) return;
      element.setPointerCapture(event.pointerId);
      drag.ghost = makeCanvas(height, width, { class: "ghost" });
      drag.ghost.getContext("2d").drawImage(canvases[drag.from], 0, 0);
      document.body.append(drag.ghost);
    }
    Object.assign(drag.ghost.style, { left: `${event.clientX}px`, top: `${event.clientY}px` });
    const over = under(event);
    buttons.forEach((button, i) =>
      button.classList.toggle("target", i === over && i !== drag.from),
    );
  }

  function under(event) {
    return tileOf(document.elementFromPoint(event.clientX, event.clientY));
  }

  function pointerup(event) {
    const over = drag?.ghost ? under(event) : null;
    const from = drag?.from;
    const dragged = Boolean(drag?.ghost);
    ended();
    if (over !== null && over !== from) listeners.mix(from, over);
    // The click that follows a drag is none.
    if (dragged) element.dataset.dragged = "";
    setTimeout(() => delete element.dataset.dragged, 0);
  }

  function ended() {
    drag?.ghost?.remove();
    drag = null;
    for (const button of buttons) button.classList.remove("target");
  }

  function click(event) {
    const tile = tileOf(event.target);
    if (tile === null || "dragged" in element.dataset) return;
    focus(tile, false);
    listeners.pick(tile);
  }

  function keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = focused + step;
      if (next >= 0 && next < count) focus(next, true);
    } else if (event.key.toLowerCase() === "m" && focused !== shown) {
      event.preventDefault();
      listeners.mix(shown, focused);
    }
  }

  function focus(tile, move) {
    buttons[focused].tabIndex = -1;
    focused = tile;
    buttons[focused].tabIndex = 0;
    if (move) buttons[focused].focus();
  }

  return {
    element,
    canvases,
    /** Marks what is shown large: one tile, or the two that are mixed. */
    mark(from, to) {
      shown = from;
      buttons.forEach((button, i) => {
        button.setAttribute("aria-pressed", String(i === from));
        button.classList.toggle("mixed", i === to);
      });
    },
  };
}
