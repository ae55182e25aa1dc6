import type { Response } from 'express';
import type { RecordingEvent } from '#libs/recording-model';
import { showEvent } from '../show-facts.js';

const HEARTBEAT_MS = 15_000;
/** A client that reads so slowly that more than this waits for it is let go; it comes back with its last event id. */
const MOST_WAITING_BYTES = 1_048_576;

/** One client's stream of server-sent events. */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;

  constructor(private readonly response: Response) {
    response.status(200).setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.setHeader('Cache-Control', 'no-store, no-transform');
    response.setHeader('X-Accel-Buffering', 'no');
    response.flushHeaders();
    this.write(': open\n\n');
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS);
  }

  send(event: RecordingEvent): void {
    this.write(`id: ${event.id}\nevent: ${event.name}\ndata: ${JSON.stringify(showEvent(event))}\n\n`);
  }

  /** Safe to repeat. */
  end(): void {
    clearInterval(this.heartbeat);
    if (!this.response.writableEnded) this.response.end();
  }

  private write(text: string): void {
    if (this.response.writableEnded || this.response.destroyed) return;
    this.response.write(text);
    if (this.response.writableLength > MOST_WAITING_BYTES) this.response.destroy();
  }
}
