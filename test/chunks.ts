/** Cuts bytes for decoder tests: every decoder must give the same result however its input is split. */
export const chunkSizes = [4096, 128, 16, 1] as const;

export function cutIntoChunks(bytes: Uint8Array, size: number): Buffer[] {
  const whole = Buffer.from(bytes);
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
    whole.subarray(index * size, (index + 1) * size),
  );
}
