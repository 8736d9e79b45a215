import type { TLSSocket } from 'node:tls';
import { FrameDecoder, FrameType, HEADER, MAX_PAYLOAD, writeHeader } from './wire-frames.js';
import type { Frame } from './wire-frames.js';
import type { Hello, Message } from './messages.js';

const EMPTY = Buffer.alloc(0);
const BUFFERED_FRAMES = 16;
/** Number and size of the buffers for outgoing frames. */
const ROOMS = 4;
const ROOM = 516 * 1024;
/** A connection without progress for so long has failed. Longer than any switch (20 s) or silent walk of a disk. */
const STANDSTILL_MS = 60_000;
/** In the switch an end that is silent for so long is lost: no instance stands frozen for a link that was cut. */
const SILENCE_MS = 4_000;

/** Frames over one TLS connection: sends wait for the socket to drain, arrivals stop the socket when nobody takes them. */
export class DataChannel {
  private readonly decoder = new FrameDecoder();
  private readonly frames: Frame[] = [];
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  private readonly rooms: Buffer[] = [];
  private roomsMade = 0;
  private readonly waiting: (() => void)[] = [];
  private heardAt = 0;
  private pulse: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: TLSSocket,
    standstillMs = STANDSTILL_MS,
  ) {
    socket.setNoDelay(true);
    const stoodStill = () => socket.destroy(new Error(`the data connection stood still for ${standstillMs / 1000} s`));
    socket.setTimeout(standstillMs, stoodStill);
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the data connection was closed')));
  }

  /** From now on sends a sign of life now and then, and fails the connection when the other end, which does so too, is silent. */
  keepTalking(silenceMs = SILENCE_MS): void {
    const everyMs = silenceMs / 8;
    this.heardAt = performance.now();
    let ticked = this.heardAt;
    this.pulse ??= setInterval(() => {
      const now = performance.now();
      // After a standstill of this process, or while it does not read, unread frames may be waiting: that is no silence.
      if (now - ticked > 2 * everyMs || this.socket.isPaused()) this.heardAt = now;
      ticked = now;
      if (now - this.heardAt > silenceMs)
        this.socket.destroy(new Error(`the other end of the data connection was silent for ${silenceMs / 1000} s`));
      else if (!this.failure && !this.socket.writableNeedDrain)
        void this.send(FrameType.alive, EMPTY).catch((error: Error) => this.fail(error));
    }, everyMs);
  }

  async send(type: FrameType, payload: Buffer): Promise<void> {
    if (this.failure) throw this.failure;
    const header = Buffer.allocUnsafe(HEADER);
    writeHeader(header, type, payload);
    this.socket.write(header); // not corked: the two would be copied into one
    const room = this.socket.write(payload);
    if (!room && !this.failure) await this.drained();
  }

  /** A buffer for a frame, to be filled behind HEADER and given to sendRoom; waits until the connection has taken one. */
  async room(): Promise<Buffer> {
    for (;;) {
      if (this.failure) throw this.failure;
      if (!this.rooms.length && this.roomsMade < ROOMS) {
        this.roomsMade++;
        return Buffer.allocUnsafeSlow(ROOM);
      }
      const room = this.rooms.pop();
      if (room) return room;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Sends what is between HEADER and `end`. */
  sendRoom(type: FrameType, room: Buffer, end: number): void {
    writeHeader(room, type, room.subarray(HEADER, end));
    this.socket.write(room.subarray(0, end), () => {
      this.rooms.push(room);
      this.waiting.shift()?.();
    });
  }

  /** Gives the memory of a received payload back. */
  recycle(payload: Buffer): void {
    this.decoder.recycle(payload);
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.socket.off('drain', done).off('close', done);
        resolve();
      };
      this.socket.on('drain', done).on('close', done);
    });
  }

  /** In frames of MAX_PAYLOAD at most. */
  async sendAll(type: FrameType, data: Buffer): Promise<void> {
    for (let at = 0; at < data.length; at += MAX_PAYLOAD) await this.send(type, data.subarray(at, at + MAX_PAYLOAD));
  }

  tell(message: Message): Promise<void> {
    return this.send(FrameType.message, Buffer.from(JSON.stringify(message)));
  }

  greet(hello: Hello): Promise<void> {
    return this.send(FrameType.hello, Buffer.from(JSON.stringify(hello)));
  }

  /** The next frame; throws when the connection has ended. */
  async receive(): Promise<Frame> {
    while (!this.frames.length) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const frame = this.frames.shift()!;
    if (this.frames.length < BUFFERED_FRAMES / 2 && this.socket.isPaused()) this.socket.resume();
    return frame;
  }

  close(): void {
    this.socket.destroy();
  }

  get closed(): boolean {
    return this.failure !== undefined;
  }

  private take(chunk: Buffer): void {
    try {
      this.heardAt = performance.now();
      for (const frame of this.decoder.push(chunk)) if (frame.type !== FrameType.alive) this.frames.push(frame);
    } catch (error) {
      this.fail(error as Error);
      this.socket.destroy();
    }
    if (this.frames.length >= BUFFERED_FRAMES) this.socket.pause();
    this.awake();
  }

  private fail(error: Error): void {
    clearInterval(this.pulse);
    this.failure ??= error;
    for (const wake of this.waiting.splice(0)) wake();
    this.awake();
  }

  private awake(): void {
    this.wake?.();
    this.wake = undefined;
  }
}
