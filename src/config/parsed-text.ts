/** A schema for values that are written as text and parsed once, both ways: `z.decode` parses, `z.encode` formats. */
import { z } from 'zod';
import { OnionmxError } from '../errors.ts';

/** What `parse` refuses with an OnionmxError becomes a complaint with the error's message. */
export function parsedText<T>(
  parse: (text: string) => T,
  format: (value: T) => string,
): z.ZodCodec<z.ZodString, z.ZodCustom<T, T>> {
  return z.codec(z.string(), z.custom<T>(), {
    decode: (text, context) => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof OnionmxError)) throw error;
        context.issues.push({ code: 'custom', message: error.message, input: text });
        return z.NEVER;
      }
    },
    encode: format,
  });
}

/** Text that is kept as it is. `rule` completes the sentence "it must …". */
export function textThat(isRight: (text: string) => boolean, rule: string): z.ZodString {
  return z.string().refine(isRight, { error: ({ input }) => `must ${rule}, not ${JSON.stringify(input)}` });
}
