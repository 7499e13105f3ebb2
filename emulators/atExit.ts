const cleanups = new Set<() => void>();

process.once("exit", () => {
  // The last one first: a process stops before its folder is removed.
  for (const clean of [...cleanups].reverse()) {
    try {
      clean();
    } catch {
      // A failure must not prevent the other cleanups.
    }
  }
});

/**
 * Registers a cleanup for the case that the process ends early, by a signal or an error.
 *
 * @returns a function that unregisters it
 */
export function atExit(clean: () => void): () => void {
  cleanups.add(clean);
  return () => cleanups.delete(clean);
}
