/**
 * A certificate authority of the test, and the certificates that it signs. onionmx and its peers trust it when they are started with
 * NODE_EXTRA_CA_CERTS (Node.js) or the like set to `file`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

export interface IssuedCertificate {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  readonly keyFile: string;
  readonly certificateFile: string;
}

export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly file: string;
  /** `names` go into subjectAltName: `example.org`, `*.example.org`. */
  readonly issue: (...names: readonly [string, ...string[]]) => Promise<IssuedCertificate>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];

/** `folder` is there already; `name` tells several authorities in it apart. */
export async function createCertificateAuthority(
  folder: string,
  name = 'test-ca',
): Promise<CertificateAuthority> {
  const ca = await makeCertificate(
    folder,
    name,
    ['basicConstraints=critical,CA:TRUE', 'keyUsage=keyCertSign'],
    [],
  );
  const signedBy = ['-CA', ca.certificateFile, '-CAkey', ca.keyFile];
  let count = 0;
  return {
    certificate: ca.certificate,
    file: ca.certificateFile,
    issue: (...names) => {
      const alternatives = `subjectAltName=${names.map((dnsName) => `DNS:${dnsName}`).join(',')}`;
      const extensions = ['basicConstraints=critical,CA:FALSE', alternatives];
      return makeCertificate(folder, `${name}-${++count}`, extensions, signedBy);
    },
  };
}

async function makeCertificate(
  folder: string,
  name: string,
  extensions: readonly string[],
  signedBy: readonly string[],
): Promise<IssuedCertificate> {
  const [keyFile, certificateFile, configFile] = ['key', 'crt', 'cnf'].map((end) =>
    join(folder, `${name}.${end}`),
  );
  if (keyFile === undefined || certificateFile === undefined || configFile === undefined)
    throw new Error('no file names');
  // the configuration of the host's openssl may add extensions of its own
  const text = [
    '[req]',
    'distinguished_name = dn',
    'prompt = no',
    '[dn]',
    `CN = ${name}`,
    '[ext]',
    ...extensions,
  ];
  await writeFile(configFile, `${text.join('\n')}\n`);
  const files = ['-keyout', keyFile, '-out', certificateFile];
  await runProgram('openssl', [
    'req',
    '-x509',
    '-config',
    configFile,
    '-extensions',
    'ext',
    ...newKey,
    ...files,
    ...signedBy,
  ]);
  const [key, certificate] = await Promise.all([
    readFile(keyFile, 'utf8'),
    readFile(certificateFile, 'utf8'),
  ]);
  return { key, certificate, keyFile, certificateFile };
}
