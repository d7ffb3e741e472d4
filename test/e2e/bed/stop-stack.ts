/** Remembers how to stop what was started, and stops it in the opposite order, once. */
export interface StopStack {
  readonly push: (name: string, stop: () => Promise<void>) => void;
  /** Stops all, also when some fail; then throws what failed. A second call waits for the first. */
  readonly stopAll: () => Promise<void>;
}

interface Entry {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

export function createStopStack(): StopStack {
  const entries: Entry[] = [];
  let stopping: Promise<void> | undefined;
  return {
    push: (name, stop) => void entries.push({ name, stop }),
    stopAll: () => (stopping ??= stopInOrder(entries)),
  };
}

async function stopInOrder(entries: Entry[]): Promise<void> {
  const failures: Error[] = [];
  for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
    const { name, stop } = entry;
    await stop().catch((cause: unknown) => failures.push(new Error(`cannot stop ${name}`, { cause })));
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(describeFailure).join('; '));
}

function describeFailure(failure: Error): string {
  return failure.cause instanceof Error ? `${failure.message}: ${failure.cause.message}` : failure.message;
}
