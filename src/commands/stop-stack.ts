/** What has been started, so that it is stopped in reverse order, each once. */
export class StopStack {
  readonly #stops: (() => Promise<void> | void)[] = [];

  /** Remembers how to stop `started`, and returns it. */
  add<Started>(started: Started, stop: (started: Started) => Promise<void> | void): Started {
    this.#stops.push(() => stop(started));
    return started;
  }

  /** Goes on when a part fails to stop; the first failure is thrown at the end. */
  async stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
