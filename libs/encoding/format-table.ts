import { RecgateError, type AudioCodec, type ContainerFormat, type RecordingFormat } from '#libs/recording-model';

/** The audio that goes into an encoder. */
export interface AudioShape {
  /** Samples per second of each channel. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
}

/** A checked combination of format and audio. */
export interface EncodingPlan extends AudioShape {
  readonly container: ContainerFormat;
  readonly codec: AudioCodec;
  /** MP3: kbit/s, one of `MP3_BITRATES`. Null for all others. */
  readonly bitrateKbps: Mp3Bitrate | null;
}

interface FormatRow {
  readonly container: ContainerFormat;
  readonly codec: AudioCodec;
  readonly sampleRates: readonly number[];
}

const ALL_RATES = [8000, 16000, 24000, 32000, 44100, 48000] as const;

/** Which codec goes into which container at which rates; each in mono and stereo. */
const FORMATS: readonly FormatRow[] = [
  { container: 'wav', codec: 'pcm16', sampleRates: ALL_RATES },
  { container: 'wav', codec: 'mulaw', sampleRates: ALL_RATES },
  { container: 'wav', codec: 'alaw', sampleRates: ALL_RATES },
  { container: 'raw', codec: 'mulaw', sampleRates: ALL_RATES },
  { container: 'raw', codec: 'alaw', sampleRates: ALL_RATES },
  { container: 'mp3', codec: 'mp3', sampleRates: ALL_RATES },
];

/** Constant bitrates the MP3 encoder offers, kbit/s. */
export const MP3_BITRATES = [8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;
export type Mp3Bitrate = (typeof MP3_BITRATES)[number];

interface Mp3Limits {
  /** What is used when the recording names none. */
  readonly mono: Mp3Bitrate;
  readonly stereo: Mp3Bitrate;
  readonly least: Mp3Bitrate;
  readonly most: Mp3Bitrate;
}

/** Default and possible bitrates by sample rate: MPEG-2.5 (8 kHz) ends at 64, MPEG-2 at 160, MPEG-1 begins at 32. */
const MP3_LIMITS: Readonly<Record<number, Mp3Limits>> = {
  8000: { mono: 32, stereo: 64, least: 8, most: 64 },
  16000: { mono: 48, stereo: 96, least: 8, most: 160 },
  24000: { mono: 64, stereo: 128, least: 8, most: 160 },
  32000: { mono: 64, stereo: 128, least: 32, most: 320 },
  44100: { mono: 96, stereo: 192, least: 32, most: 320 },
  48000: { mono: 96, stereo: 192, least: 32, most: 320 },
};

/**
 * Checks that format, rate and channels go together and settles the bitrate: the default where none is named, else the
 * next lower one that exists, within what MPEG allows at the rate.
 * @throws RecgateError `media.format`, naming what would go
 */
export function planEncoding(format: RecordingFormat, audio: AudioShape): EncodingPlan {
  const { container, codec, bitrateKbps } = format;
  const { sampleRate, channels } = audio;
  const row = FORMATS.find((candidate) => candidate.container === container && candidate.codec === codec);
  if (row === undefined)
    throw refusal(
      `${codec} in ${container} cannot be written`,
      `Possible are ${FORMATS.map((r) => `${r.codec} in ${r.container}`).join(', ')}.`,
    );
  if (!row.sampleRates.includes(sampleRate))
    throw refusal(
      `${codec} in ${container} cannot be written at ${sampleRate} Hz`,
      `Possible rates are ${row.sampleRates.join(', ')} Hz.`,
    );
  if (channels !== 1 && channels !== 2)
    throw refusal(`${String(channels)} channels cannot be written`, 'Possible are 1 and 2.');
  return {
    container,
    codec,
    sampleRate,
    channels,
    bitrateKbps: codec === 'mp3' ? settleBitrate(bitrateKbps, audio) : null,
  };
}

function settleBitrate(wanted: number | null, { sampleRate, channels }: AudioShape): Mp3Bitrate {
  const limits = MP3_LIMITS[sampleRate];
  if (limits === undefined)
    throw refusal(
      `MP3 cannot be written at ${sampleRate} Hz`,
      `Possible rates are ${Object.keys(MP3_LIMITS).join(', ')} Hz.`,
    );
  if (wanted === null) return channels === 1 ? limits.mono : limits.stereo;
  if (!(wanted > 0))
    throw refusal(
      `A bitrate of ${wanted} kbit/s cannot be written`,
      `Possible are ${limits.least} to ${limits.most} kbit/s.`,
    );
  const possible = MP3_BITRATES.filter((bitrate) => bitrate >= limits.least && bitrate <= limits.most);
  return possible.findLast((bitrate) => bitrate <= wanted) ?? limits.least;
}

function refusal(problem: string, remedy: string): RecgateError {
  return new RecgateError('media.format', `${problem}. ${remedy}`, { field: 'format' });
}
