import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSpool, MediaNode, STATIC_PAYLOAD_TYPES, type LiveCallMedia } from '#libs/capture';
import { PLAIN_RECORDING, type CallMediaListener, type CaptureResult, type RecordingSpec } from '#libs/recording-model';
import { createSegmentCipher, loadOrCreateMasterKey } from '#libs/secrets';
import { Report, type ResultRow } from './support/report.js';

/**
 * CPU per call-second and packet loss of live capture. A process of its own sends G.711 to both legs of each call in real
 * time; this process receives, places, runs the engine (stereo, voice activity on) and writes the synced spool, sealed as the
 * product does by default.
 * Arguments: numbers of calls (default 100 300 600), `--seconds` of each round (default 20), `--json FILE`.
 */
const SENDER = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './capture.sender.ts' : './capture.sender.js', import.meta.url));

interface Round {
  readonly calls: number;
  readonly seconds: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsLate: number;
  /** CPU of the capturing process, all its threads, per second of call. */
  readonly cpuMsPerCallSecond: number;
  /** Of that, in the kernel (sockets, disk). */
  readonly systemMsPerCallSecond: number;
  /** Share of one core. */
  readonly cpuLoad: number;
  /** Lateness of the capturing process's ticks while audio arrived. */
  readonly worstLagMs: number;
  /** How late the sender itself was at worst; beyond the playout delay (300 ms) its packets are late, whoever receives them. */
  readonly senderLateMs: number;
  readonly peakRssMb: number;
}

const LISTENER: CallMediaListener = { keyPressed: () => undefined, advanced: () => undefined, mediaTimedOut: () => undefined };

const SPEC: RecordingSpec = { ...PLAIN_RECORDING, vendor: 'kazoo', channels: 2, destination: { kind: 'none', reason: 'measurement' } };

async function measure(calls: number, seconds: number): Promise<Round> {
  const directory = await mkdtemp(join(tmpdir(), 'recgate-bench-'));
  const from = randomInt(5_000, 15_000) * 2;
  const spool = createSpool({ directory, transform: createSegmentCipher(loadOrCreateMasterKey(join(directory, 'master-keys'))) });
  const node = new MediaNode({ spool, rtp: { address: '127.0.0.1', from, to: from + 8_000 }, maxCalls: calls, maxLagMs: 10_000, mediaTimeoutMs: null });
  try {
    const media = await openCalls(node, calls);
    const results: Promise<CaptureResult>[] = [];
    for (const [index, call] of media.entries()) {
      results.push(recorded(call, `bench-${index}`));
      // As calls come in: one after the other, not all in the same instant.
      await sleep(3);
    }
    const ports = media.flatMap(({ endpoints }) => endpoints.map((endpoint) => (endpoint.kind === 'rtp' ? endpoint.port : 0)));
    const begin = process.cpuUsage();
    const watch = watchLoad(node);
    const { sent: packetsSent, worstLateMs: senderLateMs } = await sendTo(ports, seconds);
    await sleep(200);
    const { worstLagMs, peakRssMb } = watch();
    for (const call of media) {
      call.hangup('caller');
      await sleep(0);
    }
    const captured = await Promise.all(results);
    const used = process.cpuUsage(begin);
    const cpuMs = (used.user + used.system) / 1000;
    const sum = (pick: (leg: CaptureResult['media'][number]) => number): number => captured.flatMap((result) => result.media.map(pick)).reduce((a, b) => a + b, 0);
    return {
      calls,
      seconds,
      packetsSent,
      packetsReceived: sum((leg) => leg.packetsReceived),
      packetsLost: packetsSent - sum((leg) => leg.packetsReceived),
      packetsLate: sum((leg) => leg.packetsLate),
      cpuMsPerCallSecond: cpuMs / (calls * seconds),
      systemMsPerCallSecond: used.system / 1000 / (calls * seconds),
      cpuLoad: cpuMs / (seconds * 1000),
      worstLagMs,
      senderLateMs,
      peakRssMb,
    };
  } finally {
    await node.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function openCalls(node: MediaNode, calls: number): Promise<readonly LiveCallMedia[]> {
  const media: LiveCallMedia[] = [];
  for (let index = 0; index < calls; index++) {
    const legs = (['caller', 'callee'] as const).map((party) => ({ kind: 'rtp' as const, party, payloadTypes: STATIC_PAYLOAD_TYPES, telephoneEvent: 101 }));
    media.push(await node.openCall({ callRef: `bench-${index}`, legs, listener: LISTENER }));
  }
  return media;
}

function recorded(call: LiveCallMedia, recordingId: string): Promise<CaptureResult> {
  return new Promise((resolve, reject) => {
    call.startRecording(
      { recordingId, spec: SPEC, callAnswered: true, callBridged: true },
      {
        capturing: () => undefined,
        paused: () => undefined,
        resumed: () => undefined,
        finished: resolve,
        absent: (reason) => reject(new Error(`${recordingId} is absent (${reason})`)),
        failed: reject,
      },
    );
  });
}

interface SenderReport {
  readonly sent: number;
  readonly worstLateMs: number;
}

function sendTo(ports: readonly number[], seconds: number): Promise<SenderReport> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, SENDER, String(seconds)], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(JSON.parse(output) as SenderReport) : reject(new Error(`The sender ended with code ${code}`))));
    child.stdin.end(JSON.stringify(ports));
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function watchLoad(node: MediaNode): () => Pick<Round, 'worstLagMs' | 'peakRssMb'> {
  let worstLagMs = 0;
  let peakRssMb = 0;
  const timer = setInterval(() => {
    worstLagMs = Math.max(worstLagMs, node.load.lagMs);
    peakRssMb = Math.max(peakRssMb, process.memoryUsage.rss() / 1e6);
  }, 200);
  return () => {
    clearInterval(timer);
    return { worstLagMs, peakRssMb };
  };
}

function row(round: Round): ResultRow {
  return {
    calls: `${round.calls} two-leg PCMU calls`,
    'CPU µs/call-second': Math.round(round.cpuMsPerCallSecond * 1000),
    'in kernel': Math.round(round.systemMsPerCallSecond * 1000),
    '% of a core': Math.round(round.cpuLoad * 100),
    sent: round.packetsSent,
    lost: round.packetsLost,
    late: round.packetsLate,
    'lag ms': Math.round(round.worstLagMs),
    'sender late ms': Math.round(round.senderLateMs),
    'RSS MB': Math.round(round.peakRssMb),
  };
}

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, json: { type: 'string' } },
  allowPositionals: true,
});
const seconds = Number(values.seconds);
const report = new Report('capture', `stereo recordings of both legs, voice activity on, synced spool, ${seconds} s a round; sender in a process of its own`, values.json);
for (const calls of positionals.length > 0 ? positionals.map(Number) : [100, 300, 600]) report.row(row(await measure(calls, seconds)));
report.end();
