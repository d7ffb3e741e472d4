/** The name of an onion service of ours: it names a folder and stands in logs. */

const pattern = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** No name leads out of the folder of the services: it has neither dots nor slashes. */
export function isServiceName(text: string): boolean {
  return pattern.test(text);
}
