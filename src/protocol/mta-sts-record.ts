/** The TXT records at `_mta-sts.<domain>` (RFC 8461 §3.1): whether the domain has an MTA-STS policy, and which version of it. */

export type MtaStsRecord =
  | { readonly kind: 'record'; readonly id: string }
  | { readonly kind: 'none'; readonly why: string };

const fieldPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+$/;
const idPattern = /^[A-Za-z0-9]{1,32}$/;

/** `texts`: each record with its strings joined. */
export function readMtaStsRecords(texts: readonly string[]): MtaStsRecord {
  const records = texts.filter((text) => /^v=STSv1[ \t]*;/.test(text));
  const [record] = records;
  if (record === undefined) return { kind: 'none', why: 'no record of version STSv1' };
  if (records.length > 1) return { kind: 'none', why: `${records.length} records of version STSv1` };
  const [, ...fields] = record.replace(/[ \t]*;[ \t]*$/, '').split(/[ \t]*;[ \t]*/);
  const ids = fields.filter((field) => field.startsWith('id='));
  const id = ids[0]?.slice('id='.length) ?? '';
  if (ids.length !== 1 || !idPattern.test(id) || !fields.every((field) => fieldPattern.test(field)))
    return { kind: 'none', why: 'its record is malformed' };
  return { kind: 'record', id };
}
