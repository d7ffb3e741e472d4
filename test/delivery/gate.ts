/** A promise that the test keeps when it is time. */
export interface Gate {
  readonly open: () => void;
  readonly opened: Promise<void>;
}

export function createGate(): Gate {
  const openers: (() => void)[] = [];
  const opened = new Promise<void>((resolve) => openers.push(resolve));
  return { open: () => openers.forEach((open) => open()), opened };
}
