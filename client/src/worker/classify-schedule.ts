/** Which faces are classified in this frame: each a given number of times a second, in turn, evenly spread. */

const LEAST_PER_SECOND = 5; // smoothing cannot fill in for less

export class ClassifySchedule {
  private readonly turn = new Set<number>(); // tracks that were classified, the one that waits longest first
  private credit = 0; // classifications that time has earned and that were not yet made
  private previous: number | null = null;
  private interval = 0; // seconds between frames, of late

  /** @param perSecond classifications of each face, where frames come at least twice as often */
  constructor(private readonly perSecond: number) {}

  /**
   * The tracks to classify now, longest waiting first. New tracks come at once: their first result is awaited.
   *
   * @param tracks ids in view that want an answer
   * @param time seconds, rising
   */
  due(tracks: readonly number[], time: number): number[] {
    const elapsed = this.previous === null ? 0 : Math.max(0, time - this.previous);
    this.previous = time;
    this.interval += 0.2 * (elapsed - this.interval);
    const rate = Math.min(this.perSecond, Math.max(LEAST_PER_SECOND, 0.5 / this.interval));
    this.credit = Math.min(this.credit + elapsed * rate * tracks.length, tracks.length);
    const wanted = new Set(tracks);
    const fresh = tracks.filter((id) => !this.turn.has(id));
    const waiting = [...this.turn].filter((id) => wanted.has(id));
    const chosen = [...fresh, ...waiting.slice(0, Math.max(0, Math.floor(this.credit) - fresh.length))];
    this.credit = Math.max(0, this.credit - chosen.length);
    for (const id of chosen) {
      this.turn.delete(id);
      this.turn.add(id);
    }
    return chosen;
  }

  /** Forgets tracks that are gone. */
  keep(tracks: ReadonlySet<number>): void {
    for (const id of this.turn) {
      if (!tracks.has(id)) {
        this.turn.delete(id);
      }
    }
  }

  reset(): void {
    this.turn.clear();
    this.credit = 0;
    this.previous = null;
  }
}
