/**
 * An endpoint: the LMTP socket that stands for one exchanger set. The MTA sees each as a destination of its own.
 * It knows before it greets that an exchanger answers: a session is open, or is opened now. When none can be, the greeting is 421
 * with the reason, so that the MTA waits with this one destination and no other; otherwise it offers what the exchangers can do.
 */
import { toOnionmxError } from '../errors.ts';
import { errorFields } from '../log.ts';
import type { Connection } from '../net/connection.ts';
import { type Listener, listen } from '../net/listen.ts';
import { endpointNameOf } from '../protocol/exchanger.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { type EndpointReceiverOptions, openEndpointReceiver } from './endpoint-receiver.ts';
import { converse, defaultIdleMs, turnAway } from './lmtp-conversation.ts';
import { closingReply } from './reply-for-outcome.ts';

interface EndpointOptions extends EndpointReceiverOptions {
  readonly address: SocketAddress;
  /** Permission bits and group of the socket, as `listen` takes them. */
  readonly mode?: number;
  readonly gid?: number;
}

/** Throws `listen-failed`. */
export function startEndpoint(options: EndpointOptions): Promise<Listener> {
  const onConnection = (connection: Connection) => void serve(connection, options);
  return listen(options.address, { ...options, onConnection });
}

async function serve(connection: Connection, options: EndpointReceiverOptions): Promise<void> {
  const talk = { name: endpointNameOf(options.exchangers), log: options.log, idleMs: defaultIdleMs };
  try {
    const receiver = await openEndpointReceiver(options);
    await converse(connection, receiver, talk);
  } catch (thrown) {
    const error = toOnionmxError(thrown);
    options.log.info(
      { endpoint: talk.name, ...errorFields(error) },
      'no exchanger answers: the MTA is told to wait',
    );
    await turnAway(connection, closingReply(error), talk);
  }
}
