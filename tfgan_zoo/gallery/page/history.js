/** Undo and redo of whole states, the oldest forgotten first. */
export class History {
  constructor(first, limit = 60) {
    this.states = [first];
    this.at = 0;
    this.limit = limit;
  }

  /** A new state: what was undone before it is gone. */
  add(state) {
    this.states.splice(this.at + 1, Infinity, state);
    if (this.states.length > this.limit) this.states.shift();
    this.at = this.states.length - 1;
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.states.length - 1;
  }

  /** The state before or after; the present one where there is none. */
  undo() {
    if (this.canUndo) this.at--;
    return this.states[this.at];
  }

  redo() {
    if (this.canRedo) this.at++;
    return this.states[this.at];
  }
}
