import { RecgateError, type RecordingFormat, type Rendition } from '#libs/recording-model';
import type { FileVeil } from '#libs/media';
import { planEncoding, type AudioShape } from '../format-table.js';
import { FollowerThread } from './follower-thread.js';

/**
 * Makes renditions while their recordings still go on, so that at the end only the rest is left to do. The bytes are
 * those of the `Encoder` port for the same samples. Made for MP3: other formats cost next to nothing to encode.
 */
export interface RenditionFollower {
  /** Begins a rendition; null when its format is not followed, all places are taken, or the follower is closed. */
  follow(job: FollowJob): FollowedRendition | null;
  /** Ends the thread; what is being made leaves at most a `.part` file. */
  close(): Promise<void>;
}

export interface FollowJob {
  readonly format: RecordingFormat;
  readonly audio: AudioShape;
  /** Absent until `finish`, then complete. */
  readonly outputFile: string;
}

/** A rendition that grows. It holds its place until it was finished or dropped. */
export interface FollowedRendition {
  /**
   * Appends whole sample frames; they may be changed once the promise has resolved, which it does not before the
   * thread has kept up: memory stays the same however slow it is.
   * @throws RecgateError what ended the rendition before
   */
  push(interleaved: Int16Array): Promise<void>;
  /**
   * Completes the file.
   * @param samples samples per channel that were pushed in all
   * @throws RecgateError when it could not be made; nothing is left behind
   */
  finish(samples: number): Promise<Rendition>;
  /** Gives up and leaves nothing behind; safe to repeat, also after `finish`. Never throws. */
  drop(): Promise<void>;
}

export interface RenditionFollowerOptions {
  /** Renditions that may grow at the same time on the one thread; 0: none is followed. */
  readonly places: number;
  /** Hides each file as long as it lies on the own disk; absent: none is hidden. */
  readonly veil?: () => FileVeil;
}

export function createRenditionFollower({ places, veil }: RenditionFollowerOptions): RenditionFollower {
  if (!Number.isInteger(places) || places < 0) throw new RangeError(`${places} places are not possible`);
  return new OneThreadFollower(places, veil);
}

class OneThreadFollower implements RenditionFollower {
  private thread: FollowerThread | null = null;
  private taken = 0;
  private closed = false;

  constructor(
    private readonly places: number,
    private readonly veil: (() => FileVeil) | undefined,
  ) {}

  follow({ format, audio, outputFile }: FollowJob): FollowedRendition | null {
    if (this.closed || this.taken >= this.places || !isFollowed(format, audio)) return null;
    if (this.thread === null || this.thread.dead) this.thread = new FollowerThread();
    const { thread } = this;
    const { key, ended } = thread.begin({ format, audio, outputFile, samples: null, ...(this.veil === undefined ? {} : { veil: this.veil() }) });
    let hasFailed = false;
    this.taken++;
    ended.then(
      () => this.taken--,
      () => {
        hasFailed = true;
        this.taken--;
      },
    );
    return {
      async push(interleaved) {
        if (!hasFailed) await thread.push(key, interleaved);
        if (hasFailed) await ended;
      },
      async finish(samples) {
        thread.finish(key, samples);
        const rendition = await ended;
        if (rendition === null) throw new RecgateError('gateway.internal', 'The rendition was dropped');
        return rendition;
      },
      async drop() {
        thread.drop(key);
        await ended.catch(() => undefined);
      },
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.thread?.close();
  }
}

function isFollowed(format: RecordingFormat, audio: AudioShape): boolean {
  try {
    return planEncoding(format, audio).bitrateKbps !== null;
  } catch {
    // The ordinary way tells what is wrong with it.
    return false;
  }
}
