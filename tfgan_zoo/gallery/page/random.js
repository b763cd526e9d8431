// Random numbers that are the same in every browser for the same seed.
//
// Each number is one step of mulberry32 (Tommy Ettinger, public domain), started from a hash of the
// seed and of the number of the picture, so that picture 5 of seed 7 does not depend on how many
// pictures were drawn before it.

function scramble(bits) {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Draws for picture `stream` of a seed, both whole numbers. */
export class Random {
  constructor(seed, stream = 0) {
    this.state = scramble(scramble(seed >>> 0) ^ (stream + 0x9e3779b9));
  }

  /** From 0 inclusive to 1 exclusive. */
  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  }

  /** Mean 0, deviation 1 (Box and Muller). */
  normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number from 0 to `count` - 1. */
  below(count) {
    return Math.floor(this.uniform() * count);
  }
}

/** A seed that nobody chose, short enough to be read out. */
export function freshSeed() {
  return Math.floor(Math.random() * 10000);
}

export const MAX_SEED = 4294967295;

/** The seed that a text names, or null if it names none. */
export function readSeed(text) {
  return /^\d{1,10}$/.test(text ?? "") && Number(text) <= MAX_SEED ? Number(text) : null;
}
