// Latents from a card's prior: a list of blocks, each with a kind ("normal", "uniform" with low and
// high, "one_hot") and a size, side by side in this order.

import { Random } from "./random.js";

// Up to here, each number of a block gets a slider; larger blocks have directions instead.
const MAX_CODES = 12;

/** The blocks with the place of their first number, and whether a person may turn each number. */
export function blocks(prior) {
  let start = 0;
  return prior.map((block) => {
    const placed = { ...block, start, few: block.size <= MAX_CODES };
    start += block.size;
    return placed;
  });
}

export function size(prior) {
  return prior.reduce((sum, block) => sum + block.size, 0);
}

/** What keeps the page from drawing a prior, as a sentence; null if nothing does. */
export function unknownBlock(prior) {
  const strange = prior.find((block) => !["normal", "uniform", "one_hot"].includes(block.kind));
  return strange ? `This page cannot draw latents of the kind “${strange.kind}”.` : null;
}

/** The latents of one picture: Float32Array. */
export function sample(prior, seed, picture) {
  const random = new Random(seed, picture);
  const latents = new Float32Array(size(prior));
  for (const block of blocks(prior)) {
    if (block.kind === "one_hot") {
      latents[block.start + random.below(block.size)] = 1;
      continue;
    }
    for (let i = block.start; i < block.start + block.size; i++) {
      latents[i] =
        block.kind === "normal"
          ? random.normal()
          : block.low + (block.high - block.low) * random.uniform();
    }
  }
  return latents;
}

/** Which category a one-hot block of latents names. */
export function category(latents, block) {
  return latents.subarray(block.start, block.start + block.size).indexOf(1);
}

export function setCategory(latents, block, number) {
  latents.fill(0, block.start, block.start + block.size);
  latents[block.start + number] = 1;
}

/**
 * Latents between two, at `t` from 0 to 1. Normal blocks are turned along the sphere, because the
 * straight way leads through latents that are shorter than any the network was trained on; uniform
 * blocks go straight; categories change half way.
 */
export function mix(prior, from, to, t) {
  const mixed = new Float32Array(from.length);
  for (const block of blocks(prior)) {
    const end = block.start + block.size;
    const [a, b] = weights(
      block,
      from.subarray(block.start, end),
      to.subarray(block.start, end),
      t,
    );
    for (let i = block.start; i < end; i++) mixed[i] = a * from[i] + b * to[i];
  }
  return mixed;
}

function weights(block, from, to, t) {
  if (block.kind === "one_hot") return t < 0.5 ? [1, 0] : [0, 1];
  if (block.kind === "uniform") return [1 - t, t];
  const cosine = dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  // Parallel (or zero) vectors have no circle between them: the straight way is the same there.
  if (!(Math.sin(angle) > 1e-4)) return [1 - t, t];
  return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/**
 * A random direction in a block: as long as the typical change of one number, in all numbers
 * together, so that a step of 3 is clearly seen whatever the size of the block.
 */
export function direction(block, seed, number) {
  const random = new Random(seed, 1000003 + number);
  const values = Float32Array.from({ length: block.size }, () => random.normal());
  const reach = block.kind === "uniform" ? (block.high - block.low) / Math.sqrt(12) : 1;
  const scale = (reach * Math.sqrt(block.size)) / Math.sqrt(dot(values, values)) / 3;
  return values.map((value) => value * scale);
}

/** What a reader is told about a block. */
export function describe(block) {
  const numbers = block.size === 1 ? "1 number" : `${block.size} numbers`;
  if (block.kind === "one_hot") return `one of ${block.size} categories`;
  if (block.kind === "normal") return `${numbers}, normally distributed`;
  return `${numbers} between ${block.low} and ${block.high}`;
}
