import { closeSync, openSync, writeSync } from 'node:fs';
import { writeWavHeader } from '#libs/media';

const WORD_MS = 400;
const TURN_SECONDS = 3;

/** One minute of two people taking turns, speech-like sound over faint noise, interleaved caller and callee. */
export function minuteOfTalk(sampleRate: number): Int16Array {
  const samples = 60 * sampleRate;
  const talk = new Int16Array(samples * 2);
  let state = 17;
  for (let i = 0; i < samples; i++) {
    const turn = Math.floor(i / sampleRate / TURN_SECONDS) % 2;
    const inWord = (i * 1000) / sampleRate % (WORD_MS * 1.2) < WORD_MS;
    for (let channel = 0; channel < 2; channel++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const noise = (state >> 8) / 0x40000;
      const phase = (2 * Math.PI * (150 + 60 * channel) * i) / sampleRate;
      const voice = turn === channel && inWord ? 3000 * (Math.sin(phase) + Math.sin(4 * phase) + Math.sin(7 * phase)) : 0;
      talk[i * 2 + channel] = Math.round(noise + voice);
    }
  }
  return talk;
}

/** Writes a stereo WAV of that many seconds of talk: caller left, callee right. */
export function writeTalkWav(file: string, seconds: number, sampleRate = 8000): void {
  const minute = minuteOfTalk(sampleRate);
  const fd = openSync(file, 'w');
  try {
    const samples = Math.round(seconds * sampleRate);
    writeSync(fd, writeWavHeader({ codec: 'pcm16', sampleRate, channels: 2, samples }));
    for (let left = samples * 2; left > 0; left -= minute.length) {
      const part = minute.subarray(0, Math.min(left, minute.length));
      writeSync(fd, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    }
  } finally {
    closeSync(fd);
  }
}
