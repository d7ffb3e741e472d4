/** The limits of the onion listener on real Postfix and Tor: one circuit meets them, and others go on. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { formatTorProxyLine } from '../../src/protocol/proxy-line.ts';
import { bedSkip } from './bed/bed-availability.ts';
import { dialListener, sendByData, type SmtpDialogue } from './bed/smtp-dialogue.ts';
import { waitFor } from './bed/wait-for.ts';
import { listenerPorts, messageAbout, startListenerBed } from './onion-listener-bed.ts';

const skip = bedSkip(['tor', 'postfix']);

/** As tor comes to it. */
function dialNarrow(circuit: number): SmtpDialogue {
  return dialListener(listenerPorts.narrow, formatTorProxyLine(circuit, 25).trimEnd());
}

describe('the limits of the onion listener', { skip }, async () => {
  const bed = skip === false ? await startListenerBed() : undefined;
  after(() => bed?.stop());
  if (bed === undefined) return;
  const { postfix, dial, dialBare } = bed;

  test('who guesses users is cut off', async () => {
    const peer = await dial('guesser');
    await peer.say('MAIL FROM:<a@peer.test>');
    const replies: string[] = [];
    for (let index = 0; index < 21 && !/^421|^closed/.test(replies.at(-1) ?? ''); index += 1)
      replies.push(await peer.say(`RCPT TO:<user${index}@example.test>`));
    peer.close();
    // it hangs up at once: a command that crosses its last word can take that away
    assert.match(replies.at(-1) ?? '', /^421 4\.7\.0 .*too many errors|^closed$/);
    await postfix.waitForLog(/too many errors after RCPT from /, 10_000);
    assert.deepEqual(new Set(replies.slice(0, -1).map((reply) => reply.slice(0, 9))), new Set(['550 5.1.1']));
  });

  test('more sessions on one circuit than 20 meet the limit, while another circuit goes on', async () => {
    const first = await dial('crowd');
    const more = await Promise.all(Array.from({ length: 24 }, () => dialBare('crowd')));
    const banners = await Promise.all(more.map((peer) => peer.hear()));
    const accepted = banners.filter((banner) => banner.startsWith('220 ')).length;
    const refused = banners.filter((banner) => /^421 4\.7\.0 .*too many connections/.test(banner)).length;
    assert.deepEqual([accepted, refused], [19, 5], banners.join('\n'));
    const other = await dial('another');
    const mail = {
      sender: 'a@peer.test',
      recipients: ['bob@example.test'],
      message: messageAbout('not crowded'),
    };
    assert.match(await sendByData(other, mail), /^250 2\.0\.0 /);
    for (const peer of [first, ...more, other]) peer.close();
  });

  test('more messages than the limit wait (450), while another circuit goes on', async () => {
    const mail = { sender: 'a@peer.test', recipients: ['bob@example.test'], message: messageAbout('burst') };
    const peer = await dial('burst', 26);
    const replies: string[] = [];
    for (let index = 0; index < 4; index += 1) replies.push((await sendByData(peer, mail)).slice(0, 9));
    assert.deepEqual(replies, ['250 2.0.0', '250 2.0.0', '250 2.0.0', '450 4.7.1']);
    const other = await dial('calm', 26);
    assert.match(await sendByData(other, mail), /^250 2\.0\.0 /);
    for (const each of [peer, other]) each.close();
  });

  test('a client that says a byte now and then is gone after the deadline, although it is never silent', async () => {
    const dribbler = dialNarrow(77);
    assert.match(await dribbler.hear(), /^220 /);
    let end: string | undefined;
    const hearEnd = async () => {
      end = await dribbler.hear();
    };
    const heard = hearEnd();
    await waitFor(
      'the end of the session',
      () => {
        dribbler.write('x');
        return end !== undefined;
      },
      30_000,
    );
    await heard;
    assert.match(end ?? '', /^(?:421 4\.4\.2 .*timeout exceeded|closed)/);
  });

  test('when all processes for onion mail are taken, more onion sessions wait, and the clear net goes on', async () => {
    const holders = [dialNarrow(81), dialNarrow(82)];
    for (const holder of holders) assert.match(await holder.hear(), /^220 /);
    const waiting = dialNarrow(83);
    let isGreeted = false;
    const greeting = waiting.hear().then((banner) => {
      isGreeted = true;
      return banner;
    });
    const mail = {
      sender: 'a@clear.test',
      recipients: ['bob@example.test'],
      message: messageAbout('meanwhile'),
    };
    await postfix.inject(mail);
    assert.equal(isGreeted, false);
    for (const holder of holders) holder.close();
    assert.match(await greeting, /^220 /);
    waiting.close();
  });
});
