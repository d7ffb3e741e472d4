/** Looks into a zod schema: which fields a mapping has, what a list holds, below defaults and `readonly`. */
import { z } from 'zod';

type Fields = Readonly<Record<string, z.core.$ZodType>>;

/** The fields of a mapping by name; none for anything else. */
export function fieldsOf(schema: z.core.$ZodType | undefined): Fields {
  const bare = unwrap(schema);
  return bare instanceof z.ZodObject ? bare.shape : {};
}

/** What the schema says of the value at this path. */
export function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let at: z.core.$ZodType | undefined = schema;
  for (const step of path) at = typeof step === 'number' ? itemOf(at) : fieldsOf(at)[String(step)];
  return at;
}

function itemOf(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const bare = unwrap(schema);
  return bare instanceof z.ZodArray ? bare.element : undefined;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const isWrapper = schema instanceof z.ZodPrefault || schema instanceof z.ZodReadonly;
  return isWrapper ? unwrap(schema.unwrap()) : schema;
}
