import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setOnionService } from '../../src/setup/edit-torrc.ts';

const wanted = {
  virtualPort: 25,
  target: '127.0.0.1:2515',
  newService: [
    'HiddenServiceDir /var/lib/tor/onionmx',
    'HiddenServicePort 25 127.0.0.1:2515',
    'HiddenServiceExportCircuitID haproxy',
    'HiddenServiceMaxStreams 20',
  ],
};
const ours = `# onionmx: the onion service of this mail host
HiddenServiceDir /var/lib/tor/onionmx
HiddenServicePort 25 127.0.0.1:2515
HiddenServiceExportCircuitID haproxy
HiddenServiceMaxStreams 20
`;

describe('torrc', () => {
  test('a new service goes to the end', () => {
    assert.equal(setOnionService('SocksPort 9050', wanted), `SocksPort 9050\n${ours}`);
  });

  test('a second time changes nothing', () => {
    assert.equal(setOnionService(`SocksPort 9050\n${ours}`, wanted), `SocksPort 9050\n${ours}`);
  });

  test('the naive service keeps its address, and leads to the listener', () => {
    assert.equal(
      setOnionService(
        'HiddenServiceDir /var/lib/tor/mail\nHiddenServicePort 25 127.0.0.1:25\n# end\n',
        wanted,
      ),
      'HiddenServiceDir /var/lib/tor/mail\nHiddenServicePort 25 127.0.0.1:2515\nHiddenServiceExportCircuitID haproxy\n# end\n',
    );
  });

  test('a service for other ports is left alone', () => {
    const web = 'HiddenServiceDir /var/lib/tor/web\nHiddenServicePort 80 127.0.0.1:80\n';
    assert.equal(setOnionService(web, wanted), `${web}${ours}`);
  });

  test('the line that tells the circuit would break the other ports of a service', () => {
    const both =
      'HiddenServiceDir /var/lib/tor/all\nHiddenServicePort 80 127.0.0.1:80\nHiddenServicePort 25 127.0.0.1:25\n';
    assert.throws(() => setOnionService(both, wanted), {
      code: 'setup-impossible',
      message: /port 25 and others \(80\)/,
    });
  });
});
