import { describe, it, expect } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Phone } from '../testing/phones.js';
import { Platform, withServer, type ServedNode } from '../testing/platform.js';
import { finished, OwnerLog, record, sleep } from '../testing/recorded-call.js';
import { testSpec } from '../testing/specs.js';
import { tone } from '../testing/tones.js';
import { withNode } from '../testing/live-node.js';
import { MediaSource } from './rtp/media-source.js';
import { STATIC_PAYLOAD_TYPES } from './rtp/payload-types.js';
import type { StreamDialect } from './websocket/dialect.js';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** Sends an upgrade request of any form; answers the first line of what comes back. */
async function upgrade(base: string, path: string): Promise<string> {
  const { port, hostname } = new URL(base);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${UPGRADE}`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  // Without a word, as somebody goes whose machine is switched off.
  socket.resetAndDestroy();
  return bytes.toString().split('\r\n')[0] ?? '';
}

async function streamOf({ node, base }: ServedNode, dialect: StreamDialect): Promise<Platform> {
  const call = await node.openCall({ callRef: dialect, legs: [{ kind: 'websocket', parties: ['caller'], dialect }], listener: new OwnerLog() });
  const endpoint = call.endpoints[0];
  return Platform.connect(base + (endpoint?.kind === 'websocket' ? endpoint.path : ''));
}

/** More than the system's own buffers hold by far. */
const FRAMES = 15_000;

/** Texts of a message that no conversion makes a text or a number of. */
const NO_TEXT = { toString: 1, valueOf: 1 };

describe('whoever connects and means no good', () => {
  it.concurrent('is turned away whatever he asks for', async () => {
    await withServer(async ({ base }) => {
      for (const path of ['//', '///streams', '/\\', 'http://[', '*', '/elsewhere', '/']) {
        expect([path, await upgrade(base, path)]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 4\d\d /)]);
      }
      await sleep(50);
    });
  });

  const messages: readonly [StreamDialect, unknown][] = [
    ['json', { event: NO_TEXT }],
    ['json', { event: 'start', start: { mediaFormat: { encoding: NO_TEXT } } }],
    ['json', { event: 'start', start: { mediaFormat: { sampleRate: NO_TEXT } } }],
    ['json', { event: 'start', start: { customParameters: [null, NO_TEXT] } }],
    ['json', { event: 'dtmf', dtmf: { track: NO_TEXT, digit: '5' } }],
    ['raw', { type: NO_TEXT }],
    ['raw', { type: 'start', encoding: NO_TEXT, sampleRate: NO_TEXT }],
    ['sinch', { command: 'connect', codec: 'x'.repeat(200), sampleRate: 8000 }],
    ['sinch', { command: 'connect', codec: NO_TEXT }],
    ['sinch', [[[]]]],
    ['sinch', null],
  ];

  it.concurrent.each(messages)('cannot say anything over a %s stream that harms: %j', async (dialect, message) => {
    await withServer(async (it) => {
      const platform = await streamOf(it, dialect);
      platform.socket.send(JSON.stringify(message));
      if (dialect === 'json') {
        platform.send({ event: 'start', streamSid: 's', start: {} });
        platform.send({ event: 'media', media: { track: NO_TEXT, payload: 'AAAA' } });
      }
      await sleep(50);
      // The node lives, and takes another stream.
      const other = await streamOf(it, 'raw');
      other.send({ type: 'start', sampleRate: 8000 });
      await sleep(50);
      expect(other.texts).toEqual([{ type: 'started' }]);
    });
  });

  it.concurrent('who reads nothing of what is sent to him is not remembered for ever', async () => {
    await withServer(async ({ node, base }) => {
      const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'websocket', parties: ['caller'], dialect: 'raw' }], listener: new OwnerLog() });
      const endpoint = call.endpoints[0];
      const platform = await Platform.connect(base + (endpoint?.kind === 'websocket' ? endpoint.path : ''));
      platform.send({ type: 'start', sampleRate: 48_000 });
      await sleep(50);
      platform.socket.pause();
      // Minutes of audio, as fast as it can be made.
      const frame = { kind: 'pcm', samples: new Int16Array(960).fill(99), sampleRate: 48_000, toward: ['caller'] } as const;
      for (let sent = 0; sent < FRAMES; sent += 1) {
        call.play(frame, () => undefined);
        call.sendFrame(performance.now());
        if (sent % 1000 === 0) await sleep(1);
      }
      platform.socket.resume();
      await sleep(300);
      const bytes = platform.binaries.reduce((sum, each) => sum + each.length, 0);
      expect(bytes).toBeLessThan(FRAMES * 1920 * 0.7);
      expect(bytes).toBeGreaterThan(1920);
    });
  });

  it('gets no audio sent to port 0, which nothing can be sent to', () => {
    const source = new MediaSource(null);
    const from = { address: '127.0.0.1', family: 'IPv4', size: 172 } as const;
    expect(source.allows({ ...from, port: 0 })).toBe(false);
    expect(source.allows({ ...from, port: 9 })).toBe(true);
  });
});

class FailingOwner extends OwnerLog {
  readonly failures: unknown[] = [];

  override advanced(mediaTimeMs: number): void {
    super.advanced(mediaTimeMs);
    if (mediaTimeMs >= 300) throw new Error('a fault of the owner');
  }

  mediaFailed(thrown: unknown): void {
    this.failures.push(thrown);
  }
}

describe('an owner of a call that throws', () => {
  it.concurrent('is told so once; its recording can be finished, and other calls go on', async () => {
    await withNode(async (node, spool) => {
      const [owner, bystander] = [new FailingOwner(), new OwnerLog()];
      const leg = { kind: 'rtp', party: 'caller', payloadTypes: STATIC_PAYLOAD_TYPES } as const;
      const call = await node.openCall({ callRef: 'failing', legs: [leg], listener: owner });
      await node.openCall({ callRef: 'other', legs: [leg], listener: bystander });
      const phone = await Phone.at(call);
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1 }));
      await phone.says(tone(500, 800));
      expect(owner.failures).toEqual([new Error('a fault of the owner')]);
      expect(() => call.hangup('caller')).toThrow('a fault of the owner');
      expect((await finished(recording)).result.capturedSamples).toBeGreaterThan(1600);
      const before = bystander.advances.at(-1) ?? 0;
      await sleep(150);
      expect(bystander.advances.at(-1)).toBeGreaterThan(before);
      phone.hangUp();
    });
  });
});

describe('a recording that is asked for when the call has ended', () => {
  it.concurrent('ends at once, and holds nothing up', async () => {
    await withNode(async (node, spool) => {
      const call = await node.openCall({ callRef: 'c', legs: [{ kind: 'rtp', party: 'caller', payloadTypes: STATIC_PAYLOAD_TYPES }], listener: new OwnerLog() });
      const phone = await Phone.at(call);
      const first = record(call, spool, 'first', testSpec({ parties: 'caller', channels: 1 }));
      await phone.says(tone(500, 200));
      call.hangup('caller');
      const late = record(call, spool, 'late', testSpec({ parties: 'caller', channels: 1 }));
      await finished(first);
      await call.close();
      expect(await late.outcome).toMatchObject({ kind: 'absent', reason: 'hangup' });
      phone.hangUp();
    });
  });
});
