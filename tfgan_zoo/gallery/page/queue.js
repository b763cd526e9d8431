/**
 * Does one thing at a time and, of what is asked meanwhile, the last alone: a slider that moves
 * faster than a network answers never builds up a backlog.
 */
export function latest(work, onError) {
  let busy = false;
  let next = null;
  async function drain() {
    busy = true;
    while (next) {
      const [value] = next;
      next = null;
      try {
        await work(value);
      } catch (error) {
        onError(error);
      }
    }
    busy = false;
  }
  return (value) => {
    next = [value];
    if (!busy) drain();
  };
}
