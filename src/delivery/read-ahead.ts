/** The beginning of a message, read before anybody is there to take it: a session is then held no longer than it works. */

export interface MessageSource extends AsyncIterable<Uint8Array> {
  /** When the message had come whole (of performance.now), if that was before somebody read it here. */
  readonly endedMs?: number | undefined;
}

/** Resolves when `bytes` have come, or all of it. Throws what the body throws. */
export async function readAhead(body: AsyncIterable<Uint8Array>, bytes: number): Promise<MessageSource> {
  const source = body[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  for (let count = 0; count < bytes; ) {
    const { done, value } = await source.next();
    if (done === true) return Object.assign(passOn(parts, source), { endedMs: performance.now() });
    parts.push(value);
    count += value.length;
  }
  return passOn(parts, source);
}

async function* passOn(
  parts: Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* parts.splice(0);
    for (let step = await source.next(); step.done !== true; step = await source.next()) yield step.value;
  } finally {
    await source.return?.();
  }
}
