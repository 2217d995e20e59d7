/** Two clocks that a test moves, and no timers. */
export class TestClock {
  wall = 1_700_000_000_000
  steady = 5_000

  now(): number {
    return this.wall
  }

  monotonic(): number {
    return this.steady
  }

  /** Moves both clocks. */
  pass(ms: number): void {
    this.wall += ms
    this.steady += ms
  }
}
