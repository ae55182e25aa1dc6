import type { CallMedia, HoldMusic, Party, PlaybackControl } from '#libs/recording-model';

const SAMPLE_RATE = 8000;
/** Peak of one note: -20 dBFS, so that speech stands out from it. */
const AMPLITUDE = 3277;
const NOTE_MS = 400;
/** The tone that a caller hears while it rings, Hz, and its times, ms. */
const RINGING = { tones: [440, 480], onMs: 2000, offMs: 4000 } as const;

/** Broken chords, in half tones above A3; each is played once and the whole again. */
const TUNES: Readonly<Record<Exclude<HoldMusic, 'ring'>, readonly number[]>> = {
  music1: [3, 7, 10, 15, 10, 7, 3, 7, 0, 3, 7, 12, 7, 3, 0, 3, 8, 12, 15, 20, 15, 12, 8, 12, 10, 14, 17, 22, 17, 14, 10, 14],
  music2: [0, 4, 7, 4, 9, 4, 7, 4, 5, 9, 12, 9, 14, 9, 12, 9, 2, 5, 9, 5, 11, 5, 9, 5, 7, 11, 14, 11, 16, 11, 14, 11],
  music3: [12, 7, 3, 7, 10, 7, 3, 7, 8, 5, 0, 5, 7, 3, 0, 3, 12, 8, 5, 8, 10, 7, 3, 7, 14, 11, 7, 11, 15, 12, 7, 12],
};

const made = new Map<HoldMusic, Int16Array>();

/** One pass of what whoever waits hears, mono PCM at 8 kHz. */
export function holdMusic(name: HoldMusic): Int16Array {
  const known = made.get(name);
  if (known !== undefined) return known;
  const samples = name === 'ring' ? ringing() : tune(TUNES[name]);
  made.set(name, samples);
  return samples;
}

/** Plays it to a party over and over, until it is stopped. */
export class MusicForWaiting {
  private control: PlaybackControl | null = null;
  private playing: HoldMusic | null = null;

  constructor(
    private readonly media: () => CallMedia,
    private readonly party: () => Party,
  ) {}

  /** @param name null: silence */
  play(name: HoldMusic | null): void {
    if (name === this.playing) return;
    this.control?.cancel();
    this.control = null;
    this.playing = name;
    if (name !== null) this.pass(name);
  }

  private pass(name: HoldMusic): void {
    const playback = { kind: 'pcm', samples: holdMusic(name), sampleRate: SAMPLE_RATE, toward: [this.party()] } as const;
    this.control = this.media().play(playback, () => {
      if (this.playing === name) this.pass(name);
    });
  }
}

function tune(notes: readonly number[]): Int16Array {
  const length = samplesOf(NOTE_MS);
  const samples = new Int16Array(notes.length * length);
  notes.forEach((halfTones, at) => {
    const frequency = 220 * 2 ** (halfTones / 12);
    for (let n = 0; n < length; n++) {
      const attack = Math.min(1, n / samplesOf(10));
      const decay = Math.exp((-3 * n) / length) * Math.min(1, (length - n) / samplesOf(10));
      samples[at * length + n] = Math.round(AMPLITUDE * attack * decay * Math.sin((2 * Math.PI * frequency * n) / SAMPLE_RATE));
    }
  });
  return samples;
}

function ringing(): Int16Array {
  const samples = new Int16Array(samplesOf(RINGING.onMs + RINGING.offMs));
  for (let n = 0; n < samplesOf(RINGING.onMs); n++) {
    const tones = RINGING.tones.map((frequency) => Math.sin((2 * Math.PI * frequency * n) / SAMPLE_RATE));
    samples[n] = Math.round((AMPLITUDE / tones.length) * tones.reduce((sum, tone) => sum + tone, 0));
  }
  return samples;
}

function samplesOf(ms: number): number {
  return (ms * SAMPLE_RATE) / 1000;
}
