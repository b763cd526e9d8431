// What the Turn tool shows, as plain data: read from the address, written back to it, and turned
// into the latents of any picture. Nothing here touches the page.

import { blocks, category, direction, mix, sample, setCategory } from "./priors.js";
import { readSeed } from "./random.js";

const COLUMNS = 8;
const PICTURES = 40; // of a model without classes

/** The rows of the grid: of a class input, else of the first categories among the latents. */
export function layout(latents, classInput, names) {
  const hot = blocks(latents.prior).find((block) => block.kind === "one_hot" && block.few) ?? null;
  const rows = classInput?.classes ?? hot?.size ?? null;
  const named = classInput?.names ?? (classInput && names?.length === rows ? names : null);
  return {
    prior: latents.prior,
    classInput,
    hot: classInput ? null : hot,
    rows,
    // Of categories that no label was given for, "0" would be read as the digit.
    rowNames:
      rows &&
      Array.from({ length: rows }, (_, i) => (classInput ? String(named?.[i] ?? i) : `c${i}`)),
    columns: COLUMNS,
    count: rows ? rows * COLUMNS : PICTURES,
  };
}

/** {seed, from, to, t, codes, steps}: places in the grid are {picture, row}, row null without rows. */
export function readState(params, grid) {
  const place = (pictureName, rowName) => {
    const picture = readSeed(params.get(pictureName));
    if (picture === null || picture >= (grid.rows ? grid.columns : grid.count)) return null;
    const row = readSeed(params.get(rowName)) ?? 0;
    return { picture, row: grid.rows ? Math.min(row, grid.rows - 1) : null };
  };
  const t = Number(params.get("t") ?? 0.5);
  return {
    seed: readSeed(params.get("seed")) ?? 1,
    from: place("pick", "row") ?? { picture: 0, row: grid.rows ? 0 : null },
    to: place("to", "torow"),
    t: t >= 0 && t <= 1 ? t : 0.5,
    codes: readNumbers(params.get("z")),
    steps: readNumbers(params.get("d")),
  };
}

/** "72:1.2,73:-0.4" as a Map of numbers; what is no number is left out. */
function readNumbers(text) {
  const found = new Map();
  for (const part of (text ?? "").split(",")) {
    const [, place, value] = /^(\d+):(-?\d+(?:\.\d+)?)$/.exec(part) ?? [];
    if (place !== undefined) found.set(Number(place), Number(value));
  }
  return found;
}

function writeNumbers(numbers) {
  return [...numbers].map(([place, value]) => `${place}:${value}`).join(",");
}

/** The state as changes for `router.remember`. */
export function written(state) {
  const { seed, from, to, t, codes, steps } = state;
  return {
    seed,
    pick: from.picture,
    row: from.row,
    to: to && to.picture,
    torow: to && to.row,
    t: to ? Number(t.toFixed(3)) : null,
    z: writeNumbers(codes),
    d: writeNumbers(steps),
  };
}

/** The latents of one place of the grid, before the sliders. */
function plain(grid, seed, place) {
  const latents = sample(grid.prior, seed, place.picture);
  if (grid.hot && place.row !== null) setCategory(latents, grid.hot, place.row);
  return latents;
}

/** Moves latents by the sliders' codes and directions. */
function turned(grid, state, latents) {
  for (const [number, step] of state.steps) {
    const block = largeBlocks(grid.prior)[number >> 1];
    if (!block) continue;
    direction(block, state.seed, number).forEach(
      (value, i) => (latents[block.start + i] += step * value),
    );
  }
  const hot = blocks(grid.prior).filter(
    (block) => block.kind === "one_hot" && block.start !== grid.hot?.start,
  );
  for (const [place, value] of state.codes) {
    const block = hot.find(({ start, size }) => place >= start && place < start + size);
    if (block) setCategory(latents, block, place - block.start);
    else if (place < latents.length) latents[place] = value;
  }
  return latents;
}

/** The blocks that get two directions each: number 2k and 2k + 1 are of the k-th. */
export function largeBlocks(prior) {
  return blocks(prior).filter((block) => block.kind !== "one_hot" && !block.few);
}

/** The inputs of a place: {latents, row}. */
export function inputsAt(grid, state, place) {
  return { latents: turned(grid, state, plain(grid, state.seed, place)), row: place.row };
}

/** The inputs at `t` on the way between two places. */
export function between(grid, state, from, to, t) {
  const mixed = mix(grid.prior, plain(grid, state.seed, from), plain(grid, state.seed, to), t);
  return { latents: turned(grid, state, mixed), row: t < 0.5 ? from.row : to.row };
}

/** The inputs of the large picture. */
export function current(grid, state) {
  return state.to
    ? between(grid, state, state.from, state.to, state.t)
    : inputsAt(grid, state, state.from);
}

/** The stations of a walk, which ends where it began. */
export function stations(grid, state) {
  if (state.to) return [state.from, state.to, state.from];
  const { picture, row } = state.from;
  const round = [0, 1, 2, 3, 4].map((step) => ({ picture: (picture + step) % COLUMNS, row }));
  return [...round, round[0]];
}

/** The category that a block has in the large picture now. */
export function categoryNow(grid, state, block) {
  return category(current(grid, state).latents, block);
}
