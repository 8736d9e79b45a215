import { once } from 'node:events';
import { connect } from 'node:tls';
import { checkIdentity, readPki } from '#libs/agent-protocol/credentials';
import { sleep } from '#libs/common/clock';
import { DataChannel } from './data-channel.js';
import type { Hello } from './messages.js';

/** Opens the data connection to the target named in its certificate; throws where that is another. */
export async function connectToTarget(
  pkiDirectory: string,
  address: string,
  targetHost: string,
  hello: Hello,
): Promise<DataChannel> {
  const pki = readPki(pkiDirectory);
  const [host, port] = splitAddress(address);
  const socket = connect({
    host,
    port,
    ca: pki.ca,
    cert: pki.cert,
    key: pki.key,
    minVersion: 'TLSv1.3',
    checkServerIdentity: (_host, certificate) => checkIdentity(certificate, { role: 'agent', name: targetHost }),
  });
  await Promise.race([
    once(socket, 'secureConnect'),
    sleep(10_000).then(() => Promise.reject(new Error(`${address} does not answer`))),
  ]);
  const channel = new DataChannel(socket);
  await channel.greet(hello);
  return channel;
}

/** `host:port`, `[v6]:port`. */
export function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at).replace(/^\[|\]$/g, ''), Number(address.slice(at + 1))];
}
