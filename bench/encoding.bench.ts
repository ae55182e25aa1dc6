import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createThreadedEncoder, planEncoding, type ThreadedEncoder } from '#libs/encoding';
import { writeTone } from '#libs/media';
import type { AudioCodec, ContainerFormat, PcmSource, RecordingFormat } from '#libs/recording-model';
import { Report, type ResultRow } from './support/report.js';

/*
 * How fast recordings are encoded, in multiples of real time, on one encoder thread; hashing, fsync and rename included.
 * usage: node dist/bench/encoding.bench.js [--minutes 10] [--json FILE]
 */

const ROWS: readonly (readonly [ContainerFormat, AudioCodec, number, 1 | 2])[] = [
  ['wav', 'pcm16', 8000, 1],
  ['wav', 'pcm16', 16000, 2],
  ['wav', 'mulaw', 8000, 2],
  ['wav', 'alaw', 8000, 1],
  ['raw', 'mulaw', 8000, 1],
  ['mp3', 'mp3', 8000, 1],
  ['mp3', 'mp3', 8000, 2],
  ['mp3', 'mp3', 16000, 1],
  ['mp3', 'mp3', 16000, 2],
];
const LONG_CALL_MINUTES = 180;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, json: { type: 'string' } } });
const minutes = Number(values.minutes);
const report = new Report('encoding', 'one encoder thread, hashing, fsync and rename included; times real time', values.json);
const directory = mkdtempSync(join(tmpdir(), 'encoding-bench-'));
const encoder = createThreadedEncoder({ threads: 1 });

try {
  for (const [container, codec, sampleRate, channels] of ROWS) {
    await measure(encoder, formatOf(container, codec), sourceOf(sampleRate, channels, 1));
    report.row(await measure(encoder, formatOf(container, codec), sourceOf(sampleRate, channels, minutes)));
  }
  report.row(await measure(encoder, formatOf('mp3', 'mp3'), sourceOf(8000, 2, LONG_CALL_MINUTES)));
  report.row(await measure(encoder, formatOf('wav', 'pcm16'), sourceOf(8000, 2, LONG_CALL_MINUTES)));
} finally {
  await encoder.close();
  rmSync(directory, { recursive: true, force: true });
}
report.end();

function formatOf(container: ContainerFormat, codec: AudioCodec): RecordingFormat {
  return { container, codec, bitrateKbps: null, extension: container, contentType: 'application/octet-stream' };
}

/** Speech-like audio: bursts of three tones under noise with pauses, the parties taking turns; one second, repeated. */
function sourceOf(sampleRate: number, channels: 1 | 2, audioMinutes: number): PcmSource {
  const second = new Int16Array(sampleRate * channels);
  const voice = new Int16Array(sampleRate);
  for (let channel = 0; channel < channels; channel++) {
    voice.fill(0);
    [220, 700, 1900].forEach((hz, i) => {
      const tone = new Int16Array(sampleRate);
      writeTone(tone, 0, sampleRate, { frequencyHz: hz * (1 + channel / 5), sampleRate, amplitude: 6000 / (i + 1) });
      for (let s = 0; s < sampleRate; s++) voice[s] = (voice[s] as number) + (tone[s] as number);
    });
    for (let s = 0; s < sampleRate; s++) {
      const talks =
        Math.floor((8 * s) / sampleRate) % 4 !== 3 && (channels === 1 || s * 2 < sampleRate === (channel === 0));
      const hiss = ((Math.imul(s + channel, 1103515245) >>> 16) % 200) - 100;
      second[s * channels + channel] = (talks ? (voice[s] as number) : 0) + hiss;
    }
  }
  const seconds = Math.round(audioMinutes * 60);
  return {
    sampleRate,
    channels,
    samples: seconds * sampleRate,
    async *blocks() {
      for (let i = 0; i < seconds; i++) {
        if (i % 60 === 0) await nextTurn();
        yield second;
      }
    },
  };
}

async function measure(on: ThreadedEncoder, format: RecordingFormat, source: PcmSource): Promise<ResultRow> {
  const { bitrateKbps } = planEncoding(format, source);
  const rssBefore = process.memoryUsage.rss();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const rendition = await on.encode({ source, format, outputFile: join(directory, `out.${format.extension}`) });
  const wallMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const audioSeconds = source.samples / source.sampleRate;
  const rate = bitrateKbps === null ? '' : ` ${bitrateKbps} kbit/s`;
  return {
    format: `${format.container} ${format.codec} ${source.sampleRate} Hz ${source.channels === 1 ? 'mono' : 'stereo'}${rate}`,
    'audio s': audioSeconds,
    'wall ms': Math.round(wallMs),
    'CPU ms': Math.round((cpu.user + cpu.system) / 1000),
    '× real time': Math.round((audioSeconds * 1000) / wallMs),
    MiB: rendition.sizeBytes / 2 ** 20,
    'RSS grown MiB': Math.round((process.memoryUsage.rss() - rssBefore) / 2 ** 20),
  };
}
