import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

// Runs inside a guest's network namespace, and does what it is asked by lines of JSON: see network-guest.ts.

interface Asked {
  id: number;
  what: 'listen' | 'connect' | 'open' | 'say' | 'udp';
  host: string;
  port: number;
  ms: number;
}

const open = new Map<number, Socket>();

/** Echoes what comes by TCP and UDP. */
function listen(port: number): Promise<string> {
  const udp = createSocket('udp6');
  udp.on('message', (text, from) => udp.send(text, from.port, from.address));
  udp.bind(port, '::');
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  return new Promise((resolve) => server.listen(port, '::', () => resolve('yes')));
}

function asked(socket: Socket, ms: number): Promise<string> {
  return new Promise((resolve) => {
    const end = (word: string) => {
      clearTimeout(late);
      socket.off('data', answered);
      resolve(word);
    };
    const answered = () => end('yes');
    const late = setTimeout(() => end('no'), ms);
    socket.on('data', answered).on('error', () => end('no'));
    socket.write('hello');
  });
}

function udp({ host, port, ms }: Asked): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const end = (word: string) => {
      clearTimeout(late);
      socket.close();
      resolve(word);
    };
    const late = setTimeout(() => end('no'), ms);
    socket.on('message', () => end('yes')).on('error', () => end('no'));
    socket.send('hello', port, host);
  });
}

async function answer(request: Asked): Promise<string> {
  const { what, host, port, ms } = request;
  if (what === 'listen') return listen(port);
  if (what === 'udp') return udp(request);
  if (what === 'say') return asked(open.get(port)!, ms);
  const socket = connect({ host, port });
  const word = await asked(socket, ms);
  if (what === 'open') open.set(request.id, socket);
  else socket.destroy();
  return word;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line) as Asked;
  void answer(request).then((word) => process.stdout.write(`${JSON.stringify({ id: request.id, word })}\n`));
});
