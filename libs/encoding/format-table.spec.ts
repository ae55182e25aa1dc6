import { describe, expect, it } from '@jest/globals';
import { RecgateError, type RecordingFormat } from '#libs/recording-model';
import { MP3_BITRATES, planEncoding } from './format-table.js';

const format = (container: string, codec: string, bitrateKbps: number | null = null): RecordingFormat =>
  ({ container, codec, bitrateKbps, extension: container, contentType: 'audio/test' }) as RecordingFormat;

function refusalOf(wanted: RecordingFormat, sampleRate: number, channels: number): RecgateError {
  try {
    planEncoding(wanted, { sampleRate, channels: channels as 1 | 2 });
  } catch (error) {
    if (error instanceof RecgateError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('planEncoding', () => {
  it.each([
    ['wav', 'pcm16'],
    ['wav', 'mulaw'],
    ['wav', 'alaw'],
    ['raw', 'mulaw'],
    ['mp3', 'mp3'],
  ])('writes %s with %s at 8 and 16 kHz, mono and stereo', (container, codec) => {
    for (const sampleRate of [8000, 16000]) {
      for (const channels of [1, 2] as const)
        expect(planEncoding(format(container, codec), { sampleRate, channels })).toMatchObject({
          container,
          codec,
          sampleRate,
          channels,
        });
    }
  });

  it.each([
    [8000, 1, 32],
    [8000, 2, 64],
    [16000, 1, 48],
    [16000, 2, 96],
  ] as const)('chooses a bitrate for MP3 at %i Hz with %i channels: %i', (sampleRate, channels, bitrateKbps) => {
    expect(planEncoding(format('mp3', 'mp3'), { sampleRate, channels }).bitrateKbps).toBe(bitrateKbps);
  });

  it.each([
    [8000, 128, 64],
    [8000, 320, 64],
    [8000, 4, 8],
    [8000, 63.9, 48],
    [16000, 320, 160],
    [16000, 56, 48],
    [44100, 8, 32],
    [48000, 1000, 320],
  ])('clamps at %i Hz a bitrate of %p to %i', (sampleRate, wanted, given) => {
    expect(planEncoding(format('mp3', 'mp3', wanted), { sampleRate, channels: 1 }).bitrateKbps).toBe(given);
    expect(MP3_BITRATES).toContain(given);
  });

  it('has no bitrate for anything but MP3', () => {
    expect(planEncoding(format('wav', 'mulaw', 64), { sampleRate: 8000, channels: 1 }).bitrateKbps).toBeNull();
  });

  it.each([
    ['MP3 in WAV', format('wav', 'mp3'), 8000, 1, 'pcm16 in wav'],
    ['PCM without a header', format('raw', 'pcm16'), 8000, 1, 'mulaw in raw'],
    ['a codec nobody knows', format('wav', 'opus'), 8000, 1, 'mp3 in mp3'],
    ['a container nobody knows', format('ogg', 'mulaw'), 8000, 1, 'mulaw in wav'],
    ['11025 Hz', format('wav', 'pcm16'), 11025, 1, '8000, 16000'],
    ['a rate that is none', format('mp3', 'mp3'), Number.NaN, 1, '8000, 16000'],
    ['three channels', format('wav', 'pcm16'), 8000, 3, '1 and 2'],
    ['a bitrate of 0', format('mp3', 'mp3', 0), 8000, 1, '8 to 64'],
    ['a negative bitrate', format('mp3', 'mp3', -32), 16000, 1, '8 to 160'],
    ['a bitrate that is no number', format('mp3', 'mp3', Number.NaN), 8000, 1, '8 to 64'],
  ])('refuses %s and names what would go', (_, wanted, sampleRate, channels, remedy) => {
    const refusal = refusalOf(wanted, sampleRate, channels);
    expect(refusal).toMatchObject({ code: 'media.format', field: 'format' });
    expect(refusal.message).toContain(remedy);
  });
});
