/** Which faces are classified in this frame: each a given number of times a second, in turn, evenly spread. */

export class ClassifySchedule {
  private readonly last = new Map<number, number>(); // track id -> time of its last classification
  private credit = 0; // classifications that time has earned and that were not yet made
  private previous: number | null = null;

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
    this.credit = Math.min(this.credit + elapsed * this.perSecond * tracks.length, tracks.length);
    const fresh = tracks.filter((id) => !this.last.has(id));
    const waiting = tracks
      .filter((id) => this.last.has(id))
      .sort((a, b) => this.last.get(a)! - this.last.get(b)! || a - b)
      .slice(0, Math.max(0, Math.floor(this.credit) - fresh.length));
    const chosen = [...fresh, ...waiting];
    this.credit = Math.max(0, this.credit - chosen.length);
    chosen.forEach((id) => this.last.set(id, time));
    return chosen;
  }

  /** Forgets tracks that are gone. */
  keep(tracks: ReadonlySet<number>): void {
    for (const id of this.last.keys()) {
      if (!tracks.has(id)) {
        this.last.delete(id);
      }
    }
  }

  reset(): void {
    this.last.clear();
    this.credit = 0;
    this.previous = null;
  }
}
