import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RecordingFormat } from '#libs/recording-model';
import { createFormatEncoder } from '../format-encoder.js';
import type { AudioShape } from '../format-table.js';
import { crc16 } from '../hashing/crc16.js';
import { FrameCounter } from './frame-counter.js';
import { parseMpegFrame } from './mpeg-frame.js';

const mp3 = (bitrateKbps: number | null = null): RecordingFormat => ({
  container: 'mp3',
  codec: 'mp3',
  bitrateKbps,
  extension: 'mp3',
  contentType: 'audio/mpeg',
});

const noise = (length: number): Int16Array => Int16Array.from({ length }, (_, i) => ((i * 7919) % 20011) - 10005);

/** A whole file. */
async function encoded(audio: AudioShape, samples: number, bitrateKbps: number | null = null): Promise<Uint8Array> {
  const encoder = await createFormatEncoder(mp3(bitrateKbps), audio);
  expect(encoder.headerFor(samples)).toBeNull();
  const body = encoder.push(noise(samples * audio.channels)).slice();
  const { tail, header } = encoder.finish();
  expect(header.length).toBe(encoder.headerBytes);
  return Uint8Array.from([...header, ...body, ...tail]);
}

/** The tag as a decoder reads it, by the layout of the first frame. */
function readTag(file: Uint8Array) {
  const frame = parseMpegFrame(file);
  if (frame === null) throw new Error('The file does not begin with a frame');
  const view = new DataView(file.buffer);
  const xing = 4 + frame.sideInfoBytes;
  const lame = xing + 120;
  const ascii = (at: number, length: number): string => String.fromCharCode(...file.subarray(at, at + length));
  return {
    frame,
    id: ascii(xing, 4),
    flags: view.getUint32(xing + 4),
    frames: view.getUint32(xing + 8),
    bytes: view.getUint32(xing + 12),
    toc: [...file.subarray(xing + 16, xing + 116)],
    encoder: ascii(lame, 9),
    method: view.getUint8(lame + 9) & 0x0f,
    bitrate: view.getUint8(lame + 20),
    delay: view.getUint16(lame + 21) >> 4,
    padding: view.getUint16(lame + 22) & 0x0fff,
    musicBytes: view.getUint32(lame + 28),
    musicCrc: view.getUint16(lame + 32),
    tagCrc: view.getUint16(lame + 34),
    tagCrcOfBytes: crc16(file.subarray(0, lame + 34)),
  };
}

describe('MP3 information tag', () => {
  it.each([
    [8000, 1, null],
    [8000, 2, null],
    [16000, 1, null],
    [16000, 2, null],
    [8000, 1, 8],
    [16000, 2, 8],
    [48000, 2, 320],
  ] as const)(
    'says the truth about the file at %i Hz, %i channels, %p kbit/s',
    async (sampleRate, channels, bitrate) => {
      for (const samples of [0, 1, 7, 575, 576, 577, 1151, 1152, 1153, 20_000]) {
        const file = await encoded({ sampleRate, channels }, samples, bitrate);
        const tag = readTag(file);
        const audio = file.subarray(tag.frame.bytes);
        const counter = new FrameCounter();
        counter.add(audio);
        expect(counter.atBoundary).toBe(true);
        expect(tag).toMatchObject({
          id: 'Info',
          flags: 15,
          frames: counter.frames,
          bytes: file.length,
          encoder: 'LAME3.100',
          method: 1,
          musicBytes: file.length,
        });
        expect(tag.delay + samples + tag.padding).toBe(counter.frames * tag.frame.samples);
        // Decoders are late by 529 samples themselves: with less padding the end would be missing.
        expect(tag.padding).toBeGreaterThanOrEqual(529);
        expect(tag.musicCrc).toBe(crc16(audio));
        expect(tag.tagCrc).toBe(tag.tagCrcOfBytes);
        expect(tag.bitrate).toBe(Math.min(255, parseMpegFrame(audio)?.bitrateKbps ?? 0));
        expect(tag.frame).toMatchObject({ sampleRate, channelMode: parseMpegFrame(audio)?.channelMode });
      }
    },
  );

  it('has seek points that rise through the whole file', async () => {
    const { toc } = readTag(await encoded({ sampleRate: 8000, channels: 1 }, 200_000));
    expect(toc.every((point, i) => Math.abs(point - 2.56 * i) < 3)).toBe(true);
    expect([...toc].sort((a, b) => a - b)).toEqual(toc);
  });
});

describe('FrameCounter', () => {
  it('counts the same however the stream is cut', async () => {
    const file = await encoded({ sampleRate: 16000, channels: 2 }, 9000);
    const whole = new FrameCounter();
    whole.add(file);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 }), (cuts) => {
        const counter = new FrameCounter();
        for (let at = 0, i = 0; at < file.length; i++) {
          const size = cuts[i % cuts.length] ?? 1;
          counter.add(file.subarray(at, at + size));
          at += size;
        }
        expect([counter.frames, counter.bytes, counter.atBoundary]).toEqual([whole.frames, file.length, true]);
      }),
    );
  });

  it('does not take anything else for frames', () => {
    expect(() => new FrameCounter().add(Uint8Array.from({ length: 8 }, () => 0x55))).toThrow('No MP3 frame');
    for (const header of [
      [0xff, 0xfb, 0xf0, 0],
      [0xff, 0xfb, 0x00, 0],
      [0xff, 0xfb, 0x9c, 0],
      [0xff, 0xeb, 0x90, 0],
      [0xff, 0xfd, 0x90, 0],
      [0xfe, 0xfb, 0x90, 0],
      [],
    ]) {
      expect(parseMpegFrame(Uint8Array.from(header))).toBeNull();
    }
  });
});
