import { assertNever, type Party, type RecordingSpec } from '#libs/recording-model';
import type { LegLevel, RecordingSink } from './engine-ports.js';
import { LegMeter } from './leg-meter.js';
import { recordedParties } from './recorded-parties.js';

const SCRATCH_SAMPLES = 4096;

/** What stands on each channel of the recording. */
type ChannelContent = Party | 'mix' | 'silence';

/** Lays the legs out on the recording's channels (mix, single leg, or caller left and callee right), masks, and meters. */
export class ChannelWriter {
  private readonly layout: readonly ChannelContent[];
  /** Whether the legs' own arrays can be handed on. */
  private readonly direct: boolean;
  private readonly channels: Int16Array[];
  private readonly scratch: readonly Int16Array[];
  private readonly meters: readonly { readonly party: Party; readonly meter: LegMeter }[];

  constructor(
    private readonly spec: Pick<RecordingSpec, 'parties' | 'channels'>,
    private readonly sink: RecordingSink,
  ) {
    const parties = recordedParties(spec.parties);
    this.layout = channelLayout(parties, spec.channels);
    this.direct = this.layout.every((content) => content === 'caller' || content === 'callee');
    this.scratch = this.layout.map(() => new Int16Array(SCRATCH_SAMPLES));
    this.channels = [...this.scratch];
    this.meters = parties.map((party) => ({ party, meter: new LegMeter() }));
  }

  /** Records `[from..to)` of the legs; as silence when `masked`. */
  write(caller: Int16Array, callee: Int16Array, from: number, to: number, masked: boolean): void {
    this.measure(caller, callee, from, to, masked);
    if (this.direct && !masked) {
      for (let c = 0; c < this.layout.length; c++) this.channels[c] = this.layout[c] === 'caller' ? caller : callee;
      this.sink.append(this.channels, from, to);
      return;
    }
    for (let position = from; position < to; position += SCRATCH_SAMPLES) {
      this.compose(caller, callee, position, Math.min(to, position + SCRATCH_SAMPLES), masked);
    }
  }

  /** Levels of the recorded legs so far. */
  levels(): LegLevel[] {
    const conference = this.spec.parties === 'conference';
    return this.meters.map(({ party, meter }) => ({
      party: conference && party === 'caller' ? 'conference' : party,
      rmsDbfs: meter.rmsDbfs,
      peakDbfs: meter.peakDbfs,
    }));
  }

  private compose(caller: Int16Array, callee: Int16Array, from: number, to: number, masked: boolean): void {
    for (let c = 0; c < this.layout.length; c++) {
      const scratch = this.scratch[c];
      if (scratch === undefined) continue;
      fill(scratch, masked ? 'silence' : (this.layout[c] ?? 'silence'), caller, callee, from, to);
      this.channels[c] = scratch;
    }
    this.sink.append(this.channels, 0, to - from);
  }

  private measure(caller: Int16Array, callee: Int16Array, from: number, to: number, masked: boolean): void {
    for (let i = 0; i < this.meters.length; i++) {
      const leg = this.meters[i];
      if (leg === undefined) continue;
      if (masked) leg.meter.addSilence(to - from);
      else leg.meter.add(leg.party === 'caller' ? caller : callee, from, to);
    }
  }
}

function channelLayout(parties: readonly Party[], channels: 1 | 2): readonly ChannelContent[] {
  const [only] = parties;
  if (channels === 1) return parties.length === 1 && only !== undefined ? [only] : ['mix'];
  return [parties.includes('caller') ? 'caller' : 'silence', parties.includes('callee') ? 'callee' : 'silence'];
}

/** Writes one channel of `[from..to)` to the start of `dst`. */
function fill(dst: Int16Array, content: ChannelContent, a: Int16Array, b: Int16Array, from: number, to: number): void {
  switch (content) {
    case 'caller':
      return copyRange(dst, a, from, to);
    case 'callee':
      return copyRange(dst, b, from, to);
    case 'mix':
      return mixRange(dst, a, b, from, to);
    case 'silence':
      dst.fill(0, 0, to - from);
      return;
    default:
      return assertNever(content, 'channel');
  }
}

function copyRange(dst: Int16Array, src: Int16Array, from: number, to: number): void {
  for (let i = from, at = 0; i < to; i++, at++) dst[at] = src[i] ?? 0;
}

/** The saturated sum of both legs. */
function mixRange(dst: Int16Array, a: Int16Array, b: Int16Array, from: number, to: number): void {
  for (let i = from, at = 0; i < to; i++, at++) {
    const sum = (a[i] ?? 0) + (b[i] ?? 0);
    dst[at] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
  }
}
