/** The whole configuration as text: what a file would have to say to get it, with the help of each setting as comments. */
import { Document, isMap, isScalar } from 'yaml';
import { z } from 'zod';
import { type Config, settingsSchema } from './schema.ts';
import { fieldsOf } from './schema-tree.ts';

/** As plain values, written as in the file. */
export function toPlainConfig(config: Config): z.input<typeof settingsSchema> {
  return z.encode(settingsSchema, config);
}

/** As YAML. Reading it back gives the same configuration. */
export function printConfig(config: Config): string {
  const document = new Document(toPlainConfig(config));
  document.commentBefore = ' onionmx: the full configuration. A setting that is left out has its default.';
  addComments(document.contents, settingsSchema);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function addComments(node: unknown, schema: z.core.$ZodType): void {
  if (!isMap(node)) return;
  for (const [name, field] of Object.entries(fieldsOf(schema))) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === name);
    if (!isScalar(pair?.key)) continue;
    pair.key.commentBefore = toComment(z.globalRegistry.get(field)?.description);
    pair.key.spaceBefore = schema === settingsSchema && pair !== node.items[0];
    addComments(pair.value, field);
  }
}

/** YAML writes a comment behind a bare `#`. */
function toComment(help = ''): string {
  return help.replace(/^/gm, ' ');
}
